import { describe, expect, it } from 'vitest';
import type { PlanDraft, Question } from '../../../src/catalog/action.ts';
import { restartPod } from '../../../src/catalog/restart-pod.ts';
import { rolloutRestart } from '../../../src/catalog/rollout-restart.ts';
import { scaleDeployment } from '../../../src/catalog/scale-deployment.ts';
import { updateConfigMap } from '../../../src/catalog/update-configmap.ts';
import { CONFIG_MAP, DEPLOYMENT, POD } from '../../../src/catalog/workloads.ts';
import type { ApiServer } from '../../../src/cluster/api.ts';
import { rehearsalOnly } from '../../../src/cluster/rehearsal-only.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { PlannedRequest } from '../../../src/plan/plan.ts';
import { SERVER_CHOICE } from '../../../src/plan/server-choice.ts';
import { observeTarget, openSight } from '../../../src/rehearse/observe-target.ts';
import { refusalsOf, rehearse } from '../../../src/rehearse/rehearse.ts';
import type { RehearsalReport } from '../../../src/rehearse/report.ts';
import { AT, planFor } from '../catalog/asking.ts';
import { configMap, deployment, pod, replicaSet } from '../catalog/cluster-objects.ts';
import { FakeApi, on } from '../execute/fake-api.ts';

const NAME = 'web-5d4f8c7b9d-x2x7k';
const pods = on('POST', '/pods');

function question(name: string, kind = DEPLOYMENT): Question<unknown> {
  return { namespace: 'shop', kind, name, parameters: {}, at: AT };
}

/** As the step does it: through a server that refuses a real write. */
async function rehearsed(api: FakeApi, draft: PlanDraft, podApi?: ApiServer): Promise<RehearsalReport> {
  const observed = await observeTarget(api, rolloutRestart, question('web'));
  return rehearse({
    draft,
    observed,
    api: rehearsalOnly(api),
    ...(podApi ? { podApi: rehearsalOnly(podApi) } : {}),
  });
}

function scale(replicas: number): PlanDraft {
  return planFor(scaleDeployment, { name: 'web', parameters: { replicas } }, [deployment()]);
}

const restart = planFor(rolloutRestart, { name: 'web' }, [deployment()]);

describe('rehearse', () => {
  it('shows what the server would make of it, and changes nothing', async () => {
    const api = new FakeApi(deployment());
    const before = structuredClone(api.read(deployment()));
    const report = await rehearsed(api, restart);
    expect(report.requests).toEqual([
      {
        summary: restart.requests[0]?.summary,
        outcome: 'accepted',
        status: 200,
        diff: [
          {
            pointer: '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt',
            after: AT,
          },
        ],
      },
    ]);
    expect(api.read(deployment())).toEqual(before);
    expect(api.writes).toEqual([]);
  });

  it('does not show as planned what the server will choose', async () => {
    const [request] = restart.requests as [PlannedRequest];
    const pointer = '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt';
    const fields = [{ pointer, after: SERVER_CHOICE }];
    const effect = { kind: 'fields', object: request.path, fields } as const;
    const draft = { ...restart, requests: [{ ...request, effect }] };
    expect((await rehearsed(new FakeApi(deployment()), draft)).requests[0]?.diff).toEqual(fields);
  });

  it.each([
    [5, 2],
    [0, 2],
  ])('shows the planned field of a Scale, to %i replicas', async (after, before) => {
    const api = new FakeApi(deployment());
    const report = await rehearsed(api, scale(after));
    expect(report.requests[0]?.diff).toEqual([{ pointer: '/spec/replicas', before, after }]);
    expect(api.writes).toEqual([]);
  });

  it('shows what would be deleted, and deletes nothing', async () => {
    const objects = [replicaSet(), pod(NAME)];
    const api = new FakeApi(deployment(), ...objects);
    const report = await rehearsed(api, planFor(restartPod, { name: NAME }, objects));
    expect(report.requests[0]).toMatchObject({
      outcome: 'accepted',
      diff: [{ pointer: '', before: `pods/${NAME}` }],
    });
    expect(api.read(pod(NAME))).toBeDefined();
  });

  it('tells what the server refuses, in its words', async () => {
    const api = new FakeApi(deployment());
    api.answer(on('PATCH', '/web'), { status: 403, message: 'admission webhook "freeze" denied it' });
    const report = await rehearsed(api, restart);
    expect(report.requests[0]).toMatchObject({ outcome: 'refused', status: 403, diff: [] });
    expect(refusalsOf(report)).toEqual([
      expect.stringMatching(/HTTP 403, admission webhook "freeze" denied it/),
    ]);
  });

  it.each([
    'Internal error occurred: failed calling webhook "x.test": connection refused',
    'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  ])('takes a 500 that is no fault of the server for a refusal: %s', async (message) => {
    const api = new FakeApi(deployment());
    api.answer(on('PATCH', '/web'), { status: 500, message }, 9);
    expect(refusalsOf(await rehearsed(api, restart))).toEqual([expect.stringContaining(message)]);
  });

  it('takes any other fault of the server for no answer', async () => {
    const api = new FakeApi(deployment());
    const message = 'cannot list PodDisruptionBudgets: etcdserver: leader changed';
    api.answer(on('PATCH', '/web'), { status: 500, message }, 9);
    await expect(rehearsed(api, restart)).rejects.toThrow('etcdserver');
  });

  it('passes warnings of the server on', async () => {
    const api = new FakeApi(deployment());
    const warning: ApiServer = {
      ...passing(api),
      send: async (request) => ({ ...(await api.send(request)), warnings: ['spec.x is deprecated'] }),
    };
    const observed = await observeTarget(api, rolloutRestart, question('web'));
    const report = await rehearse({ draft: restart, observed, api: warning });
    expect(report.findings).toEqual([
      { severity: 'warning', about: restart.requests[0]?.summary, message: 'spec.x is deprecated' },
    ]);
    expect(refusalsOf(report)).toEqual([]);
  });

  it('does not send what no dry run can show', async () => {
    const api = new FakeApi(deployment());
    const [request] = restart.requests;
    if (!request) throw new Error('no request');
    const requests = [
      { ...request, rehearsal: 'cannot' as const },
      { ...request, rehearsal: { dependsOn: 0 } },
    ];
    const report = await rehearsed(api, { ...restart, requests });
    expect(report.requests.map(({ outcome }) => outcome)).toEqual(['not-rehearsed', 'not-rehearsed']);
    expect(report.requests[0]?.message).toBe('its kind is not served yet');
    expect(report.requests[1]?.message).toContain('request 1');
    expect(api.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

describe('the rehearsal of the pods to come', () => {
  it('sends one of the template, as a dry run under a name of its own', async () => {
    const api = new FakeApi(deployment());
    const podApi = new FakeApi();
    const report = await rehearsed(api, scale(5), podApi);
    expect(report.findings).toEqual([]);
    expect(podApi.requests).toMatchObject([
      {
        method: 'POST',
        query: { dryRun: 'All' },
        body: { kind: 'Pod', metadata: { generateName: 'rehearsal-', labels: { app: 'web' } } },
      },
    ]);
    expect(podApi.writes).toEqual([]);
  });

  it('refuses where such a pod would be refused', async () => {
    const podApi = new FakeApi();
    podApi.answer(pods, { status: 403, message: 'violates PodSecurity "restricted:latest"' });
    const report = await rehearsed(new FakeApi(deployment()), restart, podApi);
    expect(report.findings).toMatchObject([{ severity: 'refusal', about: 'a pod of deployment/web' }]);
    expect(refusalsOf(report)).toEqual([expect.stringContaining('violates PodSecurity')]);
  });

  it.each([
    ['refuses one more pod than a quota has room for', scale(5), 'refusal'],
    ['only warns where the new ones take the place of the old', restart, 'warning'],
  ] as const)('%s', async (_name, draft, severity) => {
    const podApi = new FakeApi();
    podApi.answer(pods, { status: 403, message: 'pods "x" is forbidden: exceeded quota: two' });
    const report = await rehearsed(new FakeApi(deployment()), draft, podApi);
    expect(report.findings).toMatchObject([{ severity }]);
    expect(refusalsOf(report).length).toBe(severity === 'refusal' ? 1 : 0);
  });

  it('is left out where the namespace has not opted in', async () => {
    const api = new FakeApi(deployment());
    expect((await rehearsed(api, scale(5))).findings).toEqual([]);
    expect(api.requests.filter(pods)).toEqual([]);
  });
});

describe('observeTarget', () => {
  it('reads on until the action asks for nothing more, each thing once', async () => {
    const api = new FakeApi(deployment(), replicaSet(), pod(NAME), pod('web-5d4f8c7b9d-aaaaa'));
    const seen = await observeTarget(api, restartPod, question(NAME, POD));
    expect(seen.objects.map(({ kind }) => kind)).toEqual(['Pod', 'ReplicaSet', 'Deployment']);
    const asked = api.requests.map(({ path, query }) => `${path} ${JSON.stringify(query ?? {})}`);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBe(5);
  });

  it('tells what is not there from what was not asked for', async () => {
    const seen = await observeTarget(new FakeApi(), restartPod, question(NAME, POD));
    const path = { group: '', version: 'v1', resource: 'pods', namespace: 'shop', name: NAME };
    expect(seen.get(path)).toBeNull();
    expect(seen.get({ ...path, name: 'other' })).toBeUndefined();
    expect(seen.list({ ...path, name: 'x' }, 'app=web')).toBeUndefined();
    expect(seen.objects).toEqual([]);
  });

  it('gives the same answers as the cluster', async () => {
    const objects: readonly KubernetesObject[] = [deployment(), replicaSet(), pod(NAME)];
    const seen = await observeTarget(new FakeApi(...objects), restartPod, question(NAME, POD));
    expect(restartPod.plan(question(NAME, POD) as Question<object>, seen)).toEqual(
      planFor(restartPod, { name: NAME }, objects),
    );
  });

  it('fails where something may not be read, and where an action never has enough', async () => {
    const api = new FakeApi(deployment());
    api.answer(on('GET', '/web'), { status: 403, message: 'deployments is forbidden' });
    await expect(observeTarget(api, rolloutRestart, question('web'))).rejects.toThrow('forbidden');
    let round = 0;
    const greedy: typeof rolloutRestart = {
      ...rolloutRestart,
      reads: ({ namespace }) => {
        round += 1;
        const path = { group: '', version: 'v1', resource: 'pods', namespace, name: `pod-${round}` };
        return [{ kind: 'get', path }];
      },
    };
    await expect(observeTarget(api, greedy, question('web'))).rejects.toThrow('more and more');
  });
});

function passing(api: FakeApi): ApiServer {
  return {
    url: api.url,
    send: (request) => api.send(request),
    stream: (request) => api.stream(request),
    close: () => api.close(),
  };
}

describe('the rehearsal of what was read in a list alone', () => {
  const about = { name: 'shop', parameters: { data: { color: 'red' }, 'restart-consumers': true } };

  it.each([
    [
      { team: 'shop' },
      [{ pointer: '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt', after: AT }],
    ],
    [
      undefined,
      [
        {
          pointer: '/spec/template/metadata/annotations',
          after: { 'kubectl.kubernetes.io/restartedAt': AT },
        },
      ],
    ],
  ])('shows the planned field alone, where the annotations were %j', async (annotations, diff) => {
    const container = { name: 'app', image: 'web:1', envFrom: [{ configMapRef: { name: 'shop' } }] };
    const metadata = annotations ? { annotations } : {};
    const consumer = deployment({ spec: { template: { metadata, spec: { containers: [container] } } } });
    const objects = [configMap('shop'), consumer];
    const api = new FakeApi(...objects);
    const asked = { ...question('shop', CONFIG_MAP), parameters: about.parameters };
    const observed = await observeTarget(api, updateConfigMap, asked);
    const draft = planFor(updateConfigMap, about, objects);
    const report = await rehearse({ draft, observed, api: rehearsalOnly(api) });
    expect(report.requests.map((request) => request.diff)).toEqual([
      [{ pointer: '/data/color', before: 'blue', after: 'red' }],
      diff,
    ]);
  });

  it('shows a field that goes without what comes after it', async () => {
    const api = new FakeApi(deployment({ spec: { paused: true } }));
    const [request] = restart.requests;
    if (!request) throw new Error('no request');
    const fields = [{ pointer: '/spec/paused', before: true }];
    const removal: PlannedRequest = {
      ...request,
      body: [{ op: 'remove', path: '/spec/paused' }],
      effect: { kind: 'fields', object: request.effect.object, fields },
    };
    const observed = openSight().seen;
    const draft = { ...restart, requests: [removal] };
    const report = await rehearse({ draft, observed, api: rehearsalOnly(api) });
    expect(report.requests[0]?.diff).toEqual([{ pointer: '/spec/paused', before: true }]);
  });
});
