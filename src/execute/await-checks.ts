/** Waits until all checks hold, and went on holding for the soak, or one can't come true any more. */
import { untilSettled } from '../cluster/pause.ts';
import type { Check } from '../plan/plan.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';
import type { CheckVerdict } from '../plan/verdict.ts';
import type { CheckState } from '../verify/check-state.ts';
import { describeCheck, judge } from '../verify/judge.ts';
import type { Observation } from './observe.ts';

export interface Waiting {
  readonly timeoutSeconds: number;
  readonly soakSeconds: number;
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

export interface ChecksOutcome {
  readonly kind: 'met' | 'failed' | 'timed-out' | 'stopped';
  readonly reasonCode: ReasonCode;
  readonly detail: string;
  readonly checks: readonly CheckVerdict[];
}

const PROGRESS_MS = 10_000;
const WORDS = { met: 'verified', pending: 'waiting', failed: 'failed' } as const;

export async function awaitChecks(
  checks: readonly Check[],
  seen: Observation,
  waiting: Waiting,
): Promise<ChecksOutcome> {
  const deadline = performance.now() + waiting.timeoutSeconds * 1000;
  const progress = startProgress(checks, waiting.print);
  let heldSince: number | undefined;
  for (;;) {
    const changed = seen.nextChange();
    const states = checks.map((check) => judge(check, seen.view));
    progress(states);
    const end = (kind: ChecksOutcome['kind'], reasonCode: ReasonCode, detail: string): ChecksOutcome => ({
      kind,
      reasonCode,
      detail,
      checks: verdictsOn(checks, states),
    });
    const failed = states.find((state) => state.kind === 'failed');
    if (failed) return end('failed', failed.reasonCode, failed.detail);
    const now = performance.now();
    heldSince = states.every((state) => state.kind === 'met') ? (heldSince ?? now) : undefined;
    const soak = Math.max(waiting.soakSeconds, ...states.map(soakSecondsOf)) * 1000;
    const soakLeft = heldSince === undefined ? undefined : heldSince + soak - now;
    if (soakLeft !== undefined && soakLeft <= 0) return end('met', 'ok', '');
    if (waiting.signal.aborted) return end('stopped', 'cancelled', pending(states));
    if (now >= deadline) return end('timed-out', lateReason(states), pending(states));
    await untilSettled(
      changed,
      Math.min(deadline - now, soakLeft ?? PROGRESS_MS, PROGRESS_MS),
      waiting.signal,
    );
  }
}

function soakSecondsOf(state: CheckState): number {
  return state.kind === 'met' ? (state.soakSeconds ?? 0) : 0;
}

/** Prints each state that has changed, and again what is still waited for while nothing does, so that a long wait is not silent. */
function startProgress(
  checks: readonly Check[],
  print: (text: string) => void,
): (states: readonly CheckState[]) => void {
  const begun = performance.now();
  let last: readonly string[] = [];
  let printedAt = 0;
  return (states) => {
    const now = performance.now();
    const texts = states.map((state, index) => describe(checks[index], state));
    const changed = texts.filter((text, index) => text !== last[index]);
    if (changed.length === 0 && now - printedAt < PROGRESS_MS) return;
    const seconds = Math.round((now - begun) / 1000);
    const waiting = texts.filter((_, index) => states[index]?.kind !== 'met');
    const again = `${(waiting.length === 0 ? texts : waiting).join('; ')} (for ${seconds} s)`;
    print(changed.length === 0 ? again : changed.join('; '));
    last = texts;
    printedAt = now;
  };
}

function describe(check: Check | undefined, state: CheckState): string {
  const what = check ? describeCheck(check) : '';
  return `${WORDS[state.kind]}: ${what}: ${state.detail}`;
}

/** Where nothing is pending, it is the soak that was not over. */
function pending(states: readonly CheckState[]): string {
  const waiting = states.flatMap((state) => (state.kind === 'pending' ? [state.detail] : []));
  return waiting.length === 0 ? 'all of it held, but not yet for as long as it must' : waiting.join('; ');
}

/** Why it did not come true in time, where what is waited for says so. */
function lateReason(states: readonly CheckState[]): ReasonCode {
  const named = states.flatMap((state) => (state.kind === 'pending' ? (state.reasonCode ?? []) : []));
  return named[0] ?? 'verify-timeout';
}

function verdictsOn(checks: readonly Check[], states: readonly CheckState[]): readonly CheckVerdict[] {
  return checks.map((check, index) => ({
    summary: describeCheck(check),
    met: states[index]?.kind === 'met',
    detail: states[index]?.detail ?? '',
  }));
}
