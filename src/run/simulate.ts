/** What can be said without a cluster: the request is sound, and what it would need. */
import { type ExecutionRequest, sayTarget } from '../spec/request.ts';
import type { RunRecord } from './record.ts';
import { Recording } from './recording.ts';

export function simulate(request: ExecutionRequest): RunRecord {
  const recording = new Recording('simulated', 'simulate', request);
  const what = `${request.action.name} on ${sayTarget(request)}${placeOf(request)}`;
  return recording.finish({
    result: 'simulated',
    reasonCode: 'simulated',
    message: `${what}: the request is sound. No cluster was contacted, so nothing is known about the target, rights or effect.`,
  });
}

/** Which namespace the credentials have is not known: they may be missing. */
function placeOf({ action, namespace }: ExecutionRequest): string {
  if (action.scope === 'cluster') return '';
  return ` in ${namespace ?? "the context's namespace"}`;
}
