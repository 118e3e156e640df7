import type { RunRecord } from '../run/record.ts';
import { durationSecondsOf } from '../run/report.ts';
import { RESULT_TABLE } from '../run/result-table.ts';
import { sayCollected } from '../run/say-collected.ts';
import { nextSteps } from './next-steps.ts';
import { printable } from './printable.ts';
import { sayResult } from './say-result.ts';

/** The last thing said of an execution: what became of it, how long it took, and after a failure what to do. */
export function closingLine(record: RunRecord): string {
  return printable(closingOf(record)).replaceAll('\n', ' ');
}

function closingOf(record: RunRecord): string {
  const seconds = `${durationSecondsOf(record).toFixed(1)} s`;
  const execution = `(execution ${record.executionId})`;
  if (record.result === 'succeeded' && record.plan && record.collected) {
    const collected = sayCollected(record.collected.files);
    return `${inThePast(record.plan.summary)}: ${collected}; took ${seconds} ${execution}.`;
  }
  if (record.result === 'succeeded' && record.reasonCode === 'ok' && record.plan) {
    return `${inThePast(record.plan.summary)}; verified in ${seconds} ${execution}.`;
  }
  const [first = ''] = record.message.split('\n');
  const told = [sentence(first), ...nextSteps(record), execution].join(' ');
  if (RESULT_TABLE[record.result].exit === 0) return told;
  return `${sayResult(record.result)} after ${seconds}: ${told}`;
}

/** `scale deployment/web …` → `Scaled deployment/web …`; the first word of a plan's summary is a verb. */
function inThePast(summary: string): string {
  const [verb = '', ...rest] = summary.split(' ');
  const past = verb === 'apply' ? 'applied' : `${verb}${verb.endsWith('e') ? 'd' : 'ed'}`;
  return [past.charAt(0).toUpperCase() + past.slice(1), ...rest].join(' ');
}

function sentence(message: string): string {
  const text = message.trim().replace(/[:;,]$/, '');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
