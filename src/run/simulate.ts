/** What can be said without a cluster: the request is sound, and what it would need. */
import { type ExecutionRequest, sayTarget } from '../spec/request.ts';
import type { RunRecord } from './record.ts';
import { Recording } from './recording.ts';

export function simulate(request: ExecutionRequest): RunRecord {
  const recording = new Recording('simulated', 'simulate', request);
  const namespace = request.action.scope === 'cluster' ? '' : (request.namespace ?? 'default');
  recording.learn({ namespace });
  const where = namespace === '' ? '' : ` in ${namespace}`;
  const what = `${request.action.name} on ${sayTarget(request)}${where}`;
  return recording.finish({
    result: 'simulated',
    reasonCode: 'simulated',
    message: `${what}: the request is sound. No cluster was contacted, so nothing is known about the target, rights or effect.`,
  });
}
