import { setOutput } from '@actions/core';
import { RISK_LEVELS } from '../plan/risk.ts';
import { effectivenessOf } from '../run/effectiveness.ts';
import type { Ending } from '../run/ending.ts';
import { environmentIn } from '../run/environment.ts';
import { wasBegun } from '../run/not-begun.ts';
import type { RunRecord } from '../run/record.ts';
import { durationSecondsOf, renderReport } from '../run/report.ts';
import { severityOf } from '../run/result-table.ts';
import { clip } from '../spec/problems.ts';
import { appendWhole } from './append-whole.ts';
import type { ArtifactResult } from './artifact.ts';
import { hideSecrets, hideSecretsIn } from './mask.ts';
import { OUTPUTS, type OutputName } from './output-registry.ts';
import { shortenReport } from './shorten-report.ts';

export type Outputs = Readonly<Record<OutputName, string>>;

/** What the run knows beside its records. */
export interface OutputExtras {
  /** For a run that ended before its first execution began. */
  readonly ending?: Ending;
  readonly artifact?: ArtifactResult;
  readonly reportFile?: string;
  /** The input, for runs that created no Job. */
  readonly jobNamespace?: string;
}

/** A message may hold YAML to apply; together with the report it must fit into a step's environment. */
const MOST_MESSAGE_CHARACTERS = 8000;

/**
 * Every output; one that has no value is empty. Of several executions the result, its reason and its message are those
 * of the worst, `changed` and `logs-complete` speak of all, and names and hashes are those of the last that was begun.
 */
export function renderOutputs(records: readonly RunRecord[], extras: OutputExtras = {}): Outputs {
  const last = lastBegun(records);
  return {
    ...ofEnding(records, extras),
    ...ofLast(last),
    ...ofJob(last?.job, extras.jobNamespace),
    changed: String(records.some((record) => record.changed)),
    'risk-level': RISK_LEVELS[Math.max(-1, ...records.map(riskRank))] ?? '',
    'duration-seconds': last ? String(durationOf(records, last)) : '0',
    'logs-complete': logsComplete(records),
    ...ofArtifact(extras.artifact, last),
    'report-file': extras.reportFile ?? '',
    report:
      records.length === 0 ? '' : shortenReport(records.map((record) => hideSecretsIn(renderReport(record)))),
  };
}

/** The worst of the executions; of equally bad ones the first, which came before the others. */
export function worstOf(records: readonly RunRecord[]): RunRecord | undefined {
  return records.toSorted((a, b) => severityOf(a.result) - severityOf(b.result))[0];
}

/** Sets the outputs; returns why it could not, as a sentence. Later values of the same output replace earlier ones. */
export function writeOutputs(outputs: Partial<Outputs>): string | undefined {
  const file = process.env['GITHUB_OUTPUT'];
  if (!file) return 'No outputs are set outside GitHub Actions (GITHUB_OUTPUT is not set).';
  return appendWhole('The outputs', file, () => {
    for (const { name } of OUTPUTS) {
      const value = outputs[name];
      if (value !== undefined) setOutput(name, value.toWellFormed());
    }
  });
}

/** The outputs that the upload adds to those already written. */
export function artifactOutputs(artifact: ArtifactResult, records: readonly RunRecord[]): Partial<Outputs> {
  return ofArtifact(artifact, lastBegun(records));
}

function lastBegun(records: readonly RunRecord[]): RunRecord | undefined {
  return records.findLast(wasBegun);
}

function ofEnding(
  records: readonly RunRecord[],
  { ending }: OutputExtras,
): Pick<Outputs, 'result' | 'reason-code' | 'message'> {
  const worst = ending ?? worstOf(records);
  const message = hideSecrets(`${countOf(records)}${worst?.message ?? 'The run ended before it began.'}`);
  return {
    result: worst?.result ?? 'failed',
    'reason-code': worst?.reasonCode ?? 'internal-error',
    message: clip(message, MOST_MESSAGE_CHARACTERS),
  };
}

/** Of one alone the empty string. */
function countOf(records: readonly RunRecord[]): string {
  if (records.length <= 1) return '';
  const succeeded = records.filter((record) => record.result === 'succeeded').length;
  const waiting = records.filter((record) => !wasBegun(record)).length;
  const rest = waiting === 0 ? '' : `, ${waiting} not begun`;
  return `${succeeded} of ${records.length} executions succeeded${rest}. `;
}

type OfJob = 'job-name' | 'job-namespace' | 'exit-code';

function ofJob(job: RunRecord['job'], jobNamespace = ''): Pick<Outputs, OfJob> {
  return {
    'job-name': job?.name ?? '',
    'job-namespace': job?.namespace ?? jobNamespace,
    'exit-code': String(job?.exitCode ?? ''),
  };
}

type OfLast = 'execution-id' | 'plan-hash' | 'environment' | 'effectiveness-score';

function ofLast(last: RunRecord | undefined): Pick<Outputs, OfLast> {
  if (last === undefined) {
    return { 'execution-id': '', 'plan-hash': '', environment: 'unknown', 'effectiveness-score': '' };
  }
  return {
    'execution-id': last.executionId,
    'plan-hash': last.planHash ?? '',
    environment: environmentIn(last),
    'effectiveness-score': String(effectivenessOf(last) ?? ''),
  };
}

type OfArtifact = 'artifact-id' | 'artifact-url' | 'artifact-name' | 'artifact-digest' | 'plan-artifact-id';

function ofArtifact(
  artifact: ArtifactResult | undefined,
  last: RunRecord | undefined,
): Pick<Outputs, OfArtifact> {
  const id = artifact === undefined ? '' : String(artifact.id);
  return {
    'artifact-id': id,
    'artifact-url': artifact?.url ?? '',
    'artifact-name': artifact?.name ?? '',
    'artifact-digest': artifact?.digest ?? '',
    'plan-artifact-id': last?.plan ? id : '',
  };
}

function riskRank({ risk }: RunRecord): number {
  return risk ? RISK_LEVELS.indexOf(risk.level) : -1;
}

function durationOf([first]: readonly RunRecord[], last: RunRecord): number {
  return durationSecondsOf({ startedAt: first?.startedAt ?? last.startedAt, finishedAt: last.finishedAt });
}

/** Empty where there was no log to read. */
function logsComplete(records: readonly RunRecord[]): string {
  const withJob = records.filter((record) => record.job);
  return withJob.length === 0 ? '' : String(withJob.every((record) => record.log?.complete === true));
}
