/** How a stage ends the run before its usual end: expected, hence a value. */
import type { ReasonCode } from '../plan/reason-codes.ts';
import type { Result } from './record.ts';

export interface Ending {
  readonly result: Result;
  readonly reasonCode: ReasonCode;
  /** What failed, on which object, what the cluster said, what to do. */
  readonly message: string;
}

export function refuse(reasonCode: ReasonCode, message: string): Ending {
  return { result: 'refused', reasonCode, message };
}

/** Thrown from deep inside a stage and caught by the run; what any other error becomes is in `failure.ts`. */
export class Ended extends Error {
  override readonly name = 'Ended';
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(ending.message);
    this.ending = ending;
  }
}
