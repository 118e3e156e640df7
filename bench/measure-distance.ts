/** The same change over a long line: milliseconds become round trips, of which the stages before the Job have so many. */
import type { Administrator } from './administrator.ts';
import { openLongLine } from './long-line.ts';
import { kubeconfigOf, openActionPlace, openScriptPlace, type Place } from './place.ts';
import { openScripting } from './script.ts';
import { type Distribution, say, sayMilliseconds, summarise, summariseRatios } from './statistics.ts';
import { momentOf, runStep, type StepRun, scaleInputs } from './step.ts';
import type { Row, Section } from './table.ts';

const NAME = 'web';
const ROUND_TRIP_MS = 100;

const STAGES = ['started', 'connected', 'observed', 'rehearsed', 'job created'] as const;

export async function measureDistance(admin: Administrator, repetitions: number): Promise<Section> {
  await using line = await openLongLine(admin.cluster.server, ROUND_TRIP_MS);
  await using ours = await openActionPlace(admin);
  await using theirs = await openScriptPlace(admin);
  await Promise.all([ours.deploy([NAME], 1), theirs.deploy([NAME], 1)]);
  const through = (place: Place): string =>
    kubeconfigOf(
      { ...admin.cluster, server: line.url, serverName: 'kubernetes' },
      place.namespace,
      place.token,
    );
  using scripting = openScripting(through(theirs), admin.serverVersion);
  const runs: StepRun[] = [];
  const scripts: number[] = [];
  for (let count = 0; count < repetitions; count++) {
    const replicas = count % 2 === 0 ? 2 : 1;
    runs.push(await runStep(scaleInputs(through(ours), ours.namespace, NAME, replicas)));
    await ours.untilAtRest(NAME, replicas);
    scripts.push(await scripting.scale({ name: NAME, replicas, waits: false }));
    await theirs.untilAtRest(NAME, replicas);
  }
  const title = `Over a line with a round trip of ${ROUND_TRIP_MS} ms`;
  return { title, rows: [wholeRow(runs, scripts), ...stageRows(runs)] };
}

function wholeRow(runs: readonly StepRun[], scripts: readonly number[]): Row {
  const ours = runs.map(({ milliseconds }) => milliseconds);
  const detail = `${sayMilliseconds(summarise(ours))} against ${sayMilliseconds(summarise(scripts))}`;
  return {
    what: 'a whole execution, against the script',
    measured: say(summariseRatios(ours, scripts)),
    detail,
  };
}

function stageRows(runs: readonly StepRun[]): readonly Row[] {
  return STAGES.slice(1).map((stage, index) => {
    const before = STAGES[index] ?? 'started';
    const taken = summarise(runs.map((run) => momentOf(run, stage) - momentOf(run, before)));
    return { what: `— ${before} → ${stage}`, measured: sayRoundTrips(taken), detail: sayMilliseconds(taken) };
  });
}

function sayRoundTrips({ median }: Distribution): string {
  return `${(median / ROUND_TRIP_MS).toFixed(1)} round trips`;
}
