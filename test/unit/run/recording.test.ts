import { describe, expect, it } from 'vitest';
import { ApiError, CredentialsError, NoAnswer } from '../../../src/cluster/errors.ts';
import { settle, take } from '../../../src/cluster/settle.ts';
import { REASON_CODES } from '../../../src/plan/reason-codes.ts';
import { Ended, refuse } from '../../../src/run/ending.ts';
import { endingOf } from '../../../src/run/failure.ts';
import { orCancelled } from '../../../src/run/or-cancelled.ts';
import { Recording } from '../../../src/run/recording.ts';
import { renderReport } from '../../../src/run/report.ts';
import { simulate } from '../../../src/run/simulate.ts';
import { REQUEST } from '../gates/gate-input.ts';
import { verdictOf } from './jobs.ts';

const SERVER = 'https://cluster.example:6443';
const OK = { result: 'succeeded', reasonCode: 'ok', message: 'done' } as const;
const forever = { cancelled: new AbortController().signal, deadlineMs: performance.now() + 60_000 };

describe('a record', () => {
  it('has all that was learnt, the latest of each', () => {
    const recording = new Recording('scale-deployment-1', 'run', REQUEST);
    recording.learn({ changed: true, planHash: 'sha256:1' });
    recording.learn({ planHash: 'sha256:2', environment: 'staging' });
    expect(recording.finish(OK)).toMatchObject({
      ...OK,
      executionId: 'scale-deployment-1',
      mode: 'run',
      request: REQUEST,
      namespace: 'shop',
      changed: true,
      planHash: 'sha256:2',
      environment: 'staging',
    });
  });

  it('exists whatever ended the run, and knows nothing it was not told', () => {
    const record = new Recording('x-1', 'plan', REQUEST).finish(OK);
    expect(record).toMatchObject({ changed: false, permissions: [], gates: [] });
    expect(record).not.toHaveProperty('verdict');
    expect(record.startedAt <= record.finishedAt).toBe(true);
  });

  it('has one timeline of step and executor, in order of time', () => {
    const recording = new Recording('x-1', 'run', REQUEST);
    const later = new Date(Date.now() + 60_000).toISOString();
    const timeline = [
      { at: later, event: 'lock released' },
      { at: '2001-01-01T00:00:00.000Z', event: 'locked' },
    ];
    recording.learn({ verdict: verdictOf({ timeline }) });
    recording.reach('job created');
    const record = recording.finish(OK);
    expect(record.timeline.map(({ event }) => event)).toEqual([
      'executor: locked',
      'started',
      'job created',
      'succeeded',
      'executor: lock released',
    ]);
  });
});

describe('what an exception means', () => {
  it.each([
    ['an ending', new Ended(refuse('locked', 'busy')), 'refused', 'locked', 'busy'],
    ['no answer', new NoAnswer('connection refused'), 'failed', 'cluster-unreachable', 'connection refused'],
    ['a failing server', new ApiError(503, 'sick'), 'failed', 'cluster-unreachable', 'sick'],
    ['an overloaded server', new ApiError(429, 'busy'), 'failed', 'cluster-unreachable', 'busy'],
    ['401', new ApiError(401, { message: 'Unauthorized' }), 'failed', 'credentials-invalid', 'Unauthorized'],
    [
      'credentials',
      new CredentialsError('aws: not found'),
      'failed',
      'credentials-invalid',
      'aws: not found',
    ],
    [
      '403',
      new ApiError(403, { message: 'nodes is forbidden' }),
      'refused',
      'permission-missing',
      'nodes is',
    ],
    [
      'a page of something else',
      new ApiError(404, '<html>\n<h1>nginx</h1>\n</html>\n'),
      'failed',
      'cluster-unreachable',
      'answered HTTP 404: <html> <h1>nginx</h1> </html>. Is https://',
    ],
    [
      'a sign-in page in place of an object',
      new ApiError(200, 'the answer is no Kubernetes object: "<html>"'),
      'failed',
      'cluster-unreachable',
      'answered HTTP 200: the answer is no Kubernetes object',
    ],
    [
      'a refusal that no stage expects',
      new ApiError(409, { kind: 'Status', message: 'jobs "x" already exists' }),
      'failed',
      'internal-error',
      'answered HTTP 409: jobs "x" already exists',
    ],
    ['a bug', new TypeError('x is not a function'), 'failed', 'internal-error', 'x is not a function'],
    ['what is no error', 'text', 'failed', 'internal-error', 'text'],
  ])('%s', (...[, error, result, reasonCode, text]) => {
    const ending = endingOf(error, SERVER);
    expect([ending.result, ending.reasonCode]).toEqual([result, reasonCode]);
    expect(ending.message).toContain(text);
    expect(Object.keys(REASON_CODES)).toContain(ending.reasonCode);
  });

  it('names the server where it is that', () => {
    expect(endingOf(new NoAnswer('reset'), SERVER).message).toContain(SERVER);
    expect(endingOf(new ApiError(401, ''), SERVER).message).toContain(SERVER);
  });
});

describe('orCancelled', () => {
  it('gives what the stage gives, or throws what it throws', async () => {
    expect(await orCancelled(Promise.resolve(7), forever)).toBe(7);
    await expect(orCancelled(Promise.reject(new Error('bad')), forever)).rejects.toThrow('bad');
  });

  it('ends a stage that hangs where the run is or gets cancelled', async () => {
    const cancel = new AbortController();
    const hang = (): Promise<unknown> =>
      orCancelled(new Promise(() => {}), { ...forever, cancelled: cancel.signal });
    const hanging = hang();
    cancel.abort();
    for (const stage of [hanging, hang()]) {
      await expect(stage).rejects.toMatchObject({ ending: { result: 'cancelled', reasonCode: 'cancelled' } });
    }
  });

  it('ends a stage that hangs at the end of the time of the run', async () => {
    const hanging = orCancelled(new Promise(() => {}), { ...forever, deadlineMs: performance.now() + 1 });
    await expect(hanging).rejects.toMatchObject({ ending: { result: 'timed-out', reasonCode: 'timeout' } });
  });
});

describe('settle and take', () => {
  it('hold back a failure until it is its turn', async () => {
    expect(take(await settle(Promise.resolve('value')))).toBe('value');
    const failed = await settle(Promise.reject(new Error('later')));
    expect(failed.value).toBeUndefined();
    expect(() => take(failed)).toThrow('later');
    expect(() => take({ error: 'no error' })).toThrow('no error');
  });
});

describe('simulate', () => {
  it('contacts nobody, and says so', () => {
    const record = simulate(REQUEST);
    expect(record).toMatchObject({ result: 'simulated', reasonCode: 'simulated', mode: 'simulate' });
    expect(record.message).toContain('scale-deployment on deployment/web in shop');
    expect(record.message).toContain('No cluster was contacted');
    expect(record).not.toHaveProperty('plan');
  });

  it('invents no namespace where none is named, and no environment', () => {
    const { namespace: _namespace, ...request } = REQUEST;
    const record = simulate(request);
    expect(record.message).toContain("scale-deployment on deployment/web in the context's namespace: ");
    expect(record.namespace).toBe('');
    const { spec, status } = renderReport(record);
    expect(spec.action.target?.namespace).toBeUndefined();
    expect(status.environment).toBe('unknown');
  });
});
