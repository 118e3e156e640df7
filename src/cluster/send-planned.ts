import { FIELD_MANAGER } from '../plan/names.ts';
import type { PatchType, PlannedRequest } from '../plan/plan.ts';
import type { ApiRequest } from './api.ts';
import { requestPath } from './path.ts';

const CONTENT_TYPE: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  // The server reads JSON under this type too, JSON being YAML.
  apply: 'application/apply-patch+yaml',
};

export interface SendOptions {
  readonly dryRun: boolean;
}

/** What of a planned request goes over the wire. */
export type WireRequest = Omit<PlannedRequest, 'effect' | 'rehearsal'>;

/** The planned request as it goes over the wire; rehearsed and sent it differs in nothing but `dryRun`. */
export function toApiRequest(request: WireRequest, options: SendOptions): ApiRequest {
  const wire = { resendable: options.dryRun || request.resendable };
  switch (request.verb) {
    case 'create':
      return {
        ...wire,
        method: 'POST',
        path: requestPath(collectionOf(request)),
        query: writeQuery(options),
        body: request.body,
      };
    case 'patch':
      return {
        ...wire,
        method: 'PATCH',
        path: requestPath(request.path),
        query: { ...writeQuery(options), ...(request.force === true ? { force: 'true' } : {}) },
        body: request.body,
        contentType: contentTypeOf(request),
      };
    case 'delete':
      return {
        ...wire,
        method: 'DELETE',
        path: requestPath(request.path),
        query: dryRunQuery(options),
        body: { apiVersion: 'v1', kind: 'DeleteOptions', ...deleteOptions(request, options) },
      };
    case 'evict':
      return {
        ...wire,
        method: 'POST',
        path: requestPath({ ...request.path, subresource: 'eviction' }),
        query: dryRunQuery(options),
        body: evictionOf(request, options),
      };
  }
}

/** A planned create may name its object; it is posted to the collection. */
function collectionOf(request: WireRequest): WireRequest['path'] {
  if (request.path.subresource !== undefined) return request.path;
  const { name: _name, ...collection } = request.path;
  return collection;
}

function contentTypeOf(request: WireRequest): string {
  if (request.patchType === undefined) throw new Error(`patch without a patch type: ${request.summary}`);
  return CONTENT_TYPE[request.patchType];
}

function writeQuery(options: SendOptions): Record<string, string> {
  return { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict', ...dryRunQuery(options) };
}

function dryRunQuery(options: SendOptions): Record<string, string> {
  return options.dryRun ? { dryRun: 'All' } : {};
}

function evictionOf(request: WireRequest, options: SendOptions): unknown {
  const { name, namespace } = request.path;
  return {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: deleteOptions(request, options),
  };
}

/** With a body the server reads `dryRun` there alone and ignores the query: it would really delete. */
function deleteOptions(request: WireRequest, options: SendOptions): Record<string, unknown> {
  const planned: unknown = request.body ?? {};
  if (typeof planned !== 'object' || planned === null || Array.isArray(planned)) {
    throw new Error(`delete options are no object: ${request.summary}`);
  }
  if ('dryRun' in planned) throw new Error(`a plan says nothing about dryRun: ${request.summary}`);
  return { ...planned, ...(options.dryRun ? { dryRun: ['All'] } : {}) };
}
