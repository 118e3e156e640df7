import { describe, expect, it } from 'vitest';
import type { ApiRequest, ApiServer } from '../../../src/cluster/api.ts';
import { rehearsalOnly } from '../../../src/cluster/rehearsal-only.ts';
import { toApiRequest } from '../../../src/cluster/send-planned.ts';
import type { ResourcePath } from '../../../src/plan/objects.ts';
import type { PlannedRequest } from '../../../src/plan/plan.ts';

const pod: ResourcePath = { group: '', version: 'v1', resource: 'pods', namespace: 'shop', name: 'web-1' };
const base = {
  summary: 'test',
  path: pod,
  effect: { kind: 'created', object: pod },
  rehearsal: 'yes',
  resendable: false,
} as const;

const create: PlannedRequest = {
  ...base,
  verb: 'create',
  body: { kind: 'Pod', metadata: { name: 'web-1' } },
};
const patch: PlannedRequest = { ...base, verb: 'patch', patchType: 'apply', body: { metadata: {} } };
const remove: PlannedRequest = {
  ...base,
  verb: 'delete',
  body: { propagationPolicy: 'Background', preconditions: { uid: 'u1' } },
};
const evict: PlannedRequest = {
  ...base,
  verb: 'evict',
  path: { ...pod, subresource: 'eviction' },
  body: { preconditions: { uid: 'u1' } },
};
const all = [create, patch, remove, evict];

describe('toApiRequest', () => {
  it('sends a write with field manager and strict validation', () => {
    const query = { fieldManager: 'kubernetes-executor', fieldValidation: 'Strict' };
    expect(toApiRequest(create, { dryRun: false })).toMatchObject({
      method: 'POST',
      path: '/api/v1/namespaces/shop/pods',
      query,
    });
    expect(toApiRequest(patch, { dryRun: false })).toMatchObject({
      method: 'PATCH',
      path: '/api/v1/namespaces/shop/pods/web-1',
      query,
    });
  });

  it.each([
    ['json', 'application/json-patch+json'],
    ['apply', 'application/apply-patch+yaml'],
  ] as const)('names the type of a %s patch', (patchType, contentType) => {
    expect(toApiRequest({ ...patch, patchType }, { dryRun: true }).contentType).toBe(contentType);
  });

  it('says dry run of a deletion in the query and in the body, beside what is planned', () => {
    const sent = toApiRequest(remove, { dryRun: true });
    expect(sent).toMatchObject({ method: 'DELETE', query: { dryRun: 'All' } });
    expect(sent.body).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      preconditions: { uid: 'u1' },
      dryRun: ['All'],
    });
  });

  it('posts an eviction to its subresource, with dry run in both places', () => {
    const sent = toApiRequest({ ...evict, path: pod }, { dryRun: true });
    expect(sent).toMatchObject({
      method: 'POST',
      path: '/api/v1/namespaces/shop/pods/web-1/eviction',
      query: { dryRun: 'All' },
    });
    expect(sent.body).toEqual({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'web-1', namespace: 'shop' },
      deleteOptions: { preconditions: { uid: 'u1' }, dryRun: ['All'] },
    });
  });

  it.each(all)('differs between rehearsal and sending in dry run alone: $verb', (request) => {
    const rehearsed = toApiRequest(request, { dryRun: true });
    const sent = toApiRequest(request, { dryRun: false });
    expect(JSON.stringify(sent)).not.toContain('dryRun');
    expect({ ...withoutDryRun(rehearsed), resendable: false }).toEqual(sent);
  });

  it('refuses a plan that says dry run itself, and a patch without a type', () => {
    expect(() => toApiRequest({ ...remove, body: { dryRun: ['All'] } }, { dryRun: false })).toThrow('dryRun');
    const { patchType: _patchType, ...untyped } = patch;
    expect(() => toApiRequest(untyped, { dryRun: true })).toThrow('without a patch type');
  });
});

describe('rehearsalOnly', () => {
  it('lets every rehearsed verb and every read through', async () => {
    const { api, sent } = recorder();
    for (const request of all) await rehearsalOnly(api).send(toApiRequest(request, { dryRun: true }));
    await rehearsalOnly(api).send({ method: 'GET', path: '/version' });
    expect(sent).toHaveLength(all.length + 1);
  });

  it.each(all)('does not send a real $verb', async (request) => {
    const { api, sent } = recorder();
    await expect(rehearsalOnly(api).send(toApiRequest(request, { dryRun: false }))).rejects.toThrow(
      'not sent',
    );
    expect(sent).toEqual([]);
  });

  it.each([remove, evict])('does not send a $verb that says dry run in the query alone', async (request) => {
    const { api, sent } = recorder();
    const half = { ...toApiRequest(request, { dryRun: false }), query: { dryRun: 'All' } };
    await expect(rehearsalOnly(api).send(half)).rejects.toThrow('without dryRun in its body');
    const { body: _body, ...bare } = half;
    await expect(rehearsalOnly(api).send(bare)).rejects.toThrow('without dryRun in its body');
    await expect(rehearsalOnly(api).stream(half)).rejects.toThrow('not sent');
    expect(sent).toEqual([]);
  });
});

function withoutDryRun(request: ApiRequest): object {
  return JSON.parse(JSON.stringify(request, (key, value: unknown) => (key === 'dryRun' ? undefined : value)));
}

function recorder(): { api: ApiServer; sent: ApiRequest[] } {
  const sent: ApiRequest[] = [];
  const api: ApiServer = {
    url: 'https://api.test',
    close: () => {},
    send: async (request) => {
      sent.push(request);
      return { status: 200, body: {}, warnings: [] };
    },
    stream: async (request) => {
      sent.push(request);
      return (async function* () {})();
    },
  };
  return { api, sent };
}
