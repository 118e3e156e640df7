import { describe, expect, it } from 'vitest';
import type { ApiRequest, ApiResponse, ApiServer } from '../../../src/cluster/api.ts';
import { ApiError } from '../../../src/cluster/errors.ts';
import { createObject, expectSuccess, getObject, listObjects } from '../../../src/cluster/typed.ts';

const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'shop' };

/** Answers with the given ones in turn. */
function answering(...answers: readonly Partial<ApiResponse>[]): { api: ApiServer; sent: ApiRequest[] } {
  const sent: ApiRequest[] = [];
  const send = async (request: ApiRequest): Promise<ApiResponse> => {
    const answer = answers[sent.length];
    sent.push(request);
    if (answer === undefined) throw new Error('nobody expected a further request');
    return { status: 200, body: undefined, warnings: [], ...answer };
  };
  const stream = async (): Promise<never> => Promise.reject(new Error('no stream'));
  return { api: { send, stream, close: () => {}, url: 'https://api.test' }, sent };
}

const page = (names: readonly string[], token?: string): Partial<ApiResponse> => ({
  body: {
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '7', ...(token === undefined ? {} : { continue: token }) },
    items: names.map((name) => ({ metadata: { name, uid: name } })),
  },
});

describe('getObject', () => {
  it('gives the object, or null where there is none', async () => {
    const object = { kind: 'Pod', metadata: { name: 'web' } };
    expect(await getObject(answering({ body: object }).api, { ...pods, name: 'web' })).toEqual(object);
    expect(await getObject(answering({ status: 404, body: {} }).api, { ...pods, name: 'web' })).toBeNull();
  });

  it("throws the server's refusal, and what is no object", async () => {
    const refused = { status: 403, body: { reason: 'Forbidden', message: 'pods "web" is forbidden' } };
    await expect(getObject(answering(refused).api, { ...pods, name: 'web' })).rejects.toThrow(
      'pods "web" is forbidden',
    );
    const page = answering({ body: '<html>Sign in' });
    await expect(getObject(page.api, { ...pods, name: 'web' })).rejects.toThrow(
      'no Kubernetes object: "<html>Sign in"',
    );
  });
});

describe('listObjects', () => {
  it('reads all pages and names the kind of each object', async () => {
    const { api, sent } = answering(page(['a', 'b'], 'next'), page(['c']));
    const list = await listObjects(api, pods, { labelSelector: 'app=web' });
    expect(list.resourceVersion).toBe('7');
    expect(
      list.items.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`),
    ).toEqual(['v1 Pod a', 'v1 Pod b', 'v1 Pod c']);
    expect(sent.map((request) => request.query)).toEqual([
      { labelSelector: 'app=web', limit: '500' },
      { labelSelector: 'app=web', limit: '500', continue: 'next' },
    ]);
  });

  it('begins again when the server forgot where it was, at last in one piece', async () => {
    const forgotten = { status: 410, body: { reason: 'Expired' } };
    const { api, sent } = answering(
      page(['a'], '1'),
      forgotten,
      page(['a'], '2'),
      forgotten,
      page(['a', 'b']),
    );
    const list = await listObjects(api, pods);
    expect(list.items.map((item) => item.metadata.name)).toEqual(['a', 'b']);
    expect(sent.at(-1)?.query).toEqual({});
  });

  it('reads an empty list that has no items at all', async () => {
    const { api } = answering({ body: { kind: 'PodList', metadata: { resourceVersion: '1' }, items: null } });
    expect(await listObjects(api, pods)).toEqual({ items: [], resourceVersion: '1' });
  });

  it('refuses an answer that is no list', async () => {
    await expect(listObjects(answering({ body: { kind: 'Pod' } }).api, pods)).rejects.toThrow(
      'no Kubernetes list',
    );
  });
});

describe('createObject', () => {
  it('posts to the collection', async () => {
    const { api, sent } = answering({ status: 201, body: { metadata: { name: 'a' } } });
    await createObject(api, pods, { kind: 'Pod' }, { resendable: true });
    expect(sent).toEqual([
      {
        method: 'POST',
        path: '/api/v1/namespaces/shop/pods',
        body: { kind: 'Pod' },
        resendable: true,
      },
    ]);
  });
});

describe('ApiError', () => {
  it('says what the server said, but not the object that it quotes', () => {
    const secret = '{\\"data\\":{\\"password\\":\\"aHVudGVyMg==\\"}}';
    const message = ` "" is invalid: patch: Invalid value: "${secret}": strict decoding error: unknown field "dta"`;
    const error = failureOf({ status: 422, body: { reason: 'Invalid', message }, warnings: [] });
    expect(error.message).toBe(
      ' "" is invalid: patch: Invalid value: (object): strict decoding error: unknown field "dta"',
    );
  });

  it('leaves short values in, which people need', () => {
    const message = 'Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be 0 or more';
    expect(failureOf({ status: 422, body: { message }, warnings: [] }).message).toBe(message);
  });

  it('reads reason, causes and patience, and does without', () => {
    const details = { retryAfterSeconds: 10, causes: [{ reason: 'DisruptionBudget' }] };
    const error = failureOf({ status: 429, body: { reason: 'TooManyRequests', details }, warnings: [] });
    expect(error).toMatchObject({
      reason: 'TooManyRequests',
      causes: ['DisruptionBudget'],
      retryAfterSeconds: 10,
    });
    expect(failureOf({ status: 502, body: '', warnings: [] }).message).toBe('HTTP 502');
  });
});

function failureOf(response: ApiResponse): ApiError {
  try {
    expectSuccess(response);
  } catch (error) {
    if (error instanceof ApiError) return error;
  }
  throw new Error('expected an ApiError');
}
