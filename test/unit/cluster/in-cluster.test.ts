import type * as FilePromises from 'node:fs/promises';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openInClusterAccess } from '../../../src/cluster/credentials/in-cluster.ts';
import { openAccess } from '../../../src/cluster/credentials/open-access.ts';

/** What is read from where the kubelet mounts comes from `directory`, once that is set. */
const mounted = vi.hoisted(() => ({ directory: '' }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FilePromises>();
  const readFile = (file: string, encoding: 'utf8') =>
    real.readFile(file.replace('/var/run/secrets/kubernetes.io/serviceaccount', mounted.directory), encoding);
  return { ...real, readFile };
});

const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };
const claims = {
  'kubernetes.io': {
    namespace: 'kubernetes-executor',
    serviceaccount: { name: 'action-restart-pod', uid: 'sa-uid' },
    pod: { name: 'job-1-abcde', uid: 'pod-uid' },
  },
};
const jwt = (payload: object) => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.sig`;

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'service-account-'));
  mounted.directory = directory;
  await writeFile(join(directory, 'ca.crt'), 'CA\n');
  await writeFile(join(directory, 'namespace'), 'kubernetes-executor');
  await writeFile(join(directory, 'token'), `${jwt(claims)}\n`);
});
afterEach(() => rm(directory, { recursive: true }));

describe('openInClusterAccess', () => {
  it('reads what the kubelet mounted, the token anew each time', async () => {
    const access = await openInClusterAccess(env);
    expect(access).toMatchObject({
      url: 'https://10.96.0.1:443',
      certificateAuthority: 'CA',
      namespace: 'kubernetes-executor',
    });
    expect(await access.credentials()).toEqual({ authorization: `Bearer ${jwt(claims)}` });
    await writeFile(join(directory, 'token'), 'renewed');
    expect(await access.credentials()).toEqual({ authorization: 'Bearer renewed' });
  });

  it('writes an IPv6 address as URLs want it', async () => {
    const access = await openInClusterAccess({ ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' });
    expect(access.url).toBe('https://[fd00::1]:443');
  });

  it('knows which pod it is', async () => {
    const access = await openInClusterAccess(env);
    expect(await access.identity()).toEqual({
      namespace: 'kubernetes-executor',
      serviceAccount: 'action-restart-pod',
      podName: 'job-1-abcde',
      podUid: 'pod-uid',
    });
    const { pod: _pod, ...unbound } = claims['kubernetes.io'];
    for (const token of [jwt({ 'kubernetes.io': unbound }), 'no-jwt', 'a.!!.b']) {
      await writeFile(join(directory, 'token'), token);
      await expect(access.identity()).rejects.toThrow('not bound to a pod');
    }
  });

  it('says what is missing', async () => {
    await expect(openInClusterAccess({})).rejects.toThrow('not in a pod');
    await rm(join(directory, 'ca.crt'));
    await expect(openInClusterAccess(env)).rejects.toThrow('is automountServiceAccountToken off?');
    await writeFile(join(directory, 'ca.crt'), '\n');
    await expect(openInClusterAccess(env)).rejects.toThrow('is empty');
  });
});

describe('access in the cluster', () => {
  it('has each token masked before anybody can use it', async () => {
    const masked: string[] = [];
    const access = await openAccess({ kind: 'in-cluster' }, env, (secret) => masked.push(secret));
    await access.credentials();
    await writeFile(join(directory, 'token'), 'renewed-token');
    await access.credentials();
    expect(masked).toEqual(expect.arrayContaining([jwt(claims), 'renewed-token']));
  });
});
