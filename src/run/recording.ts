/** Gathers a record while the run goes on, so that whatever ends it finds all that is known by then. */
import type { Milestone } from '../plan/verdict.ts';
import type { ExecutionRequest, Mode } from '../spec/request.ts';
import type { Ending } from './ending.ts';
import type { RunRecord } from './record.ts';

type Known = Omit<
  RunRecord,
  'executionId' | 'mode' | 'request' | 'startedAt' | 'finishedAt' | 'timeline' | keyof Ending
>;

export class Recording {
  readonly executionId: string;
  readonly startedAt = new Date().toISOString();
  readonly #mode: Mode;
  readonly #request: ExecutionRequest;
  readonly #timeline: Milestone[] = [];
  #known: Known;

  constructor(executionId: string, mode: Mode, request: ExecutionRequest) {
    this.executionId = executionId;
    this.#mode = mode;
    this.#request = request;
    this.#known = { namespace: request.namespace ?? '', changed: false, permissions: [], gates: [] };
    this.reach('started');
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
      executionId: this.executionId,
      mode: this.#mode,
      request: this.#request,
      startedAt: this.startedAt,
      finishedAt: new Date().toISOString(),
      timeline: own.toSorted((a, b) => a.at.localeCompare(b.at)),
    };
  }
}
