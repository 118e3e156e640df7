/** A Job whose pod can not be created tells why, with the cluster's own words; nothing is changed or left. */
import type { V1ResourceQuota } from '@kubernetes/client-node';
import { describe, onTestFinished } from 'vitest';
import { create, pathOf, remove, untilObject } from '../harness/cluster.ts';
import { freeze } from '../harness/components.ts';
import { untilJob } from '../harness/executions.ts';
import { EXECUTOR_NAMESPACE } from '../harness/site.ts';
import { isOwnCluster, test } from '../harness/test.ts';
import { untilPodRefused } from '../harness/until-pod.ts';
import { BUSYBOX, deploy } from '../harness/workloads.ts';
import { expectNothingDone, expectNotStarted, SCALE } from './expect-not-started.ts';
import { takeAway } from './installation-changes.ts';
import { alterPods, loseWebhook, refusePods } from './pod-admission.ts';

const JOB = /: job\/scale-deployment-\w+: its pod could not be created: /;
/** Within restricted, as what injects it would see to. */
const SIDECAR = `Object.spec.containers{
  name: "proxy", image: "${BUSYBOX}", command: ["sleep", "3600"],
  securityContext: Object.spec.containers.securityContext{
    allowPrivilegeEscalation: false, runAsUser: 65532,
    capabilities: Object.spec.containers.securityContext.capabilities{drop: ["ALL"]}
  }
}`;

/** The controller has counted what there is by the time that `status` is there. */
async function limit(resource: 'resourcequotas' | 'limitranges', spec: object): Promise<void> {
  const collection = pathOf(resource, EXECUTOR_NAMESPACE);
  const path = `${collection}/none-more`;
  onTestFinished(() => remove(path));
  await create(collection, { metadata: { name: 'none-more' }, spec });
  if (resource === 'resourcequotas')
    await untilObject<V1ResourceQuota>(path, (quota) => quota?.status?.hard !== undefined);
}

describe.skipIf(!isOwnCluster)("an execution's Job gets no pod", () => {
  test('where a quota has no room for it', async ({ site }) => {
    await limit('resourcequotas', { hard: { pods: '0' } });
    await expectNotStarted(site, {}, 'job-not-started', [
      JOB,
      /exceeded quota: none-more/,
      /Raise that quota of namespace kubernetes-executor/,
    ]);
  });

  test('that is larger than a LimitRange allows', async ({ site }) => {
    await limit('limitranges', { limits: [{ type: 'Container', max: { memory: '100Mi' } }] });
    await expectNotStarted(site, {}, 'job-not-started', [
      JOB,
      /maximum memory usage per Container is 100Mi/,
      /Change that LimitRange/,
    ]);
  });

  test('where something has altered it beyond what pod security allows', async ({ site }) => {
    await alterPods({ '/spec/hostNetwork': 'true' });
    await expectNotStarted(site, {}, 'job-not-started', [
      JOB,
      /violates PodSecurity "restricted:latest": host namespaces/,
      /Something alters the pod on its way/,
    ]);
  });

  test('where a sidecar was injected that would never end', async ({ site }) => {
    await alterPods({ '/spec/containers/-': SIDECAR });
    await expectNotStarted(site, {}, 'job-not-started', [
      JOB,
      /'kubernetes-executor-pods'.* one container, executor/,
      /a sidecar injector for one.*exempt namespace kubernetes-executor/,
    ]);
  });

  test('that an admission policy refuses', async ({ site }) => {
    await refusePods('no pods today');
    await expectNotStarted(site, {}, 'job-not-started', [
      JOB,
      /'refuse-pods'.*no pods today/,
      /Exempt namespace kubernetes-executor/,
    ]);
  });

  test('while a webhook gives no answer, which may pass', async ({ site }) => {
    await loseWebhook('away.example.org');
    await expectNotStarted(site, { 'schedule-timeout': '30s' }, 'schedule-timeout', [
      /job\/scale-deployment-\w+ has no pod yet; FailedCreate: .*failed calling webhook "away.example.org"/,
      /Bring that webhook back/,
    ]);
  });

  test('whose ServiceAccount is gone', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const thaw = await freeze('kube-controller-manager');
    const running = site.start(SCALE);
    await untilJob(site.namespace);
    const serviceAccountName = 'action-scale-deployment';
    await takeAway('serviceaccounts', serviceAccountName);
    const isMissing = `serviceaccount \\"${serviceAccountName}\\" not found`;
    await untilPodRefused(EXECUTOR_NAMESPACE, isMissing, { serviceAccountName });
    await thaw();
    await expectNothingDone(site, await running.finished, 'job-not-started', [
      JOB,
      /serviceaccount "action-scale-deployment" not found/,
      /kubectl apply -k manifests/,
    ]);
  });
});
