/** Many executions at the same time, each on a Deployment of its own. */
import type { Administrator } from './administrator.ts';
import { openActionPlace, type Place } from './place.ts';
import { say, summarise } from './statistics.ts';
import { awaitStep, prepareStep, type StartedStep, type StepRun, scaleInputs } from './step.ts';
import { heldRow, type Row, type Section } from './table.ts';

interface Crowd {
  readonly count: number;
  readonly milliseconds: number;
  readonly runs: readonly StepRun[];
  readonly faults: readonly string[];
}

export async function measureAtOnce(admin: Administrator, counts: readonly number[]): Promise<Section> {
  const crowds: Crowd[] = [];
  for (const count of counts) crowds.push(await measureCrowd(admin, count));
  const alone = crowds[0]?.milliseconds ?? Number.NaN;
  return { title: 'At once', rows: crowds.flatMap((crowd) => rowsOf(crowd, alone)) };
}

/** The executor's pods, and one more pod of each Deployment. */
async function measureCrowd(admin: Administrator, count: number): Promise<Crowd> {
  await using place = await openActionPlace(admin);
  const names = Array.from({ length: count }, (_, index) => `web-${index + 1}`);
  await place.deploy(names, 0);
  const starts = names.map((name) => prepareOne(place, name));
  const begun = performance.now();
  const settled = await Promise.allSettled(starts.map((start) => awaitStep(start())));
  const milliseconds = performance.now() - begun;
  const runs = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const faults = settled.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
  for (const name of names) await place.untilAtRest(name, 1);
  return { count, milliseconds, runs, faults };
}

/** A crowd on a small machine takes its time; that is no fault. */
function prepareOne(place: Place, name: string): () => StartedStep {
  const inputs = scaleInputs(place.kubeconfig, place.namespace, name, 1);
  const patience = {
    timeout: '30m',
    'schedule-timeout': '10m',
    'run-timeout': '20m',
    'verify-timeout': '10m',
  };
  return prepareStep({ ...inputs, ...patience });
}

function rowsOf({ count, milliseconds, runs, faults }: Crowd, alone: number): readonly Row[] {
  const seconds = (milliseconds / 1000).toFixed(1);
  const slowest = Math.max(...runs.map((run) => run.milliseconds)) / 1000;
  const quickest = Math.min(...runs.map((run) => run.milliseconds)) / 1000;
  const memory = runs.flatMap(({ megabytes }) => megabytes ?? []);
  const ratio = `${(milliseconds / alone).toFixed(2)} × one, in ${seconds} s`;
  const right = `${runs.length} of ${count} succeeded`;
  const first = faults[0] === undefined ? '' : `; ${faults[0]}`;
  const spread = `the first after ${quickest.toFixed(1)} s, the last after ${slowest.toFixed(1)} s${first}`;
  const whole: Row = {
    what: `${count} at once`,
    measured: `${right}; ${ratio}`,
    target: 'all',
    holds: runs.length === count,
    detail: spread,
  };
  if (memory.length === 0) return [whole];
  const most = Math.max(...memory);
  const measured = `${say(summarise(memory), 0)} MB, ${most.toFixed(0)} MB at most`;
  return [
    whole,
    heldRow({ what: `${count} at once: memory of each`, measured, detail: 'VmHWM' }, most, 120, ' MB'),
  ];
}
