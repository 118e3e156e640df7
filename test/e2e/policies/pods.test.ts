/** The pod of an execution comes from the Job controller alone, keeps its shape, and can't be entered. */
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathOf, read, remove } from '../harness/cluster.ts';
import { EXECUTOR_NAMESPACE, openSite, type Site } from '../harness/site.ts';
import { JOBS, jobFor, readInstallation, untilPod } from './executions.ts';
import {
  type Administrator,
  bearer,
  type Identity,
  JSON_PATCH,
  MERGE,
  openAdministrator,
  type PodToken,
} from './identities.ts';
import { type Changes, spoil } from './spoil.ts';

const GROUP = 'kubernetesexecution.kubernaut.io';
const PODS = pathOf('pods', EXECUTOR_NAMESPACE);

let site: Site;
let caller: Identity;
let administrator: Administrator;
let job: V1Job;
let pod: PodToken;
const path = () => `${PODS}/${pod.name}`;

/** A pod whose plan never comes: it is there, and waits. */
beforeAll(async () => {
  site = await openSite(['scale-deployment']);
  administrator = await openAdministrator(site.namespace);
  caller = bearer(site.token);
  const createdBy = `system:serviceaccount:${site.namespace}:caller`;
  job = jobFor({ installation: await readInstallation(), namespace: site.namespace, createdBy });
  await caller({ method: 'POST', path: JOBS, body: job });
  pod = await untilPod(job.metadata?.name ?? '');
});
afterAll(async () => {
  await remove(`${JOBS}/${job.metadata?.name}`);
  await administrator.close();
  await site.close();
});

describe('a pod that is there', () => {
  test.each([
    ['its labels', [{ op: 'remove', path: '/metadata/labels/batch.kubernetes.io~1job-name' }], /immutable/],
    ['all labels', [{ op: 'remove', path: '/metadata/labels' }], /immutable/],
    ['one label more', [{ op: 'add', path: '/metadata/labels/a', value: 'b' }], /immutable/],
    [
      'its plan hash',
      [{ op: 'replace', path: `/metadata/annotations/${GROUP}~1plan-hash`, value: 'x' }],
      /immutable/,
    ],
    ['its finalizer', [{ op: 'remove', path: '/metadata/finalizers' }], /immutable/],
    ['its owner', [{ op: 'remove', path: '/metadata/ownerReferences' }], /immutable/],
    [
      'its image',
      [{ op: 'replace', path: '/spec/containers/0/image', value: 'docker.io/library/busybox:1.37' }],
      /immutable, but for/,
    ],
    [
      'its tolerations',
      [{ op: 'add', path: '/spec/tolerations/-', value: { operator: 'Exists' } }],
      /immutable, but for/,
    ],
    [
      'its deadline to later',
      [{ op: 'replace', path: '/spec/activeDeadlineSeconds', value: 7200 }],
      /brought nearer|must be less than/,
    ],
  ])('keeps %s', async (_what, body, message) => {
    for (const who of [caller, administrator.ask]) {
      const said = await who({ method: 'PATCH', path: path(), contentType: JSON_PATCH, body });
      expect(said.message).toMatch(message);
      expect(said.status).toBeGreaterThanOrEqual(403);
    }
  });

  test('is stopped by who may execute the action there, and by nobody else', async () => {
    const stop = {
      method: 'PATCH',
      path: path(),
      contentType: MERGE,
      body: { spec: { activeDeadlineSeconds: 60 } },
    } as const;
    const other = await openSite(['scale-deployment']);
    const said = await bearer(other.token)(stop);
    await other.close();
    expect(said.message).toMatch(/may not stop an execution of scale-deployment in namespace/);
    expect(said.status).toBe(403);
    expect(await caller(stop)).toMatchObject({ status: 200 });
    expect((await read<V1Pod>(path()))?.spec?.activeDeadlineSeconds).toBe(60);
  });

  test.each([
    ['exec', 'POST', 'exec?command=id'],
    ['exec with GET', 'GET', 'exec?command=id'],
    ['attach', 'POST', 'attach'],
    ['portforward', 'POST', 'portforward'],
    ['proxy', 'GET', 'proxy/'],
  ] as const)('is not entered by %s', async (_what, method, subresource) => {
    const said = await administrator.ask({ method, path: `${path()}/${subresource}` });
    expect(said.message).toMatch(/no exec, attach, port-forward, proxy, debug container or resize/);
    expect(said.status).toBe(403);
  });

  test('gets no debug container and no other size', async () => {
    const debug = {
      spec: { ephemeralContainers: [sidecar()] },
    };
    const size = { spec: { containers: [{ name: 'executor', resources: { limits: { memory: '128Mi' } } }] } };
    for (const [subresource, body] of [
      ['ephemeralcontainers', debug],
      ['resize', size],
    ] as const) {
      const said = await administrator.ask({
        method: 'PATCH',
        path: `${path()}/${subresource}`,
        contentType: 'application/strategic-merge-patch+json',
        body,
      });
      expect(said.message).toMatch(/debug container or resize/);
      expect(said.status).toBe(403);
    }
  });
});

describe('a new pod', () => {
  const jobController = () => administrator.as('system:serviceaccount:kube-system:job-controller');
  const rehearse = async (who: Identity, changes: Changes = {}) =>
    await who({ method: 'POST', path: `${PODS}?dryRun=All`, body: spoil(newPod(), changes) });

  test('comes from the Job controller', async () => {
    expect(await rehearse(jobController())).toMatchObject({ status: 201 });
  });

  test('comes from nobody else', async () => {
    const others = [
      'replicaset-controller',
      'statefulset-controller',
      'daemon-set-controller',
      'cronjob-controller',
    ];
    const users = others.map((name) => administrator.as(`system:serviceaccount:kube-system:${name}`));
    for (const who of [administrator.ask, ...users]) {
      const said = await rehearse(who);
      expect(said.message).toMatch(/created here by the Job controller alone/);
      expect(said.status).toBe(403);
    }
  });

  test('may have what admission plugins give it', async () => {
    const given = {
      '/spec/tolerations': [
        {
          key: 'node.kubernetes.io/not-ready',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        },
      ],
      '/spec/imagePullSecrets': [{ name: 'mirror' }],
      '/spec/securityContext/fsGroup': 1_000_650_000,
      '/spec/containers/0/securityContext/runAsUser': 1_000_650_000,
      '/spec/containers/0/resources/limits/cpu': '1',
    };
    expect(await rehearse(jobController(), given)).toMatchObject({ status: 201 });
  });

  const ONE = '/spec/containers/0';
  const OVER_THE_PROGRAM = {
    [`${ONE}/volumeMounts/0/mountPath`]: '/other',
    [`${ONE}/volumeMounts/1/mountPath`]: '/executor',
  };
  const token = (source: object) => ({
    '/spec/volumes/-': {
      name: 'kube-api-access-abcde',
      projected: { sources: [{ serviceAccountToken: source }] },
    },
  });
  const abuses: readonly (readonly [what: string, changes: Changes, message: RegExp])[] = [
    ['without a Job', { '/metadata/ownerReferences': [] }, /belong to the Job/],
    ['of another Job', { '/metadata/ownerReferences/0/name': 'other' }, /belong to the Job|Job's own name/],
    ['with another image', { [`${ONE}/image`]: 'docker.io/library/busybox:1.37' }, /image is not one of/],
    [
      'under another account',
      { '/spec/serviceAccountName': 'action-restart-pod' },
      /ServiceAccount action-scale-deployment/,
    ],
    [
      'with environment',
      { [`${ONE}/env`]: [{ name: 'NODE_OPTIONS', value: '--inspect' }] },
      /may not set env/,
    ],
    ['with a sidecar', { '/spec/containers/-': { ...sidecar(), name: 'istio-proxy' } }, /one container/],
    ['with an init container', { '/spec/initContainers': [sidecar()] }, /may not set initContainers/],
    [
      'with other addresses',
      { '/spec/hostAliases': [{ ip: '10.0.0.1', hostnames: ['a'] }] },
      /may not set hostAliases/,
    ],
    [
      'with what another has kept for its undo',
      {
        [`/metadata/labels/${GROUP}~1rolls-back`]: 'update-secret-0123456789-undo',
        [`${ONE}/args/-`]: '--rolls-back=update-secret-0123456789-undo',
        '/spec/volumes/1/secret/secretName': 'update-secret-0123456789-undo',
      },
      /must be the id of an execution/,
    ],
    ['with another option', { [`${ONE}/args/1`]: '--inspect' }, /arguments/],
    [
      'with a foreign Secret',
      { '/spec/volumes/-': { name: 'more', secret: { secretName: 'x' } } },
      /and no other/,
    ],
    ["with another audience's token", token({ path: 'token', audience: 'vault' }), /and no other/],
    ['with a mount over the program', OVER_THE_PROGRAM, /mounted at \/executor/],
    [
      'with a token where it does not belong',
      {
        ...token({ path: 'token' }),
        [`${ONE}/volumeMounts/-`]: { name: 'kube-api-access-abcde', mountPath: '/plan/x' },
      },
      /and nothing else/,
    ],
    ['as root', { [`${ONE}/securityContext/runAsUser`]: 0 }, /other than root|must not set runAsUser=0/],
  ];
  test.each(abuses)('does not come %s', async (_what, changes, message) => {
    const said = await rehearse(jobController(), changes);
    expect(said.message).toMatch(message);
    expect(said.status).toBe(403);
  });
});

function sidecar(): object {
  return {
    name: 'sidecar',
    image: 'docker.io/library/busybox:1.37',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
}

/** What the Job controller makes of the template. */
function newPod(): V1Pod {
  const { metadata, spec } = job.spec?.template ?? {};
  const name = job.metadata?.name ?? '';
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name, uid: pod.uid, controller: true };
  return {
    metadata: {
      name: `${name}-zzzzz`,
      labels: { ...metadata?.labels, 'batch.kubernetes.io/job-name': name },
      annotations: { ...metadata?.annotations },
      ownerReferences: [owner],
    },
    ...(spec === undefined ? {} : { spec }),
  };
}
