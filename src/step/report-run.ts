/** Tells the run's end everywhere it is read: outputs first, then the log, the summary and the artifact. */
import { join } from 'node:path';
import { stackOf } from '../cluster/errors.ts';
import type { Ending } from '../run/ending.ts';
import { wasBegun } from '../run/not-begun.ts';
import type { RunRecord } from '../run/record.ts';
import { RESULT_TABLE } from '../run/result-table.ts';
import { isUnsettled } from '../run/unsettled.ts';
import type { RunOptions } from '../spec/request.ts';
import { annotateError, annotateWarning } from './annotations.ts';
import { artifactNameOf, uploadArtifact } from './artifact.ts';
import { writeArtifactFiles } from './artifact-files.ts';
import { closingLine } from './closing-line.ts';
import { artifactOutputs, renderOutputs, worstOf, writeOutputs } from './outputs.ts';
import { say } from './say.ts';
import { saveStepState } from './state.ts';
import { renderProblems, renderSummary, writeSummary } from './summary.ts';

/** For a run that ended before there was an execution. Returns whether the step succeeds: never. */
export function reportRefusal(ending: Ending): boolean {
  tell(writeOutputs(renderOutputs([], { ending })));
  annotateError(`${ending.result}: ${ending.reasonCode}`, ending.message);
  say(ending.message);
  tell(writeSummary(renderProblems(ending)));
  return false;
}

export interface Ended {
  readonly folder: string;
  readonly cancelled: AbortSignal;
}

/** Returns whether the step succeeds: by its records alone, whatever becomes of telling them. */
export async function reportRun(
  records: readonly RunRecord[],
  options: RunOptions,
  ended: Ended,
): Promise<boolean> {
  const succeeds = records.every((record) => RESULT_TABLE[record.result].exit === 0);
  try {
    await tellAll(records, options, { ...ended, succeeds });
  } catch (error) {
    const why = stackOf(error);
    annotateWarning('Kubernetes Executor', `The result stands, but could not be told whole: ${why}`);
  }
  return succeeds;
}

async function tellAll(
  records: readonly RunRecord[],
  options: RunOptions,
  { folder, cancelled, succeeds }: Ended & { readonly succeeds: boolean },
): Promise<void> {
  const reportFile = join(folder, 'report.json');
  tell(writeOutputs(renderOutputs(records, { reportFile, jobNamespace: options.jobNamespace })));
  for (const record of records) sayEnd(record);
  warnOfNotBegun(records.filter((record) => !wasBegun(record)));
  const summary = renderSummary(records);
  const { files, problems } = await writeArtifactFiles({ folder, records, summary });
  problems.forEach(tell);
  if (!files.includes(reportFile)) tell(writeOutputs({ 'report-file': '' }));
  tell(writeSummary(summary));
  // What may still act is left to the post step.
  if (!cancelled.aborted && !records.some(isUnsettled)) tell(saveStepState('finished', true));
  if (options.uploadArtifact === 'always' || (options.uploadArtifact === 'on-failure' && !succeeds)) {
    await upload(records, options, { folder, files, cancelled });
  }
}

function sayEnd(record: RunRecord): void {
  const line = closingLine(record);
  if (RESULT_TABLE[record.result].exit === 1) {
    annotateError(`${record.result}: ${record.reasonCode}`, record.message);
    // Lists of what is missing, and YAML to apply: the closing line has only the first of these lines.
    if (record.message.includes('\n')) say(record.message);
  }
  say(line);
}

/** Also a step that succeeds has not done what these were to do. */
function warnOfNotBegun(records: readonly RunRecord[]): void {
  if (records.length === 0) return;
  const messages = records.map(({ message }) => message).join('\n');
  annotateWarning(`${records.length} of the spec's executions not begun`, messages);
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
    cancelled,
    ...(options.retentionDays === undefined ? {} : { retentionDays: options.retentionDays }),
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
