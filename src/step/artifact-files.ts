import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderPlan } from '../run/plan-document.ts';
import type { Collection, RunRecord } from '../run/record.ts';
import { renderReport } from '../run/report.ts';
import { text as asMarkdown } from './markdown.ts';
import { hiddenTexts, hideSecrets, hideSecretsIn } from './mask.ts';
import { renderReportDocument } from './shorten-report.ts';

export interface ArtifactContent {
  /** Exists; becomes the artifact. */
  readonly folder: string;
  readonly records: readonly RunRecord[];
  readonly summary: string;
}

export interface ArtifactFiles {
  /** Paths of all that the artifact is made of. */
  readonly files: readonly string[];
  /** Sentences on those that could not be written: the disk may be full. */
  readonly problems: readonly string[];
}

/**
 * Writes report, plan and summary beside the log, readable by their owner alone and
 * without the step's credentials. Several executions each have a `<execution id>.plan.json`; the report is then a List of theirs.
 */
export async function writeArtifactFiles({
  folder,
  records,
  summary,
}: ArtifactContent): Promise<ArtifactFiles> {
  const plans = records.flatMap(({ plan, planHash, executionId }) => {
    const name = records.length === 1 ? 'plan.json' : `${executionId}.plan.json`;
    return plan === undefined ? [] : [{ name, text: json(renderPlan(plan, planHash)) }];
  });
  const texts = [
    { name: 'report.json', text: json(renderReportDocument(records.map(renderReport))) },
    { name: 'summary.md', text: hideInMarkdown(summary) },
    ...plans,
  ];
  const written = texts.map(async ({ name, text }) => {
    const file = join(folder, name);
    return writeFile(file, text, { mode: 0o600 }).then(
      () => ({ file }),
      (error: Error) => ({ file, problem: `${name} could not be written: ${error.message}` }),
    );
  });
  const logs = records.flatMap(({ log, attempts, collected }) => [
    ...attempts.map((earlier) => earlier.log?.file),
    log?.file,
    ...pathsOf(collected),
  ]);
  const read = await Promise.all(logs.map(existing));
  const own = await Promise.all(written);
  return {
    files: [...read.flat(), ...own.flatMap((one) => ('problem' in one ? [] : [one.file]))],
    problems: own.flatMap((one) => ('problem' in one ? [one.problem] : [])),
  };
}

/** One that was not read to its end is kept for what it has. */
function pathsOf(collected: Collection | undefined): readonly string[] {
  const files = collected?.files.filter(({ outcome }) => outcome !== 'absent') ?? [];
  return files.map(({ file }) => join(collected?.folder ?? '', ...file.split('/')));
}

async function existing(file: string | undefined): Promise<readonly string[]> {
  const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
  return file !== undefined && found?.isFile() ? [file] : [];
}

function hideInMarkdown(summary: string): string {
  // Within a line, where less is escaped than at its beginning.
  const escaped = (secret: string) => asMarkdown(`.${secret}`, Number.POSITIVE_INFINITY).slice(1);
  return hideSecrets(
    summary,
    hiddenTexts().flatMap((secret) => [secret, escaped(secret)]),
  );
}

function json(document: unknown): string {
  return `${JSON.stringify(hideSecretsIn(document), undefined, 2)}\n`;
}
