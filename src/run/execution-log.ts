/** The executor's log: shown as it comes, written whole to a file, and complete only when proven so. */
import type { ApiServer } from '../cluster/api.ts';
import { openLogFile } from '../cluster/log-file.ts';
import { type FollowedLog, followLog } from '../cluster/pod-log.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { LogReport } from './record.ts';

export interface ExecutionLog {
  /** From the moment the container runs; calls after the first change nothing. */
  begin(pod: KubernetesObject): void;
  /** Reads on to the end, or to the number of lines that the verdict names, for as long as `graceMs`. */
  finish(expectedLines: number | undefined, graceMs: number): Promise<LogReport>;
}

export interface ExecutionLogInput {
  readonly api: ApiServer;
  readonly file: string;
  readonly show: (line: string) => void;
  /** Whether the container has ended, as the watch tells. */
  readonly ended: () => boolean;
}

export async function openExecutionLog({ api, file, show, ended }: ExecutionLogInput): Promise<ExecutionLog> {
  const sink = await openLogFile(file);
  const reading = new AbortController();
  let following: Promise<FollowedLog> | undefined;
  let lines = 0;
  let expected: number | undefined;
  const stopWhenWhole = (): void => {
    if (expected !== undefined && lines >= expected) reading.abort();
  };
  return {
    begin: ({ metadata: { namespace = '', name } }) => {
      following ??= followLog(
        api,
        { namespace, pod: name, container: 'executor', signal: reading.signal, ended },
        (line) => {
          lines += 1;
          show(line.bytes.toString('utf8'));
          const written = sink.write(line);
          stopWhenWhole();
          return written;
        },
      );
    },
    finish: async (expectedLines, graceMs) => {
      expected = expectedLines;
      stopWhenWhole();
      const timer = setTimeout(() => reading.abort(), graceMs);
      const followed = await following?.catch(() => undefined);
      clearTimeout(timer);
      const { sha256, bytes, tail } = await sink.finish();
      const isWhole = expectedLines === undefined ? followed?.complete === true : lines === expectedLines;
      return { complete: isWhole, lines, bytes, sha256, tail, file };
    },
  };
}
