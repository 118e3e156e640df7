/** The API server as somebody else than the administrator sees it. */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { inject } from 'vitest';
import { bind } from '../harness/bindings.ts';
import { create, pathOf, remove } from '../harness/cluster.ts';
import { bindingOf, EXECUTOR_NAMESPACE, LONG_SECONDS, requestToken } from '../harness/site.ts';

export interface Sent {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** `application/json` unless told. */
  readonly contentType?: string;
}

export interface Said {
  readonly status: number;
  /** Of a `Status`; empty for objects. */
  readonly message: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export type Identity = (sent: Sent) => Promise<Said>;

export const MERGE = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';

type Headers = Readonly<Record<string, string | number>>;

/** Whoever holds the token. */
export function bearer(token: string, headers: Headers = {}): Identity {
  const { server, certificateAuthority } = inject('cluster');
  const ca = Buffer.from(certificateAuthority, 'base64');
  return async ({ method, path, body, contentType = 'application/json' }) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const options = {
      method,
      ca,
      headers: {
        ...headers,
        Authorization: `Bearer ${token}`,
        'Content-Type': contentType,
        // Node frames no body of a DELETE by itself.
        'Content-Length': Buffer.byteLength(text),
      },
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(new URL(path, server), options, resolve).on('error', reject).end(text);
    });
    let said = '';
    for await (const chunk of response.setEncoding('utf8')) said += String(chunk);
    return { status: response.statusCode ?? 0, ...parse(said) };
  };
}

/** The rehearsal token of an account of the executor's namespace, as the step asks for it. */
export async function rehearsalOf(account: string): Promise<Identity> {
  return bearer(await requestToken(EXECUTOR_NAMESPACE, account));
}

export interface PodToken {
  readonly name: string;
  readonly uid: string;
}

/** A pod that need not be there. */
export const SOME_POD: PodToken = {
  name: 'some-execution-abcde',
  uid: 'a4f2b1c0-0000-4000-8000-000000000000',
};

/** Somebody with all rights, who can stand in for others. */
export interface Administrator {
  readonly ask: Identity;
  /** An account of the executor's namespace as admission sees its pod's own token, which only the kubelet gets. */
  fromPod(account: string, pod?: PodToken): Identity;
  /** An account with all rights, in a pod where one is given, so that only admission can refuse. */
  withAllRights(account: string, pod?: PodToken): Identity;
  /** Somebody else altogether, by the API server's name for them. */
  as(user: string, group?: string): Identity;
  close(): Promise<void>;
}

export async function openAdministrator(namespace: string): Promise<Administrator> {
  const name = `${namespace}-administrator`;
  await create(pathOf('serviceaccounts', namespace), { metadata: { name: 'administrator' } });
  const role = { kind: 'ClusterRole', name: 'cluster-admin' };
  await bind(undefined, bindingOf(name, role, { name: 'administrator', namespace }));
  const token = await requestToken(namespace, 'administrator', LONG_SECONDS);
  const all = { 'Impersonate-Group': 'system:masters' };
  return {
    ask: bearer(token),
    fromPod: (account, pod = SOME_POD) => bearer(token, { ...asAccount(account), ...inPod(pod) }),
    withAllRights: (account, pod) => bearer(token, { ...asAccount(account), ...inPod(pod), ...all }),
    as: (user, group = 'system:masters') =>
      bearer(token, { 'Impersonate-User': user, 'Impersonate-Group': group }),
    close: async () => await remove(pathOf('clusterrolebindings', undefined, name)),
  };
}

function asAccount(name: string): Headers {
  return { 'Impersonate-User': `system:serviceaccount:${EXECUTOR_NAMESPACE}:${name}` };
}

function inPod(pod: PodToken | undefined): Headers {
  const claim = (name: string) => `Impersonate-Extra-authentication.kubernetes.io%2F${name}`;
  return pod === undefined ? {} : { [claim('pod-name')]: pod.name, [claim('pod-uid')]: pod.uid };
}

function parse(text: string): Pick<Said, 'message' | 'body'> {
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    return { body, message: typeof body['message'] === 'string' ? body['message'] : '' };
  } catch {
    return { body: {}, message: text };
  }
}
