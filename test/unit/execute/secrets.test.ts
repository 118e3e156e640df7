/** Plans that refer to values of a Secret, over the fake: what is kept, sent, undone, and told of it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planners } from '../../../src/catalog/planners.ts';
import { updateSecret } from '../../../src/catalog/update-secret.ts';
import { runExecutor } from '../../../src/execute/run-executor.ts';
import { runRehearsal } from '../../../src/execute/run-rehearsal.ts';
import type { Declared } from '../../../src/job/declared.ts';
import { hashPlan } from '../../../src/plan/hash.ts';
import { ANNOTATION } from '../../../src/plan/names.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { Envelope, Plan } from '../../../src/plan/plan.ts';
import { textAt } from '../../../src/plan/pointer.ts';
import { nameValues } from '../../../src/plan/secret-values.ts';
import type { Verdict } from '../../../src/plan/verdict.ts';
import {
  hashQuestion,
  hashValues,
  type JobQuestion,
  type QuestionEnvelope,
  readAnswer,
} from '../../../src/rehearse/question.ts';
import { AT } from '../catalog/asking.ts';
import { secret } from '../catalog/cluster-objects.ts';
import { holdClock, releaseClock, settled } from './clock.ts';
import {
  declaredOf,
  EXECUTION,
  IDENTITY,
  JOURNAL,
  planOf,
  ROLLBACK_SETTINGS,
  SETTINGS,
} from './executions.ts';
import { type FakeApi, on } from './fake-api.ts';
import { cluster, targetWrites } from './running.ts';

const OLD = 'the-old-password';
const NEW = 'the-new-password';
const KEPT = `/api/v1/namespaces/kubernetes-executor/secrets/${EXECUTION}-undo`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const values = nameValues('after', { password: base64(NEW) });

beforeEach(holdClock);
afterEach(releaseClock);

interface Ran {
  readonly verdict: Verdict;
  readonly lines: readonly string[];
}

function edges(api: FakeApi, lines: string[]) {
  const stop = { signal: new AbortController().signal, afterSeconds: () => undefined };
  return { api, identity: IDENTITY, stop, printLine: (line: string) => void lines.push(line) };
}

const [kind] = updateSecret.kinds;
if (!kind) throw new Error('it has a kind');
const question: JobQuestion = {
  action: 'update-secret',
  scope: { kind: 'namespace', namespace: 'shop' },
  namespace: 'shop',
  kind,
  name: 'web',
  parameters: { remove: [], 'restart-consumers': false },
  force: false,
  at: AT,
};
const sealed = { executionId: EXECUTION, question, values, salt: '5a17', settings: SETTINGS };

/** With a plan hash made of the Secret as it is now, unless told. */
async function execute(
  api: FakeApi,
  mounted: QuestionEnvelope = sealed,
  over: Partial<Declared> = {},
  planHash = hashPlan(planIn(api)),
): Promise<Ran> {
  const lines: string[] = [];
  const { action, scope } = question;
  const declared = { planHash, action, scope, valuesHash: hashValues(sealed), ...over };
  const verdict = await settled(runExecutor(mounted, planners, { declared, ...edges(api, lines) }));
  return { verdict, lines };
}

/** With the Secret as the cluster has it, which gives it its version. */
function planIn(api: FakeApi): Plan {
  return planOf(updateSecret, { name: 'web', values }, [live(api)]);
}

function live(api: FakeApi): KubernetesObject {
  const found = api.read(secret('web'));
  if (!found) throw new Error('the Secret is gone');
  return found;
}

function expectUntold({ verdict, lines }: Ran, ...secrets: readonly string[]): void {
  const told = [JSON.stringify(verdict), ...lines].join('\n');
  for (const text of secrets.flatMap((one) => [one, base64(one)])) expect(told).not.toContain(text);
}

describe('an execution that plans by itself', () => {
  it('carries out what was planned, and keeps what was there before first', async () => {
    const api = cluster(secret('web', { password: OLD, other: 'kept-for-nothing' }));
    const ran = await execute(api);
    expect(ran.verdict).toMatchObject({ result: 'succeeded', reasonCode: 'ok' });
    expect(live(api)['data']).toMatchObject({ password: base64(NEW) });
    const kept = api.at(KEPT);
    expect(kept).toMatchObject({ immutable: true, metadata: { ownerReferences: [{ name: EXECUTION }] } });
    expect(textAt(kept, '/stringData/plan.json')).not.toContain(base64('kept-for-nothing'));
    const [first, second] = api.writes.filter((write) => write.includes('/secrets'));
    expect([first, second]).toEqual([
      expect.stringContaining('kubernetes-executor/secrets'),
      expect.stringContaining('shop/secrets/web'),
    ]);
    expectUntold(ran, OLD, NEW);
  });

  it('is undone from what was kept', async () => {
    const api = cluster(secret('web', { password: OLD }));
    await execute(api);
    const kept: Envelope = JSON.parse(textAt(api.at(KEPT), '/stringData/plan.json'));
    // The rollback has a Job of its own, and so a journal.
    const podName = 'update-secret-1111111111-abcde';
    api.put(executorOf(podName));
    const lines: string[] = [];
    const declared = {
      ...declaredOf(kept.plan),
      rollsBack: EXECUTION,
      rollbackSettings: ROLLBACK_SETTINGS,
    };
    const identity = { ...IDENTITY, podName, podUid: `uid-${podName}` };
    const verdict = await settled(runExecutor(kept, planners, { declared, ...edges(api, lines), identity }));
    expect(verdict).toMatchObject({ result: 'succeeded', reasonCode: 'ok' });
    expect(live(api)['data']).toEqual({ password: base64(OLD) });
    expectUntold({ verdict, lines }, OLD, NEW);
  });

  it('sends nothing where the Secret was written since, or its undo can not be kept', async () => {
    const api = cluster(secret('web', { password: OLD }));
    const before = hashPlan(planIn(api));
    api.put({ ...live(api), data: { password: base64('a-third-password') } });
    const stale = await execute(api, sealed, {}, before);
    expect(stale.verdict).toMatchObject({ result: 'refused', reasonCode: 'conflict', requests: [] });
    expect(stale.verdict.message).toContain('has changed since');
    expect(targetWrites(api)).toEqual([]);

    const forbidding = cluster(secret('web', { password: OLD }));
    const message = `policy says: no ${OLD} here`;
    forbidding.answer(on('POST', '/secrets'), { status: 403, message }, 9);
    const refused = await execute(forbidding);
    expect(refused.verdict).toMatchObject({ result: 'failed', reasonCode: 'request-refused' });
    expect(refused.verdict.message).toContain('could not be kept');
    expect(targetWrites(forbidding)).toEqual([]);
    expectUntold(refused, OLD, NEW);
  });

  it('tells what the server says without the values that it repeats', async () => {
    const api = cluster(secret('web', { password: OLD }));
    const message = `webhook: ${base64(NEW)} is ${NEW}, and ${OLD} was better`;
    api.answer(on('PATCH', '/secrets/web'), { status: 403, message }, 9);
    const ran = await execute(api);
    expect(ran.verdict.message).toContain('webhook: *** is ***, and *** was better');
    expectUntold(ran, OLD, NEW);
  });

  it('takes no plan of a caller, whatever is in it', async () => {
    const api = cluster(secret('web', { password: OLD }));
    const plan = planIn(api);
    const copied = [{ op: 'copy', from: '/data/password', path: '/type' }];
    const requests = plan.requests.map((request) => ({ ...request, body: copied }));
    const mounted = { executionId: EXECUTION, plan: { ...plan, requests } };
    for (const rehearses of [{}, { rehearses: true as const }]) {
      const lines: string[] = [];
      const declared = { ...declaredOf(mounted.plan), ...rehearses };
      const start = rehearses.rehearses ? runRehearsal : runExecutor;
      const verdict = await settled(start(mounted, planners, { declared, ...edges(api, lines) }));
      expect(verdict).toMatchObject({ result: 'refused', reasonCode: 'plan-invalid' });
    }
    expect(api.requests.filter(({ path }) => path.includes('/secrets'))).toEqual([]);
  });

  it('takes no values that somebody else has put there', async () => {
    const api = cluster(secret('web', { password: OLD }));
    const planted = { ...sealed, values: nameValues('after', { password: base64('planted-password') }) };
    const ran = await execute(api, planted);
    expect(ran.verdict).toMatchObject({ result: 'refused', reasonCode: 'plan-invalid' });
    expect(ran.verdict.message).toContain('somebody else has put them there');
    expect(targetWrites(api)).toEqual([]);
  });

  it('is no rehearsal, and a rehearsal is none', async () => {
    const api = cluster(secret('web', { password: OLD }));
    const { settings: _settings, ...asked } = sealed;
    const unsettled = await execute(api, asked);
    expect(unsettled.verdict).toMatchObject({ result: 'refused', reasonCode: 'plan-invalid' });
    const rehearsing = await execute(api, sealed, { rehearses: true });
    expect(rehearsing.verdict).toMatchObject({ result: 'refused', reasonCode: 'plan-invalid' });
    expect(targetWrites(api)).toEqual([]);
  });
});

function executorOf(name: string): KubernetesObject {
  const [job = ''] = name.split(/-[a-z0-9]{5}$/);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'kubernetes-executor',
      uid: `uid-${name}`,
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'Job', name: job, uid: 'uid-job-2', controller: true },
      ],
    },
  };
}

describe('a rehearsal in the cluster', () => {
  async function rehearse(api: FakeApi, asked = question, declaredHash = hashQuestion(asked)): Promise<Ran> {
    const lines: string[] = [];
    const { action, scope } = question;
    const envelope = { executionId: EXECUTION, question: asked, values, salt: '5a17' };
    const valuesHash = hashValues(envelope);
    const declared = { planHash: declaredHash, action, scope, valuesHash, rehearses: true } as const;
    const verdict = await settled(runRehearsal(envelope, planners, { declared, ...edges(api, lines) }));
    return { verdict, lines };
  }

  const answerIn = (api: FakeApi) => readAnswer(api.at(JOURNAL)?.metadata.annotations?.[ANNOTATION.answer]);

  it('answers with plan, permissions and dry run, and writes nothing but its journal', async () => {
    const api = cluster(secret('web', { password: OLD }));
    const ran = await rehearse(api);
    expect(ran.verdict).toMatchObject({ result: 'succeeded', reasonCode: 'planned' });
    const answer = answerIn(api);
    expect(answer?.draft).toMatchObject({ kind: 'plan', summary: 'change secret/web in shop: set password' });
    expect(answer?.permissions.every(({ allowed }) => allowed === 'yes')).toBe(true);
    expect(answer?.rehearsal?.requests).toMatchObject([
      { outcome: 'accepted', diff: [{ pointer: '/data/password', after: 'changed' }] },
    ]);
    expect(live(api)['data']).toEqual({ password: base64(OLD) });
    expect(targetWrites(api)).toEqual([]);
    expectUntold(ran, OLD, NEW);
    const written = JSON.stringify(answer);
    for (const text of [OLD, NEW]) {
      expect(written).not.toContain(text);
      expect(written).not.toContain(base64(text));
    }
  });

  it('without a right tells which, and nothing of the Secret', async () => {
    const api = cluster(secret('web', { password: OLD }));
    api.allows = ({ verb }) => verb !== 'patch';
    await rehearse(api);
    const answer = answerIn(api);
    expect(answer?.draft).toBeUndefined();
    expect(answer?.permissions.filter(({ allowed }) => allowed === 'no')).toContainEqual(
      expect.objectContaining({ permission: 'patch secrets in shop' }),
    );
  });

  it.each([
    ['another hash', question, `sha256:${'0'.repeat(64)}`, 'is not the one whose hash'],
    ['another namespace', { ...question, namespace: 'bank' }, undefined, 'about another scope'],
    ['another action', { ...question, action: 'scale-deployment' }, undefined, 'does not rehearse in a Job'],
  ])('of a question with %s is refused, and nothing is read', async (_what, asked, hash, said) => {
    const api = cluster(secret('web', { password: OLD }));
    const { verdict } = await rehearse(api, asked, hash);
    expect(verdict).toMatchObject({ result: 'refused', reasonCode: 'plan-invalid' });
    expect(verdict.message).toContain(said);
    expect(api.requests).toEqual([]);
  });
});
