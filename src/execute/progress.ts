/** What has been done so far; the body of the verdict, also when the rest goes wrong. */
import type { CheckVerdict, Milestone, RequestVerdict, Verdict } from '../plan/verdict.ts';

type Recorded = Pick<Verdict, 'requests' | 'checks' | 'undo' | 'timeline' | 'logLines'>;

export class Progress {
  readonly #printLine: (line: string) => void;
  #lines = 0;
  readonly #timeline: Milestone[] = [];
  readonly #requests: RequestVerdict[] = [];
  readonly #undone: RequestVerdict[] = [];
  #checks: readonly CheckVerdict[] = [];
  #undoChecks: readonly CheckVerdict[] | undefined;

  constructor(printLine: (line: string) => void) {
    this.#printLine = printLine;
  }

  /** Bound, so that it can be handed on. A text of several lines counts as several. */
  readonly print = (text: string): void => {
    for (const line of text.split(/\r?\n|\r/)) {
      this.#printLine(line);
      this.#lines += 1;
    }
  };

  reach(event: string): void {
    this.#timeline.push({ at: new Date().toISOString(), event });
  }

  sent(verdict: RequestVerdict): void {
    this.#requests.push(verdict);
    this.#tell(verdict);
  }

  /** Says at once what became of one of several; `settled` records them. */
  heard(verdict: RequestVerdict): void {
    this.#tell(verdict);
  }

  /** In the plan's order, whichever came first. */
  settled(verdicts: readonly RequestVerdict[]): void {
    this.#requests.push(...verdicts);
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
      logLines: this.#lines,
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
