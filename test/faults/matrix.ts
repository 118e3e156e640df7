/** Every fault at every stage, again and again: side by side where they don't disturb each other. */
import { allowKinds } from '../e2e/harness/manifests.ts';
import { ACTIONS, openSite, type Site } from '../e2e/harness/site.ts';
import { type Attempt, type Ground, makeAttempt, reachMoment, strikeAlone } from './attempt.ts';
import type { Fault } from './fault.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import type { Stage } from './stages.ts';

export interface Cell {
  readonly fault: Fault;
  readonly stage: Stage;
}

export interface Matrix {
  readonly ground: Pick<Ground, 'eyes' | 'certificate'>;
  readonly rounds: number;
  readonly lanes: number;
  readonly say: (line: string) => void;
  readonly record: (attempt: Attempt) => void;
}

/** `only` names faults, kinds of them, or a fault and a stage: `SIGKILL/launching`; empty for all. */
export function chooseCells(faults: readonly Fault[], only: readonly string[]): readonly Cell[] {
  const cells = faults.flatMap((fault) => fault.stages.map((stage) => ({ fault, stage })));
  const named = (part: string) =>
    cells.filter(({ fault, stage }) => [fault.kind, fault.name, `${fault.name}/${stage}`].includes(part));
  const unknown = only.filter((part) => named(part).length === 0);
  if (unknown.length > 0)
    throw new Error(
      `no such fault: ${unknown.join(', ')}; there are ${faults.map(({ name }) => name).join(', ')}`,
    );
  return only.length === 0 ? cells : [...new Set(only.flatMap(named))];
}

export async function runMatrix(cells: readonly Cell[], matrix: Matrix): Promise<void> {
  await allowKinds();
  const actions = [...ACTIONS, 'apply-manifest'];
  const sites = await Promise.all(Array.from({ length: matrix.lanes }, () => openSite(actions)));
  const isShared = ({ fault }: Cell) => fault.kind === 'cluster';
  for (let round = 0; round < matrix.rounds; round += 1) {
    const queue = cells.filter((cell) => !isShared(cell));
    await Promise.all(
      sites.map(async (site) => {
        for (let cell = queue.shift(); cell; cell = queue.shift())
          await attempt(cell, site, matrix, {
            ...matrix.ground,
            begin: async () => undefined,
            strike: strikeAlone,
          });
      }),
    );
    for (const cell of cells.filter(isShared)) {
      const ground = { ...matrix.ground, begin: openBarrier(sites.length), strike: strikeTogether() };
      await Promise.all(sites.map((site) => attempt(cell, site, matrix, ground)));
    }
  }
  for (const site of sites) await site.close();
}

let number = 0;

async function attempt(cell: Cell, site: Site, { say, record }: Matrix, ground: Ground): Promise<void> {
  const own = ++number;
  const target = { namespace: site.namespace, name: `web-${own}` };
  const scenario = chooseScenario(cell);
  const about = `#${own} ${cell.fault.name} / ${cell.stage} (${scenario.name})`;
  try {
    const made = await makeAttempt({ ...cell, scenario, target }, ground);
    const end = `${made.moment}: ${made.result}/${made.reasonCode} in ${made.seconds.toFixed(1)} s`;
    say(`${made.wrong.length === 0 ? 'right' : 'WRONG'}: ${about}: ${end}`);
    record(made);
    if (made.wrong.length > 0 || process.env['FAULTS_VERBOSE'])
      console.log(
        [...made.wrong.map((text) => `  !! ${text}`), ...made.story.map((line) => `  | ${line}`)].join('\n'),
      );
  } catch (error) {
    say(`NOT RUN: ${about}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** Only a change in vain comes to its undo. */
function chooseScenario({ stage }: Cell): Scenario {
  const inVain = stage === 'undoing';
  const fitting = SCENARIOS.filter(({ result }) => (result === 'rolled-back') === inVain);
  const chosen = fitting[Math.floor(Math.random() * fitting.length)];
  if (chosen === undefined) throw new Error('there is no scenario');
  return chosen;
}

/** Resolves when so many have come. */
function openBarrier(count: number): () => Promise<void> {
  const all = Promise.withResolvers<void>();
  let missing = count;
  return () => {
    missing -= 1;
    if (missing === 0) all.resolve();
    return all.promise;
  };
}

/** The first execution to come to the stage has the fault injected; the others suffer it where they are. */
function strikeTogether(): Ground['strike'] {
  const struck = Promise.withResolvers<void>();
  let fault: Promise<void> | undefined;
  return async ({ inject }, run, stage) => {
    await Promise.race([reachMoment(run, stage), struck.promise]);
    const moment = run.tracker.now();
    if (fault === undefined && moment !== 'ended') {
      fault = inject(run);
      struck.resolve();
    }
    await fault;
    return moment;
  };
}
