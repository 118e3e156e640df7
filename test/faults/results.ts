/** What came out of each run, in a file that grows over several invocations. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Attempt } from './attempt.ts';
import type { Fault } from './fault.ts';
import type { Moment } from './stages.ts';

export interface Result {
  readonly kind: Fault['kind'];
  readonly fault: string;
  readonly moment: Moment;
  readonly scenario: string;
  readonly result: string;
  readonly reasonCode: string;
  /** How many things were wrong. */
  readonly wrong: number;
}

export interface Results {
  add(attempt: Attempt): void;
  all(): readonly Result[];
}

/** Kept in memory alone where the file has no name. */
export function openResults(file: string): Results {
  const known = file !== '' && existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const all = known.filter((line) => line !== '').map((line) => JSON.parse(line) as Result);
  return {
    add: ({ asked, moment, result, reasonCode, wrong }) => {
      const { kind, name: fault } = asked.fault;
      const scenario = asked.scenario.name;
      const added = { kind, fault, moment, scenario, result, reasonCode, wrong: wrong.length };
      all.push(added);
      if (file !== '') appendFileSync(file, `${JSON.stringify(added)}\n`);
    },
    all: () => all,
  };
}
