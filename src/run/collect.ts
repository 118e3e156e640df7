/** Carries out a plan that only reads: under the rehearsal token, which can't write, straight into the artifact's files. */
import type { ApiServer } from '../cluster/api.ts';
import { messageOf } from '../cluster/errors.ts';
import type { CollectItem, Plan } from '../plan/plan.ts';
import { openArtifactFile, placeBelow } from './artifact-file.ts';
import { collectLog } from './collect-log.ts';
import { type ObjectReader, openObjectReader } from './collect-objects.ts';
import { openCollectProgress } from './collect-progress.ts';
import type { Ending } from './ending.ts';
import type { CollectedFile } from './record.ts';
import type { Recording } from './recording.ts';
import { sayBytes, sayCollected } from './say-collected.ts';

/** Read at once: enough to keep the line busy, few enough not to burden the API server. */
const AT_ONCE = 6;

export interface Collecting {
  readonly plan: Plan;
  /** Of the action's ServiceAccount. */
  readonly api: ApiServer;
  readonly recording: Recording;
  /** For the files. */
  readonly folder: string;
  /** The step's own credentials, which no file may hold. */
  readonly secrets: () => readonly string[];
  readonly cancelled: AbortSignal;
  /** As `performance.now()` counts. */
  readonly deadlineMs: number;
  readonly report: (text: string) => void;
}

export async function collect(input: Collecting): Promise<Ending> {
  const { plan, recording, folder, cancelled, deadlineMs } = input;
  const late = AbortSignal.timeout(Math.max(0, Math.floor(deadlineMs - performance.now())));
  const files = await collectFiles(input, plan.collects ?? [], AbortSignal.any([cancelled, late]));
  recording.learn({ collected: { folder, files } });
  recording.reach('collected');
  const said = `${plan.summary}: ${sayCollected(files)}`;
  if (cancelled.aborted)
    return { result: 'cancelled', reasonCode: 'cancelled', message: `cancelled: ${said}` };
  if (late.aborted) {
    return { result: 'timed-out', reasonCode: 'timeout', message: `timeout was over: ${said}` };
  }
  const failed = files.filter(({ outcome }) => outcome === 'failed');
  if (failed.length === 0) return { result: 'succeeded', reasonCode: 'ok', message: said };
  const missing = failed.map(({ file, note }) => `${file}: ${note ?? 'not whole'}`);
  return { result: 'failed', reasonCode: 'collect-incomplete', message: [said, ...missing].join('\n') };
}

/** In the order of the plan, whatever ends first. */
async function collectFiles(
  input: Collecting,
  collects: readonly CollectItem[],
  signal: AbortSignal,
): Promise<readonly CollectedFile[]> {
  const objects = openObjectReader(input.api, signal);
  const files = new Map<CollectItem, CollectedFile>();
  const waiting = collects.values();
  using progress = openCollectProgress(input.report);
  const work = async (): Promise<void> => {
    for (const collected of waiting) {
      const onBytes = progress.begin(collected.file);
      const file = await collectFile({ ...input, objects, signal, onBytes }, collected);
      progress.end(collected.file);
      files.set(collected, file);
      input.report(sayFile(file));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return collects.flatMap((collected) => files.get(collected) ?? []);
}

interface Reading extends Collecting {
  readonly objects: ObjectReader;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/** Never rejects: one file that can't be had must not keep the others from being read. */
async function collectFile(input: Reading, { file, content }: CollectItem): Promise<CollectedFile> {
  const { api, folder, secrets, signal, objects, onBytes } = input;
  try {
    const path = placeBelow(folder, file);
    if (content.kind === 'log') {
      return { file, ...(await collectLog({ api, path, secrets, signal, onBytes }, content)) };
    }
    return { file, ...(await writeText(path, await objects.text(content), secrets)) };
  } catch (error) {
    const note = signal.aborted ? 'stopped' : messageOf(error);
    return { file, outcome: 'failed', bytes: 0, lines: 0, note };
  }
}

async function writeText(
  path: string,
  text: string,
  secrets: () => readonly string[],
): Promise<Omit<CollectedFile, 'file'>> {
  const open = await openArtifactFile(path, { secrets });
  await open.write(Buffer.from(text));
  const { isCut: _never, problem, ...written } = await open.close();
  if (problem === undefined) return { outcome: 'complete', ...written };
  return { outcome: 'failed', ...written, note: `could not be written: ${problem}` };
}

function sayFile({ file, outcome, bytes, lines, note }: CollectedFile): string {
  const size =
    outcome === 'complete' || outcome === 'cut'
      ? `${lines} line${lines === 1 ? '' : 's'}, ${sayBytes(bytes)}`
      : outcome;
  return `${file}: ${size}${note === undefined ? '' : ` (${note})`}`;
}
