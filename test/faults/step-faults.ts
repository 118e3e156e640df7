/** What a runner does to the step: a cancelled workflow, a machine that shuts down, a runner that dies. */
import type { Fault, Run } from './fault.ts';
import { ALL_STAGES } from './stages.ts';

const HOUR_MS = 3_600_000;

export const STEP_FAULTS: readonly Fault[] = [
  {
    name: 'SIGINT then SIGTERM then SIGKILL',
    kind: 'step',
    stages: ALL_STAGES,
    // The runner kills it then, and nobody learns the result.
    endsWithinSeconds: 10,
    inject: ({ running }: Run) => running.cancel(),
  },
  {
    name: 'SIGTERM',
    kind: 'step',
    stages: ALL_STAGES,
    endsWithinSeconds: 10,
    inject: async ({ running }) => running.signal('SIGTERM'),
  },
  {
    name: 'SIGKILL',
    kind: 'step',
    stages: ALL_STAGES,
    inject: async ({ running }) => running.signal('SIGKILL'),
  },
  ...[-HOUR_MS, HOUR_MS].map(
    (shift): Fault => ({
      name: `clock of the step an hour ${shift < 0 ? 'slow' : 'fast'}`,
      kind: 'step',
      stages: ['connecting'],
      env: { NODE_OPTIONS: `--import=${shiftedClock(shift)}` },
      survives: () => true,
      inject: async () => undefined,
    }),
  ),
];

/** A module that moves `Date`, which is all that the step reads of the wall clock but for the dates of certificates. */
function shiftedClock(milliseconds: number): string {
  const source = `
    const Real = Date;
    globalThis.Date = class Date extends Real {
      constructor(...given) { given.length === 0 ? super(Real.now() + ${milliseconds}) : super(...given); }
      static now() { return Real.now() + ${milliseconds}; }
    };`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
