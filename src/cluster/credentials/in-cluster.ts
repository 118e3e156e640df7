/** The identity of the pod we run in. Builtins only: the executor is built from this. */
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { readPointer, textAt } from '../../plan/pointer.ts';
import type { ClusterAccess } from '../api.ts';

const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterAccess extends ClusterAccess {
  readonly namespace: string;
  /** Who the mounted token says we are. */
  identity(): Promise<PodIdentity>;
}

export interface PodIdentity {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly podName: string;
  readonly podUid: string;
}

/**
 * Reads what the kubelet mounted; the token is read anew for each request, since the kubelet renews it. `hear` is told of
 * each before its first use.
 */
export async function openInClusterAccess(
  env: Readonly<Record<string, string | undefined>>,
  hear: (token: string) => void = () => {},
): Promise<InClusterAccess> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || host === '' || port === undefined || port === '') {
    throw new Error('not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set');
  }
  const [certificateAuthority, namespace] = await Promise.all([
    readMounted('ca.crt'),
    readMounted('namespace'),
  ]);
  const token = async (): Promise<string> => {
    const text = await readMounted('token');
    hear(text);
    return text;
  };
  return {
    url: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    certificateAuthority,
    namespace,
    origin: 'the ServiceAccount of this pod',
    credentials: async () => ({ authorization: `Bearer ${await token()}` }),
    identity: async () => readPodIdentity(await token()),
  };
}

async function readMounted(name: string): Promise<string> {
  const file = join(SERVICE_ACCOUNT_DIRECTORY, name);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const hint = 'is automountServiceAccountToken off?';
    throw new Error(`the pod's ServiceAccount can't be read from ${file} (${hint})`, { cause: error });
  });
  const trimmed = text.trim();
  if (trimmed === '') throw new Error(`${file} is empty`);
  return trimmed;
}

/** The claims of a token that the kubelet asked for. Not verified: the API server does that, we only want our own name. */
function readPodIdentity(token: string): PodIdentity {
  const claims = readPointer(decodeClaims(token), '/kubernetes.io');
  const identity = {
    namespace: textAt(claims, '/namespace'),
    serviceAccount: textAt(claims, '/serviceaccount/name'),
    podName: textAt(claims, '/pod/name'),
    podUid: textAt(claims, '/pod/uid'),
  };
  if (Object.values(identity).includes('')) throw new Error('the ServiceAccount token is not bound to a pod');
  return identity;
}

/** `undefined` where it is no JWT. */
export function decodeClaims(token: string): unknown {
  const payload = token.split('.')[1];
  if (payload === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
