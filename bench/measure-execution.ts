/** A whole execution against the script, and within it: how soon the result is known, and the stages before the Job. */
import type { V1Pod } from '@kubernetes/client-node';
import { EXECUTOR_NAMESPACE, LABEL } from '../src/plan/names.ts';
import type { Administrator } from './administrator.ts';
import { openActionPlace, openScriptPlace, type Place } from './place.ts';
import { openScripting, type Scripting } from './script.ts';
import { type Distribution, say, sayMilliseconds, summarise, summariseRatios } from './statistics.ts';
import { momentOf, runStep, type StepRun, scaleInputs } from './step.ts';
import { heldRow, type Row, type Section } from './table.ts';

const NAME = 'web';
const FEW = 1;
const MANY = 2;

interface Executed extends StepRun {
  /** When a watch of the administrator's had the container's terminated state. */
  readonly terminatedAtMs: number;
}

interface Round {
  readonly action: Executed;
  readonly script: number;
  readonly waitingScript: number;
}

interface Places {
  readonly admin: Administrator;
  readonly ours: Place;
  readonly theirs: Place;
  readonly scripting: Scripting;
}

/** Up and down by one replica, action and scripts in turn. */
export async function measureExecution(
  admin: Administrator,
  repetitions: number,
): Promise<readonly Section[]> {
  await using ours = await openActionPlace(admin);
  await using theirs = await openScriptPlace(admin);
  using scripting = openScripting(theirs.kubeconfig, admin.serverVersion);
  await Promise.all([ours.deploy([NAME], FEW), theirs.deploy([NAME], FEW)]);
  const places = { admin, ours, theirs, scripting };
  await runRound(places, MANY);
  await runRound(places, FEW);
  const up: Round[] = [];
  const down: Round[] = [];
  for (let count = 0; count < repetitions; count++) {
    up.push(await runRound(places, MANY));
    down.push(await runRound(places, FEW));
  }
  return [
    { title: 'A whole execution', rows: [...wholeRows('up', up), ...wholeRows('down', down)] },
    { title: 'The result', rows: [...resultRows('up', up), ...resultRows('down', down)] },
    { title: 'Before the Job', rows: stageRows([...up, ...down].map(({ action }) => action)) },
  ];
}

/** The scripts scale back in between, so that all three make the same change. */
async function runRound({ admin, ours, theirs, scripting }: Places, replicas: number): Promise<Round> {
  const action = await execute(admin, ours, replicas);
  await ours.untilAtRest(NAME, replicas);
  const script = await scripting.scale({ name: NAME, replicas, waits: false });
  await theirs.untilAtRest(NAME, replicas);
  const before = replicas === FEW ? MANY : FEW;
  await admin.kubectl('scale', '-n', theirs.namespace, `deployment/${NAME}`, `--replicas=${before}`);
  await theirs.untilAtRest(NAME, before);
  const waitingScript = await scripting.scale({ name: NAME, replicas, waits: true });
  await theirs.untilAtRest(NAME, replicas);
  return { action, script, waitingScript };
}

async function execute(admin: Administrator, place: Place, replicas: number): Promise<Executed> {
  const terminated = untilTerminated(admin, place.namespace);
  const run = await runStep(scaleInputs(place.kubeconfig, place.namespace, NAME, replicas));
  return { ...run, terminatedAtMs: await terminated };
}

/** Of the next executor that acts in this namespace; those of earlier rounds are there already. */
async function untilTerminated(admin: Administrator, namespace: string): Promise<number> {
  const query = `labelSelector=${encodeURIComponent(`${LABEL.namespace}=${namespace}`)}`;
  const pods = { path: `/api/v1/namespaces/${EXECUTOR_NAMESPACE}/pods`, query };
  let before: number | undefined;
  await admin.until<V1Pod>(pods, (all) => {
    const ended = all.filter(({ status }) => status?.containerStatuses?.[0]?.state?.terminated).length;
    before ??= ended;
    return ended > before;
  });
  return Date.now();
}

function wholeRows(direction: string, rounds: readonly Round[]): readonly Row[] {
  const ours = rounds.map(({ action }) => action.milliseconds);
  const against = (name: string, theirs: readonly number[]): Row => {
    const ratio = summariseRatios(ours, theirs);
    const detail = `${sayMilliseconds(summarise(ours))} against ${sayMilliseconds(summarise(theirs))}`;
    return heldRow(
      { what: `scale ${direction} by one, against ${name}`, measured: say(ratio), detail },
      ratio.median,
      0.7,
    );
  };
  return [
    against(
      'the script',
      rounds.map(({ script }) => script),
    ),
    against(
      'the script with `rollout status`',
      rounds.map(({ waitingScript }) => waitingScript),
    ),
  ];
}

function resultRows(direction: string, rounds: readonly Round[]): readonly Row[] {
  const runs = rounds.map(({ action }) => action);
  const known = runs.map((run) => momentOf(run, 'succeeded') - momentOf(run, 'job created'));
  const visible = runs.map((run) => run.terminatedAtMs - momentOf(run, 'job created'));
  const ratio = summariseRatios(known, visible);
  const detail = `${sayMilliseconds(summarise(known))} against ${sayMilliseconds(summarise(visible))}, from the Job's creation; with the whole log read`;
  const what = `scale ${direction} by one: result known, against the container's end being visible`;
  const lags = runs.map((run) => momentOf(run, 'succeeded') - momentOf(run, 'executor: verdict: succeeded'));
  const lag = summarise(lags);
  const told = { what: `scale ${direction} by one: from the executor's verdict to the step's result` };
  return [
    heldRow({ what, measured: say(ratio), detail }, ratio.median, 0.8),
    heldRow({ ...told, measured: sayMilliseconds(lag), detail: '' }, lag.median, 1000, ' ms'),
  ];
}

function stageRows(runs: readonly StepRun[]): readonly Row[] {
  const between = (from: (run: StepRun) => number, to: string): Distribution =>
    summarise(runs.map((run) => momentOf(run, to) - from(run)));
  const started = (run: StepRun): number => run.startedAtMs;
  const opened = (run: StepRun): number => momentOf(run, 'started');
  const row = (what: string, taken: Distribution, limit: number, detail: string): Row =>
    heldRow({ what, measured: sayMilliseconds(taken), detail }, taken.median, limit, ' ms');
  const memory = runs.flatMap(({ megabytesUntilJob }) => megabytesUntilJob ?? []);
  return [
    row(
      'permissions checked',
      between(opened, 'observed'),
      500,
      'from the first request; identity, tokens, both sets of access reviews, and the target read',
    ),
    row('all gates passed', between(opened, 'rehearsed'), 3000, 'the rehearsal included'),
    row('Job created', between(started, 'job created'), 5000, 'from the start of the process'),
    ...(memory.length === 0 ? [] : [memoryRow(summarise(memory))]),
  ];
}

function memoryRow(memory: Distribution): Row {
  return heldRow(
    { what: 'memory until the Job runs', measured: `${say(memory, 0)} MB`, detail: 'VmHWM' },
    memory.median,
    100,
    ' MB',
  );
}
