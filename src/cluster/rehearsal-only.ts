import { readPointer } from '../plan/pointer.ts';
import type { ApiRequest, ApiServer } from './api.ts';

/**
 * The same server, but a write that does not say dry run wherever the server looks for it is refused before
 * it is sent. Access reviews and token requests are writes too: they do not go through this.
 */
export function rehearsalOnly(api: ApiServer): ApiServer {
  return {
    url: api.url,
    close: () => api.close(),
    send: async (request) => {
      refuseRealWrite(request);
      return api.send(request);
    },
    stream: async (request) => {
      refuseRealWrite(request);
      return api.stream(request);
    },
  };
}

function refuseRealWrite(request: ApiRequest): void {
  if (request.method === 'GET') return;
  const missing = missingDryRun(request);
  if (missing === undefined) return;
  throw new Error(
    `not sent: ${request.method} ${request.path} is a rehearsal without dryRun in its ${missing}`,
  );
}

/** DELETE and eviction: the query is ignored as soon as there is a body. */
function missingDryRun(request: ApiRequest): 'query' | 'body' | undefined {
  if (request.query?.['dryRun'] !== 'All') return 'query';
  if (request.method === 'DELETE' && !saysDryRun(request.body)) return 'body';
  const evicts = request.method === 'POST' && request.path.endsWith('/eviction');
  if (evicts && !saysDryRun(readPointer(request.body, '/deleteOptions'))) return 'body';
  return undefined;
}

function saysDryRun(options: unknown): boolean {
  const dryRun = readPointer(options, '/dryRun');
  return Array.isArray(dryRun) && dryRun.length === 1 && dryRun[0] === 'All';
}
