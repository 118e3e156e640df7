/** What an API server says to a manifest: its kinds, its objects, and dry runs of server-side apply. */
import type {
  Action,
  DryRun,
  DryRunAnswer,
  PlanDraft,
  Refusal,
  Snapshot,
} from '../../../src/catalog/action.ts';
import { isRecord } from '../../../src/plan/json.ts';
import type { ManifestObject } from '../../../src/plan/manifest.ts';
import type { KubernetesObject, ServedKind } from '../../../src/plan/objects.ts';
import type { UndoRequest } from '../../../src/plan/plan.ts';
import { AT } from './asking.ts';
import { isAt } from './cluster-objects.ts';

const VERBS = ['get', 'list', 'watch', 'create', 'patch', 'delete'];

function served(kind: string, resource: string, namespaced = true): ServedKind {
  return { kind, resource, namespaced, verbs: VERBS };
}

const KINDS: Readonly<Record<string, readonly ServedKind[]>> = {
  '/v1': [
    served('ConfigMap', 'configmaps'),
    served('Service', 'services'),
    served('Pod', 'pods'),
    served('Namespace', 'namespaces', false),
    served('ResourceQuota', 'resourcequotas'),
    { ...served('Binding', 'bindings'), verbs: ['create'] },
  ],
  'apps/v1': [
    served('Deployment', 'deployments'),
    served('StatefulSet', 'statefulsets'),
    served('DaemonSet', 'daemonsets'),
  ],
  'batch/v1': [served('Job', 'jobs')],
  'scheduling.k8s.io/v1': [served('PriorityClass', 'priorityclasses', false)],
  'apiextensions.k8s.io/v1': [served('CustomResourceDefinition', 'customresourcedefinitions', false)],
};

export interface Server {
  readonly objects: readonly KubernetesObject[];
  /** What it says to a dry run in place of its own answer. */
  readonly refuse?: (request: DryRun) => DryRunAnswer | undefined;
}

/** By the server's merge of maps; lists and scalars are replaced. */
export function applied(live: unknown, body: unknown): unknown {
  if (!isRecord(live) || !isRecord(body)) return body;
  const members = Object.entries(body).map(([key, member]) => [
    key,
    applied(Object.hasOwn(live, key) ? live[key] : undefined, member),
  ]);
  return { ...live, ...Object.fromEntries(members) };
}

function answerTo(request: DryRun, { objects, refuse }: Server): DryRunAnswer {
  const said = refuse?.(request);
  if (said) return said;
  const live = objects.find((object) => isAt(object, request.path));
  const { body } = request;
  const metadata = isRecord(body) && isRecord(body['metadata']) ? body['metadata'] : {};
  const { resourceVersion: _version, uid: _uid, ...own } = { resourceVersion: '', uid: '', ...metadata };
  const written = {
    ...(isRecord(body) ? body : {}),
    metadata: { ...own, uid: live?.metadata.uid ?? 'uid-dry' },
  };
  return live ? { status: 200, body: applied(live, written) } : { status: 201, body: written };
}

export interface Asked {
  readonly answer: PlanDraft | Refusal;
  readonly needs: readonly string[];
  /** All that was asked for. */
  readonly seen: Snapshot;
}

/** As a run asks: round by round, with nothing to be seen that was not asked for. */
export function askServer(
  action: Action,
  manifest: readonly ManifestObject[],
  server: Server,
  { namespace = 'shop', force = false } = {},
): Asked {
  const kind = action.kinds[0];
  if (!kind) throw new Error('no kind');
  const question = { namespace, kind, name: namespace, parameters: { manifest }, at: AT, force };
  const asked = new Set<string>();
  const has = (read: unknown) => asked.has(JSON.stringify(read));
  const seen: Snapshot = {
    get: (path) =>
      has({ kind: 'get', path }) ? (server.objects.find((object) => isAt(object, path)) ?? null) : undefined,
    list: (path) =>
      has({ kind: 'list', path }) ? server.objects.filter((object) => isAt(object, path)) : undefined,
    discover: (group, version) =>
      has({ kind: 'discover', group, version }) ? (KINDS[`${group}/${version}`] ?? null) : undefined,
    dryRun: (request) => (has({ kind: 'dry-run', request }) ? answerTo(request, server) : undefined),
  };
  for (let round = 0; round < 10; round += 1) {
    const fresh = action.reads(question, seen).filter((read) => !has(read));
    for (const read of fresh) asked.add(JSON.stringify(read));
    if (fresh.length > 0) continue;
    const rules = action.needs?.(question, seen) ?? [];
    const needs = rules.map(({ resources, verbs }) => `${verbs.join(' ')}: ${resources.join(' ')}`);
    return { answer: action.plan(question, seen), needs, seen };
  }
  throw new Error('asks for ever more');
}

export function written(kind: string, name: string, content: object = {}, apiVersion = 'v1'): ManifestObject {
  const body = { apiVersion, kind, metadata: { name }, ...content };
  const { namespace } = { namespace: undefined, ...body.metadata };
  return {
    where: 'document 1',
    apiVersion,
    kind,
    name,
    body,
    ...(namespace === undefined ? {} : { namespace }),
  };
}

export function plan(asked: { answer: PlanDraft | Refusal }): PlanDraft {
  if (asked.answer.kind === 'refusal') throw new Error(asked.answer.message);
  return asked.answer;
}

export function refusal(asked: { answer: PlanDraft | Refusal }): Refusal {
  if (asked.answer.kind === 'plan') throw new Error(asked.answer.summary);
  return asked.answer;
}

export function undoOf({ undo }: PlanDraft): readonly UndoRequest[] {
  return undo.kind === 'requests' ? undo.requests : [];
}
