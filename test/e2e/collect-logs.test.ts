import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { bind } from './harness/bindings.ts';
import { callAs } from './harness/call-as.ts';
import { ask, create, list, pathOf, until, untilObject } from './harness/cluster.ts';
import { jobsOf } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import type { Step } from './harness/run-action.ts';
import { EXECUTOR_NAMESPACE, type Site } from './harness/site.ts';
import { testWith } from './harness/test.ts';
import { BUSYBOX } from './harness/workloads.ts';

const test = testWith(['collect-logs', 'collect-diagnostics']);

const HOSTILE = [
  '::error::not an error of this step',
  '::set-output name=result::succeeded',
  '##[add-mask]app',
  'x ##[set-env name=PATH]/evil',
  '::stop-commands::theirs',
  '\r::save-state name=finished::true',
];
const SECRET = 'pl4nted-in-the-environment';
const SEVEN_MEGABYTES = 7_000_000;
/** In lines long enough that the node's own stamps on them do not bring it to the size at which the kubelet begins a new file. */
const MUCH = `seq 1 2000000 | head -c ${SEVEN_MEGABYTES} | tr '\\n' ' ' | fold -w 1000; echo`;
const DONE = { exec: { command: ['test', '-e', '/tmp/done'] }, periodSeconds: 1, timeoutSeconds: 10 };
const STAY = "trap 'exit 0' TERM; sleep 2147483647 & wait";

function container(name: string, script: string, more: object = {}) {
  const resources = { requests: { cpu: '1m', memory: '4Mi' } };
  return {
    name,
    image: BUSYBOX,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', script],
    resources,
    ...more,
  };
}

async function createPod(site: Site, name: string, spec: object, labels = { app: name }): Promise<void> {
  const body = { metadata: { name, labels }, spec: { terminationGracePeriodSeconds: 1, ...spec } };
  await create(pathOf('pods', site.namespace), body);
}

async function untilReady(site: Site, name: string): Promise<void> {
  await untilObject<V1Pod>(
    pathOf('pods', site.namespace, name),
    (pod) =>
      pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
  );
}

/** A pod that prints these lines and stays; resolves when all of them are in its log. */
async function printing(site: Site, name: string, lines: readonly string[], labels = { app: name }) {
  const env = [{ name: 'TEXT', value: `${lines.join('\n')}\n` }];
  const app = container('app', `printf %s "$TEXT"; touch /tmp/done; ${STAY}`, {
    env,
    readinessProbe: DONE,
  });
  await createPod(site, name, { containers: [app] }, labels);
  await untilReady(site, name);
}

/** What the API server has, as `kubectl logs` prints it. */
async function logOf(site: Site, pod: string, name: string, previous = false): Promise<string> {
  const path = `${pathOf('pods', site.namespace, pod)}/log?container=${name}${previous ? '&previous=true' : ''}`;
  const answer = await ask('GET', path);
  expect(answer.status, answer.text).toBe(200);
  return answer.text;
}

function folderOf(step: Step): string {
  return dirname(step.outputs['report-file'] ?? '');
}

function fileOf(step: Step, file: string): string {
  return readFileSync(join(folderOf(step), file), 'utf8');
}

interface Collected {
  readonly file: string;
  readonly outcome: string;
  readonly bytes: number;
  readonly lines: number;
  readonly sha256?: string;
  readonly note?: string;
}

function collectedBy(step: Step): readonly Collected[] {
  const report = JSON.parse(fileOf(step, 'report.json')) as { status: { collected?: readonly Collected[] } };
  return report.status.collected ?? [];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function deployTalkative(site: Site): Promise<string> {
  const talk = (name: string) =>
    container(name, `${MUCH}; touch /tmp/done; ${STAY}`, { readinessProbe: DONE });
  const body = {
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          initContainers: [container('prepare', 'echo prepared')],
          containers: [talk('one'), talk('two'), talk('three')],
        },
      },
    },
  };
  await create(pathOf('deployments', site.namespace), body);
  await untilObject<V1Deployment>(
    pathOf('deployments', site.namespace, 'web'),
    (found) => found?.status?.availableReplicas === 1,
  );
  const [pod] = await list<V1Pod>(pathOf('pods', site.namespace));
  return pod?.metadata?.name ?? '';
}

describe('collect-logs', () => {
  test('brings 20 MB of a Deployment, every container, without a Job', async ({ site }) => {
    const pod = await deployTalkative(site);
    const step = await site.run({ action: 'collect-logs', target: 'deployment/web' });
    expectStep(step, 'succeeded', 'ok');
    const files = collectedBy(step);
    const names = ['prepare', 'one', 'two', 'three'];
    expect(files.map(({ file }) => file)).toEqual(names.map((name) => `logs/${pod}/${name}.log`));
    for (const [index, name] of names.entries()) {
      const there = await logOf(site, pod, name);
      const { bytes, outcome, sha256: told } = files[index] ?? {};
      expect({ name, outcome, told, bytes }).toEqual({
        name,
        outcome: 'complete',
        told: sha256(there),
        bytes: Buffer.byteLength(there),
      });
      expect(sha256(fileOf(step, `logs/${pod}/${name}.log`))).toBe(told);
    }
    expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(20_000_000);
    expect(await jobsOf(site.namespace)).toEqual([]);
    expect(step.outputs).toMatchObject({ changed: 'false', 'effectiveness-score': '1', 'job-name': '' });
    expect(step.log.shown.at(-1)).not.toContain('undo');
    expect(step.summary).toContain('4 files');
  });

  test('brings what a container said before it crashed', async ({ site }) => {
    const script = `if [ -e /state/ran ]; then echo second; touch /tmp/done; ${STAY}; fi; touch /state/ran; echo first; exit 1`;
    const volumeMounts = [{ name: 'state', mountPath: '/state' }];
    await createPod(site, 'crashed', {
      containers: [container('app', script, { volumeMounts, readinessProbe: DONE })],
      volumes: [{ name: 'state', emptyDir: {} }],
    });
    await untilObject<V1Pod>(pathOf('pods', site.namespace, 'crashed'), (pod) => {
      const [status] = pod?.status?.containerStatuses ?? [];
      return status?.restartCount === 1 && status.ready;
    });
    const step = await site.run({ action: 'collect-logs', target: 'pod/crashed' });
    expectStep(step, 'succeeded', 'ok');
    expect(fileOf(step, 'logs/crashed/app.previous.log')).toBe('first\n');
    expect(fileOf(step, 'logs/crashed/app.log')).toBe('second\n');
  });

  test('keeps to the limits, and says what it cut', async ({ site }) => {
    const lines = ['one', 'two', 'three', 'four'];
    await printing(site, 'web', lines);
    const run = (parameters: string) => site.run({ action: 'collect-logs', target: 'pod/web', parameters });
    const tail = await run('tail-lines: 2');
    expect(fileOf(tail, 'logs/web/app.log')).toBe('three\nfour\n');
    const cut = await run('{limit-bytes: 6, timestamps: false}');
    expectStep(cut, 'succeeded', 'ok');
    expect(fileOf(cut, 'logs/web/app.log')).toBe('one\ntw');
    expect(collectedBy(cut)).toMatchObject([{ outcome: 'cut', bytes: 6 }]);
    expect(cut.summary).toContain('limit-bytes');
  });

  test('holds a log full of workflow commands as it is, and none is obeyed', async ({ site }) => {
    await printing(site, 'hostile', HOSTILE);
    const step = await site.run({ action: 'collect-logs', target: 'pod/hostile' });
    expectStep(step, 'succeeded', 'ok');
    expect(fileOf(step, 'logs/hostile/app.log')).toBe(`${HOSTILE.join('\n')}\n`);
    expect(step.log).toMatchObject({ outputs: {}, state: {}, annotations: [] });
    expect(step.log.masks).not.toContain('app');
    expect(step.lines.join('\n')).not.toContain('not an error of this step');
  });

  test('does not put the credentials it was given into the artifact', async ({ site }) => {
    await printing(site, 'leak', [`authorization: Bearer ${site.token}`, 'and on']);
    const step = await site.run({ action: 'collect-logs', target: 'pod/leak' });
    expectStep(step, 'succeeded', 'ok');
    expect(fileOf(step, 'logs/leak/app.log')).toBe('authorization: Bearer ***\nand on\n');
  });

  test('says of a pod that has not started that there is no log', async ({ site }) => {
    await createPod(site, 'nowhere', { nodeSelector: { no: 'where' }, containers: [container('app', STAY)] });
    const image = { image: 'example.invalid/none:1', imagePullPolicy: 'Never' };
    await createPod(site, 'unpulled', { containers: [container('app', STAY, image)] });
    for (const pod of ['nowhere', 'unpulled']) {
      const step = await site.run({ action: 'collect-logs', target: `pod/${pod}` });
      expectStep(step, 'succeeded', 'ok');
      expect(collectedBy(step)).toMatchObject([
        { outcome: 'absent', note: expect.stringContaining('start') },
      ]);
      expect(readdirSync(folderOf(step))).not.toContain('execution.log');
    }
  });

  test('takes the pods that a selector selects, and no more than max-targets', async ({ site }) => {
    const labels = { app: 'many' };
    await Promise.all(['a', 'b', 'c'].map((name) => printing(site, name, [`I am ${name}`], labels)));
    await printing(site, 'other', ['I am not meant']);
    const asked = { action: 'collect-logs', selector: 'app in (many),!hidden' };
    const refused = await site.run({ ...asked, 'max-targets': '2' });
    expectStep(refused, 'refused', 'too-many-targets');
    expect(refused.outputs['message']).toContain('3 pods');
    const step = await site.run({ ...asked, 'max-targets': '3' });
    expectStep(step, 'succeeded', 'ok');
    expect(collectedBy(step).map(({ file }) => file)).toEqual(
      ['a', 'b', 'c'].map((pod) => `logs/${pod}/app.log`),
    );
    expect(fileOf(step, 'logs/b/app.log')).toBe('I am b\n');
  });

  test('planned lists its files and reads none; applied, it is what was planned', async ({ site }) => {
    await printing(site, 'web', ['hello']);
    const asked = { action: 'collect-logs', target: 'pod/web' };
    const plan = await site.run({ ...asked, mode: 'plan' });
    expectStep(plan, 'planned', 'planned');
    expect(plan.summary).toContain('read logs/web/app.log');
    expect(fileOf(plan, 'plan.json')).toContain('"file": "logs/web/app.log"');
    expect(readdirSync(folderOf(plan))).not.toContain('logs');
    expect(plan.outputs['changed']).toBe('false');
    const applied = { ...asked, mode: 'apply', 'plan-hash': plan.outputs['plan-hash'] ?? '' };
    expectStep(await site.run(applied), 'succeeded', 'ok');
  });

  test('without a right is refused, and the YAML in the message helps', async ({ site }) => {
    await printing(site, 'web', ['hello']);
    await site.revoke('action', 'collect-logs');
    const asked = { action: 'collect-logs', target: 'pod/web' };
    const step = await site.run(asked);
    expectStep(step, 'refused', 'permission-missing');
    const message = step.outputs['message'] ?? '';
    expect(message).toContain('get pods/log');
    const [, ...yaml] = message.slice(message.indexOf('\napiVersion:')).split('\n');
    for (const binding of parseAllDocuments(yaml.join('\n'))) {
      await bind(site.namespace, binding.toJS());
    }
    expectStep(await site.run(asked), 'succeeded', 'ok');
  });
});

describe('collect-diagnostics', () => {
  test('tells why a Deployment has no pods running, and no secret', async ({ site }) => {
    const env = [{ name: 'DB_URL', value: SECRET }];
    const app = container('app', STAY, {
      image: 'example.invalid/none:1',
      imagePullPolicy: 'Never',
      env,
      args: [`--token=${SECRET}`],
    });
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [app] } };
    await create(pathOf('deployments', site.namespace), {
      metadata: {
        name: 'web',
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': SECRET },
      },
      spec: { selector: { matchLabels: { app: 'web' } }, template },
    });
    const name = await podOf(site);
    await untilObject<V1Pod>(
      pathOf('pods', site.namespace, name),
      (pod) => pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImageNeverPull',
    );
    const failures = `fieldSelector=involvedObject.name%3D${name},reason%3DFailed`;
    await until({ path: pathOf('events', site.namespace), query: failures }, ([event]) => event);
    const step = await site.run({ action: 'collect-diagnostics', target: 'deployment/web' });
    expectStep(step, 'succeeded', 'ok');
    expect(fileOf(step, 'diagnostics/overview.md')).toContain('ErrImageNeverPull');
    expect(fileOf(step, 'diagnostics/events.txt')).toMatch(/Warning +Failed +pod\/web-/);
    expect(fileOf(step, 'diagnostics/deployment/web.yaml')).toContain('value: <<redacted>>');
    const everything = readdirSync(folderOf(step), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    expect(everything.length).toBeGreaterThanOrEqual(8);
    expect(everything.filter((text) => text.includes(SECRET))).toEqual([]);
  });
});

describe('the ServiceAccount of collect-logs', () => {
  test('may read logs where it is bound, and neither write nor read anything else', async ({ site }) => {
    await printing(site, 'web', ['hello']);
    const pod = pathOf('pods', site.namespace, 'web');
    const request = {
      method: 'POST',
      path: `${pathOf('serviceaccounts', EXECUTOR_NAMESPACE, 'action-collect-logs')}/token`,
    };
    const issued = await callAs(site.token, { ...request, body: { spec: { expirationSeconds: 600 } } });
    const { token } = (JSON.parse(issued.text) as { status: { token: string } }).status;
    const status = async (method: string, path: string, body?: object) =>
      (await callAs(token, { method, path, body, contentType: 'application/merge-patch+json' })).status;
    expect(await status('GET', `${pod}/log`)).toBe(200);
    const label = { metadata: { labels: { app: 'other' } } };
    expect(await status('PATCH', pod, label)).toBe(403);
    expect(await status('PATCH', `${pod}?dryRun=All`, label)).toBe(403);
    expect(await status('DELETE', pod)).toBe(403);
    expect(await status('POST', `${pod}/exec?command=id`)).toBe(403);
    expect(await status('GET', pathOf('secrets', site.namespace))).toBe(403);
    expect(await status('GET', pathOf('configmaps', site.namespace))).toBe(403);
    expect(await status('GET', pathOf('pods', 'kube-system'))).toBe(403);
  });
});

async function podOf(site: Site): Promise<string> {
  const path = pathOf('pods', site.namespace);
  return await until<V1Pod, string>({ path }, ([pod]) => pod?.metadata?.name);
}
