/** Plans that refer to values of a Secret, over the fake: what is kept, sent, undone, and told of it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planners } from '../../../src/catalog/planners.ts';
import { updateSecret } from '../../../src/catalog/update-secret.ts';
import { runExecutor } from '../../../src/execute/run-executor.ts';
import { runRehearsal } from '../../../src/execute/run-rehearsal.ts';
import { ANNOTATION } from '../../../src/plan/names.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { Envelope, Plan } from '../../../src/plan/plan.ts';
import { nameValues } from '../../../src/plan/secret-values.ts';
import type { Verdict } from '../../../src/plan/verdict.ts';
import { hashQuestion, type JobQuestion, readAnswer } from '../../../src/rehearse/question.ts';
import { AT } from '../catalog/asking.ts';
import { secret } from '../catalog/cluster-objects.ts';
import { holdClock, releaseClock, settled } from './clock.ts';
import { declaredOf, EXECUTION, IDENTITY, JOURNAL, planOf } from './executions.ts';
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

async function execute(api: FakeApi, envelope: Envelope, rollsBack?: string): Promise<Ran> {
  const lines: string[] = [];
  const undo = rollsBack === undefined ? {} : { rollsBack };
  const declared = { ...declaredOf(envelope.plan), ...undo };
  const verdict = await settled(runExecutor(envelope, { declared, ...edges(api, lines) }));
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

describe('a plan that refers to values', () => {
  it('is carried out with them, and what was there before is kept first', async () => {
    const api = cluster(secret('web', { password: OLD }));
    const ran = await execute(api, { executionId: EXECUTION, plan: planIn(api), values });
    expect(ran.verdict).toMatchObject({ result: 'succeeded', reasonCode: 'ok' });
    expect(live(api)['data']).toEqual({ password: base64(NEW) });
    const kept = api.at(KEPT);
    expect(kept).toMatchObject({ immutable: true, metadata: { ownerReferences: [{ name: EXECUTION }] } });
    const [first, second] = api.writes.filter((write) => write.includes('/secrets'));
    expect([first, second]).toEqual([
      expect.stringContaining('kubernetes-executor/secrets'),
      expect.stringContaining('shop/secrets/web'),
    ]);
    expectUntold(ran, OLD, NEW);
  });

  it('is undone from what was kept', async () => {
    const api = cluster(secret('web', { password: OLD }));
    await execute(api, { executionId: EXECUTION, plan: planIn(api), values });
    const text = (api.at(KEPT)?.['stringData'] as Record<string, string>)['plan.json'] ?? '';
    const kept: Envelope = JSON.parse(text);
    // The rollback has a Job of its own, and so a journal.
    const other = { ...IDENTITY, podName: 'update-secret-1111111111-abcde' };
    const lines: string[] = [];
    const declared = { ...declaredOf(kept.plan), rollsBack: EXECUTION };
    api.put({ ...executorOf(other.podName) });
    const rollback = runExecutor(kept, {
      declared,
      ...edges(api, lines),
      identity: { ...other, podUid: `uid-${other.podName}` },
    });
    const verdict = await settled(rollback);
    expect(verdict).toMatchObject({ result: 'succeeded', reasonCode: 'ok' });
    expect(live(api)['data']).toEqual({ password: base64(OLD) });
    expectUntold({ verdict, lines }, OLD, NEW);
  });

  it('sends nothing where the Secret was written since, or its undo can not be kept', async () => {
    const api = cluster(secret('web', { password: OLD }));
    const plan = planIn(api);
    api.put({ ...live(api), data: { password: base64('a-third-password') } });
    const stale = await execute(api, { executionId: EXECUTION, plan, values });
    expect(stale.verdict).toMatchObject({ result: 'failed', reasonCode: 'conflict', requests: [] });
    expect(stale.verdict.message).toContain(
      'secret/web was changed since the plan was made; nothing was sent',
    );
    expect(targetWrites(api)).toEqual([]);

    const forbidding = cluster(secret('web', { password: OLD }));
    const message = `policy says: no ${OLD} here`;
    forbidding.answer(on('POST', '/secrets'), { status: 403, message }, 9);
    const refused = await execute(forbidding, { executionId: EXECUTION, plan: planIn(forbidding), values });
    expect(refused.verdict).toMatchObject({ result: 'failed', reasonCode: 'request-refused' });
    expect(refused.verdict.message).toContain('could not be kept');
    expect(targetWrites(forbidding)).toEqual([]);
    expectUntold(refused, OLD, NEW);
  });

  it('tells what the server says without the values that it repeats', async () => {
    const api = cluster(secret('web', { password: OLD }));
    const message = `webhook: ${base64(NEW)} is ${NEW}, and ${OLD} was better`;
    api.answer(on('PATCH', '/secrets/web'), { status: 403, message }, 9);
    const ran = await execute(api, { executionId: EXECUTION, plan: planIn(api), values });
    expect(ran.verdict.message).toContain('webhook: *** is ***, and *** was better');
    expectUntold(ran, OLD, NEW);
  });

  it('that would put a value elsewhere is refused', async () => {
    const api = cluster(secret('web', { password: OLD }));
    const plan = planIn(api);
    const stolen = { ...plan, notes: [{ $value: 'before/password' } as unknown as string] };
    const ran = await execute(api, { executionId: EXECUTION, plan: stolen, values });
    expect(ran.verdict).toMatchObject({ result: 'refused', reasonCode: 'plan-invalid' });
    expect(targetWrites(api)).toEqual([]);
    expectUntold(ran, OLD, NEW);
  });

  it('about a Secret of another namespace than the Job declares is refused before anything is read', async () => {
    const api = cluster(secret('web', { password: OLD }));
    const plan = planIn(api);
    if (!plan.secret) throw new Error('it is about a Secret');
    const object = { ...plan.secret.object, namespace: 'bank' };
    const ran = await execute(api, {
      executionId: EXECUTION,
      plan: { ...plan, secret: { ...plan.secret, object } },
      values,
    });
    expect(ran.verdict.message).toContain('the Secret that it is about is not for namespace shop');
    expect(api.requests.filter(({ path }) => path.includes('/secrets'))).toEqual([]);
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

  async function rehearse(api: FakeApi, asked = question, declaredHash = hashQuestion(asked)): Promise<Ran> {
    const lines: string[] = [];
    const { action, scope } = question;
    const declared = { planHash: declaredHash, action, scope, rehearses: true } as const;
    const envelope = { executionId: EXECUTION, question: asked, values };
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
