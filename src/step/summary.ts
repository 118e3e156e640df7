import { appendFileSync } from 'node:fs';
import type { Ending } from '../run/ending.ts';
import type { RunRecord } from '../run/record.ts';
import { clip } from '../spec/problems.ts';
import { sayTarget } from '../spec/request.ts';
import { appendWhole } from './append-whole.ts';
import { fence, text } from './markdown.ts';
import { sayResult } from './say-result.ts';
import * as parts from './summary-sections.ts';
import { type Limits, some } from './summary-sections.ts';

/** GitHub drops a larger summary whole. */
const MOST_BYTES = 1024 * 1024;
/** For what is printed into the same file by others. */
const RESERVE = 16 * 1024;
const SHORTENED = '\n_Shortened to fit; the artifact has the whole plan, report and log._\n\n';
const OUTSIDE = 'There is no step summary outside GitHub Actions (GITHUB_STEP_SUMMARY is not set).';

const FULL: Limits = { rows: 200, lines: 400, characters: 2000 };
const SHORTER: readonly Limits[] = [
  { rows: 60, lines: 100, characters: 500 },
  { rows: 20, lines: 20, characters: 200 },
  { rows: 5, lines: 0, characters: 100 },
];

/** The step summary of a run: Markdown of at most `mostBytes` of UTF-8, shortened with a note where needed. */
export function renderSummary(records: readonly RunRecord[], mostBytes = MOST_BYTES - RESERVE): string {
  const whole = renderWithin(records, FULL, mostBytes);
  if (whole !== undefined) return whole;
  for (const limits of SHORTER) {
    const shorter = renderWithin(records, limits, mostBytes - SHORTENED.length);
    if (shorter !== undefined) return `${shorter}${SHORTENED}`;
  }
  return overview(records, mostBytes);
}

/** For a run that ended before there was an execution: what is wrong with inputs, spec or credentials. */
export function renderProblems({ result, reasonCode, message }: Ending): string {
  const problems = message.split('\n').map((problem) => clip(problem, 500));
  // After an error of our own it is not known how far the run had come.
  const changed = result === 'refused' ? 'Nothing was changed.\n\n' : '';
  return `## ${sayResult(result)}: ${text(reasonCode)}\n\n${changed}${fence(some(problems, FULL.rows), 'text')}\n`;
}

/** Appends to the step's summary; returns why it could not, as a sentence. */
export function writeSummary(markdown: string): string | undefined {
  const file = process.env['GITHUB_STEP_SUMMARY'];
  if (!file) return OUTSIDE;
  return appendWhole('The step summary', file, (size) => {
    if (size + Buffer.byteLength(markdown) > MOST_BYTES) {
      throw new Error('it is left out, since with what is already there GitHub would drop the whole');
    }
    appendFileSync(file, markdown);
  });
}

/** Nothing where it does not fit; many executions are not rendered to their end for that. */
function renderWithin(records: readonly RunRecord[], limits: Limits, mostBytes: number): string | undefined {
  let markdown = '';
  let bytes = 0;
  for (const record of records) {
    const one = `${markdown === '' ? '' : '\n---\n\n'}${renderOne(record, limits)}`;
    bytes += Buffer.byteLength(one);
    if (bytes > mostBytes) return undefined;
    markdown += one;
  }
  return markdown;
}

function renderOne(record: RunRecord, limits: Limits): string {
  const sections = [
    heading(record, limits.characters),
    message(record, limits),
    parts.asked(record, limits),
    parts.planned(record, limits),
    parts.gates(record, limits),
    parts.permissions(record, limits),
    parts.attempts(record, limits),
    parts.timeline(record, limits),
    parts.verification(record, limits),
    parts.collected(record, limits),
    parts.endOfLog(record, limits),
    parts.next(record, limits),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading(record: RunRecord, characters: number): string {
  const what = record.plan?.summary ?? `${record.request.action.name} ${sayTarget(record.request)}`;
  return `## ${sayResult(record.result)}: ${text(what, characters)}`;
}

function message(record: RunRecord, { lines, characters }: Limits): string {
  const [first = '', ...more] = record.message.split('\n');
  const sentence = `${text(first, characters)} (reason: ${text(record.reasonCode)})`;
  return more.length === 0
    ? sentence
    : `${sentence}\n\n${fence(
        some(more, lines).map((line) => clip(line, characters)),
        'text',
      )}`;
}

/** A line per execution, as many as fit. */
function overview(records: readonly RunRecord[], mostBytes: number): string {
  let markdown = SHORTENED;
  for (const { result, request } of records) {
    const line = `- ${sayResult(result)}: ${text(request.action.name)} ${text(sayTarget(request), 100)}\n`;
    if (Buffer.byteLength(markdown + line) > mostBytes) break;
    markdown += line;
  }
  return markdown;
}
