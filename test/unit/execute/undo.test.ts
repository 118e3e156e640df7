import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deployment } from '../catalog/cluster-objects.ts';
import { holdClock, releaseClock } from './clock.ts';
import { playDeployments, scalePlan } from './executions.ts';
import { cluster, run } from './running.ts';

beforeEach(holdClock);
afterEach(releaseClock);

describe('the undo of an execution', () => {
  it('has nothing left to undo where somebody has put it back first', async () => {
    const api = cluster(deployment());
    playDeployments(api);
    const { onWrite } = api;
    api.onWrite = (request) => {
      api.change(deployment(), { spec: { replicas: 2 } });
      onWrite(request);
    };
    expect(await run(scalePlan(5), api)).toMatchObject({
      result: 'rolled-back',
      reasonCode: 'conflict',
      undo: { requests: [{ outcome: 'not-applied' }], checks: [{ met: true }, { met: true }] },
    });
  });
});
