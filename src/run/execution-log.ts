/** The executor's log: shown as it comes, written whole to a file, and complete only when proven so. */
import type { ApiServer } from '../cluster/api.ts';
import { messageOf } from '../cluster/errors.ts';
import { type FollowedLog, followLog, type LogGap, type LogLine, type OnGap } from '../cluster/pod-log.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { openArtifactFile } from './artifact-file.ts';
import { CONTAINER } from './job-manifest.ts';
import { openLogTail } from './log-tail.ts';
import { markOf, writeLine } from './log-writing.ts';
import type { LogReport } from './record.ts';

export interface ExecutionLog {
  /** From the moment the container runs; calls after the first change nothing. */
  begin(pod: KubernetesObject): void;
  /** Reads on to the end, or to the number of lines that the verdict names, until nothing has come for `graceMs`. */
  finish(expectedLines: number | undefined, graceMs: number): Promise<LogReport>;
}

export interface ExecutionLogInput {
  readonly api: ApiServer;
  readonly file: string;
  /** The step's own credentials: neither file nor tail holds them. */
  readonly secrets: () => readonly string[];
  readonly show: (line: Uint8Array) => void;
  readonly report: (text: string) => void;
  /** Whether the container has ended, as the watch tells. */
  readonly ended: () => boolean;
}

/** An executor says something every ten seconds. */
const QUIET_MS = 30_000;

export async function openExecutionLog(input: ExecutionLogInput): Promise<ExecutionLog> {
  const keeper = await openKeeper(input);
  const reading = new AbortController();
  const quiet = openQuietNotice(input.report);
  let following: Promise<FollowedLog> | undefined;
  let expected: number | undefined;
  let grace: NodeJS.Timeout | undefined;
  const stopWhenWhole = (): void => {
    if (expected !== undefined && keeper.lines() >= expected) reading.abort();
  };
  const onLine = (line: LogLine): void | Promise<void> => {
    grace?.refresh();
    quiet.heard();
    const kept = keeper.keep(line);
    stopWhenWhole();
    return kept;
  };
  const onGap = (gap: LogGap): void => {
    // Where it was read as far as the executor says that it wrote, it is none.
    if (keeper.lines() !== expected) keeper.mark(gap);
  };
  return {
    begin: ({ metadata: { namespace = '', name } }) => {
      quiet.begin();
      const { signal } = reading;
      const source = { namespace, pod: name, container: CONTAINER, signal, ended: input.ended };
      following ??= followLog(input.api, source, onLine, onGap);
      // It may fail long before `finish` asks for it: unheard, that would end the whole step.
      following.catch(() => undefined);
    },
    finish: async (expectedLines, graceMs) => {
      expected = expectedLines;
      stopWhenWhole();
      grace = setTimeout(() => reading.abort(), graceMs);
      const followed = await following?.catch((error: unknown) => unreadable(error, onGap));
      clearTimeout(grace);
      quiet.end();
      return keeper.close(followed, expectedLines);
    },
  };
}

/** Shows, writes and remembers what is read. */
async function openKeeper({ file, secrets, show }: ExecutionLogInput) {
  const written = await openArtifactFile(file, { secrets });
  const tail = openLogTail(secrets);
  let lines = 0;
  const keep = (bytes: Uint8Array, hasNewline: boolean): void | Promise<void> => {
    show(bytes);
    tail.add(bytes);
    return writeLine(written, bytes, hasNewline);
  };
  return {
    lines: () => lines,
    keep: ({ bytes, hasNewline }: LogLine) => {
      lines += 1;
      return keep(bytes, hasNewline);
    },
    mark: (gap: LogGap) => void keep(Buffer.from(markOf(gap)), true),
    close: async (followed: FollowedLog | undefined, expected: number | undefined): Promise<LogReport> => {
      const { sha256, bytes, problem } = await written.close();
      const isRead = expected === undefined ? followed?.complete === true : lines === expected;
      const gaps = [...(isRead ? [] : (followed?.gaps ?? [])), ...gapOf(problem)];
      const complete = isRead && problem === undefined;
      return { complete, lines, bytes, sha256, gaps, tail: tail.lines(), file };
    },
  };
}

function unreadable(error: unknown, onGap: OnGap): FollowedLog {
  const gap = {
    reason: `the log could not be read: ${messageOf(error)}`,
  };
  onGap(gap);
  return { complete: false, lines: 0, bytes: 0, gaps: [gap], notices: [] };
}

function gapOf(problem: string | undefined): readonly LogGap[] {
  return problem === undefined ? [] : [{ reason: `the log could not be written: ${problem}` }];
}

/** Says now and then that it goes on, where an executor is silent or can't be heard. */
function openQuietNotice(report: (text: string) => void) {
  const begun = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const say = (): void => {
    const seconds = Math.round((performance.now() - begun) / 1000);
    report(
      `nothing was heard of the executor for ${QUIET_MS / 1000} s; still following it (${seconds} s so far)`,
    );
  };
  return {
    begin: () => {
      timer ??= setInterval(say, QUIET_MS);
    },
    heard: () => timer?.refresh(),
    end: () => clearInterval(timer),
  };
}
