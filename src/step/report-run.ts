/** Tells the run's end everywhere it is read: outputs first, then the log, the summary and the artifact. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ending } from '../run/ending.ts';
import type { RunRecord } from '../run/record.ts';
import { renderReport } from '../run/report.ts';
import { RESULT_TABLE } from '../run/result-table.ts';
import type { RunOptions } from '../spec/request.ts';
import { annotateError } from './annotations.ts';
import { artifactNameOf, uploadArtifact } from './artifact.ts';
import { closingLine } from './closing-line.ts';
import { artifactOutputs, renderOutputs, worstOf, writeOutputs } from './outputs.ts';
import { printable } from './printable.ts';
import { saveStepState } from './state.ts';
import { renderProblems, renderSummary, writeSummary } from './summary.ts';

/** Of the ten seconds between a cancellation and the kill. */
const CANCELLED_UPLOAD_MS = 4_000;

/** For a run that ended before there was an execution. Returns whether the step succeeds: never. */
export function reportRefusal(ending: Ending): boolean {
  tell(writeOutputs(renderOutputs([], { ending })));
  annotateError(`refused: ${ending.reasonCode}`, ending.message);
  say(ending.message);
  tell(writeSummary(renderProblems(ending.reasonCode, ending.message)));
  return false;
}

export interface Ended {
  readonly folder: string;
  readonly cancelled: boolean;
}

/** Returns whether the step succeeds. */
export async function reportRun(
  records: readonly RunRecord[],
  options: RunOptions,
  { folder, cancelled }: Ended,
): Promise<boolean> {
  const reportFile = join(folder, 'report.json');
  tell(writeOutputs(renderOutputs(records, { reportFile, jobNamespace: options.jobNamespace })));
  const succeeds = records.every((record) => RESULT_TABLE[record.result].exit === 0);
  for (const record of records) sayEnd(record);
  const summary = renderSummary(records);
  const files = await writeFiles(records, folder, summary);
  tell(writeSummary(summary));
  if (!cancelled) saveStepState('finished', true);
  if (options.uploadArtifact === 'always' || (options.uploadArtifact === 'on-failure' && !succeeds)) {
    await upload(records, options, { folder, files, cancelled });
  }
  return succeeds;
}

function sayEnd(record: RunRecord): void {
  const line = closingLine(record);
  if (RESULT_TABLE[record.result].exit === 1) annotateError(`${record.result}: ${record.reasonCode}`, line);
  say(line);
}

async function writeFiles(
  records: readonly RunRecord[],
  folder: string,
  summary: string,
): Promise<readonly string[]> {
  const one = records.length === 1;
  const reports = records.map(renderReport);
  const plans = records.flatMap(({ plan, planHash }) => (plan ? [{ planHash, plan }] : []));
  const written: readonly (readonly [string, string])[] = [
    ['report.json', JSON.stringify(one ? reports[0] : reports, null, 2)],
    ...(plans.length === 0 ? [] : [['plan.json', JSON.stringify(one ? plans[0] : plans, null, 2)] as const]),
    ['summary.md', summary],
  ];
  await Promise.all(
    written.map(([name, text]) => writeFile(join(folder, name), `${text}\n`, { mode: 0o600 })),
  );
  const logs = records.flatMap(({ log }) => (log ? [log.file] : []));
  return [...written.map(([name]) => join(folder, name)), ...logs];
}

async function upload(
  records: readonly RunRecord[],
  options: RunOptions,
  { folder, files, cancelled }: Ended & { readonly files: readonly string[] },
): Promise<void> {
  const name = options.artifactName ?? artifactNameOf(worstOf(records)?.executionId ?? 'run');
  const uploaded = await uploadArtifact({
    name,
    folder,
    files,
    ...(options.retentionDays === undefined ? {} : { retentionDays: options.retentionDays }),
    ...(cancelled ? { timeoutMs: CANCELLED_UPLOAD_MS } : {}),
  });
  if ('skipped' in uploaded) {
    say(`${uploaded.skipped} Its files are in ${folder}.`);
    return;
  }
  say(`artifact ${uploaded.name}: ${uploaded.url}`);
  if (uploaded.incomplete !== undefined) say(uploaded.incomplete);
  tell(writeOutputs(artifactOutputs(uploaded, records)));
}

function tell(problem: string | undefined): void {
  if (problem !== undefined) say(problem);
}

function say(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}
