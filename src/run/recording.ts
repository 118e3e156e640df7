/** Gathers a record while the run goes on, so that whatever ends it finds all that is known by then. */
import type { Milestone } from '../plan/verdict.ts';
import type { ExecutionRequest, Mode } from '../spec/request.ts';
import type { Ending } from './ending.ts';
import type { EarlierAttempt, RunRecord } from './record.ts';

type Known = Omit<
  RunRecord,
  'executionId' | 'mode' | 'request' | 'startedAt' | 'finishedAt' | 'timeline' | 'attempts' | keyof Ending
>;

export class Recording {
  readonly startedAt = new Date().toISOString();
  readonly #mode: Mode;
  readonly #request: ExecutionRequest;
  readonly #timeline: Milestone[] = [];
  readonly #attempts: EarlierAttempt[] = [];
  #executionId: string;
  #begunAt: string;
  #known: Known;

  constructor(executionId: string, mode: Mode, request: ExecutionRequest) {
    this.#executionId = executionId;
    this.#begunAt = this.startedAt;
    this.#mode = mode;
    this.#request = request;
    this.#known = { namespace: request.namespace ?? '', changed: false, permissions: [], gates: [] };
    this.reach('started');
  }

  /** Of the attempt that is under way. */
  get executionId(): string {
    return this.#executionId;
  }

  /** Counted from 1. */
  get attempt(): number {
    return this.#attempts.length + 1;
  }

  get known(): Known {
    return this.#known;
  }

  /** Adds to what is known; later values replace earlier ones. */
  learn(more: Partial<Known>): void {
    this.#known = { ...this.#known, ...more };
  }

  /** Of a Job that was announced and then never created. */
  forgetJob(): void {
    const { job: _job, ...rest } = this.#known;
    this.#known = rest;
  }

  /** Closes the attempt that is under way, and begins another one under this name. */
  beginAgain(executionId: string, { result, reasonCode, message }: Ending): void {
    const { job, log, verdict: _verdict, ...lasting } = this.#known;
    const endedAt = new Date().toISOString();
    this.#attempts.push({
      executionId: this.#executionId,
      begunAt: this.#begunAt,
      endedAt,
      result,
      reasonCode,
      message,
      ...(job?.disruption === undefined ? {} : { disruption: job.disruption }),
      ...(log === undefined ? {} : { log }),
    });
    this.#known = lasting;
    this.#executionId = executionId;
    this.#begunAt = endedAt;
    this.reach(`attempt ${this.attempt}`);
  }

  reach(event: string): void {
    this.#timeline.push({ at: new Date().toISOString(), event });
  }

  finish(ending: Ending): RunRecord {
    this.reach(ending.result);
    const own = [
      ...this.#timeline,
      ...(this.#known.verdict?.timeline ?? []).map((milestone) => ({
        ...milestone,
        event: `executor: ${milestone.event}`,
      })),
    ];
    return {
      ...this.#known,
      ...ending,
      executionId: this.#executionId,
      attempts: this.#attempts,
      mode: this.#mode,
      request: this.#request,
      startedAt: this.startedAt,
      finishedAt: new Date().toISOString(),
      timeline: own.toSorted((a, b) => a.at.localeCompare(b.at)),
    };
  }
}
