/** What has been done so far; the body of the verdict, also when the rest goes wrong. */
import type { CheckVerdict, Milestone, RequestVerdict, Verdict } from '../plan/verdict.ts';

type Recorded = Pick<Verdict, 'requests' | 'checks' | 'undo' | 'timeline'>;

export class Progress {
  readonly print: (text: string) => void;
  readonly #timeline: Milestone[] = [];
  readonly #requests: RequestVerdict[] = [];
  readonly #undone: RequestVerdict[] = [];
  #checks: readonly CheckVerdict[] = [];
  #undoChecks: readonly CheckVerdict[] | undefined;

  constructor(print: (text: string) => void) {
    this.print = print;
  }

  reach(event: string): void {
    this.#timeline.push({ at: new Date().toISOString(), event });
  }

  sent(verdict: RequestVerdict): void {
    this.#requests.push(verdict);
    this.#tell(verdict);
  }

  verified(checks: readonly CheckVerdict[]): void {
    this.#checks = checks;
  }

  undoSent(verdict: RequestVerdict): void {
    this.#undoChecks ??= [];
    this.#undone.push(verdict);
    this.#tell(verdict);
  }

  undoVerified(checks: readonly CheckVerdict[]): void {
    this.#undoChecks = checks;
  }

  requests(): readonly RequestVerdict[] {
    return this.#requests;
  }

  record(): Recorded {
    return {
      requests: this.#requests,
      checks: this.#checks,
      ...(this.#undoChecks === undefined
        ? {}
        : { undo: { requests: this.#undone, checks: this.#undoChecks } }),
      timeline: this.#timeline,
    };
  }

  #tell({ summary, outcome, status, message }: RequestVerdict): void {
    this.reach(`${summary}: ${outcome}`);
    const answer = [status === undefined ? '' : `HTTP ${status}`, message ?? '']
      .filter((part) => part !== '')
      .join(', ');
    this.print(answer === '' ? `${summary}: ${outcome}` : `${summary}: ${outcome} (${answer})`);
  }
}
