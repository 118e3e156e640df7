/** A process whose lines are read as they come. */
import { spawn } from 'node:child_process';
import { LINE_END } from './runner-model.ts';

export interface Ended {
  /** `null` where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Of stdout and stderr as they arrived. */
  readonly lines: readonly string[];
  /** From start to exit. */
  readonly milliseconds: number;
}

export interface RunningProcess {
  readonly pid: number;
  /** Resolves with the first line that matches, also one that came before; rejects when the process ends without. */
  untilLine(pattern: RegExp): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

interface Place {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Called with every line as it comes. */
  readonly hear?: (line: string) => void;
}

type Listener = (line: string) => void;

/** Starts it with this environment and no other. */
export function startProcess(command: string, args: readonly string[], place: Place): RunningProcess {
  const started = performance.now();
  const { env, cwd } = place;
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const listeners = new Set<Listener>(place.hear ? [place.hear] : []);
  const hear = (line: string) => {
    lines.push(line);
    for (const listener of listeners) listener(line);
  };
  const rests = [child.stdout, child.stderr].map((stream) => splitLines(stream.setEncoding('utf8'), hear));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      for (const flush of rests) flush();
      resolve({ exitCode, signal, lines, milliseconds: performance.now() - started });
    });
  });
  return {
    pid: child.pid ?? 0,
    untilLine: (pattern) => untilLine(pattern, { lines, listeners, ended }),
    signal: (signal) => {
      child.kill(signal);
    },
    ended,
  };
}

/** Calls `hear` for each whole line; the function it returns does so for what is left at the end. */
function splitLines(stream: NodeJS.ReadableStream, hear: Listener): () => void {
  let rest = '';
  stream.on('data', (chunk: string) => {
    const text = rest + chunk;
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    const parts = whole.split(LINE_END);
    rest = (parts.pop() ?? '') + text.slice(whole.length);
    parts.forEach(hear);
  });
  return () => {
    if (rest !== '') hear(rest);
  };
}

interface Heard {
  readonly lines: readonly string[];
  readonly listeners: Set<Listener>;
  readonly ended: Promise<Ended>;
}

async function untilLine(pattern: RegExp, { lines, listeners, ended }: Heard): Promise<string> {
  const known = lines.find((line) => pattern.test(line));
  if (known !== undefined) return known;
  return await new Promise((resolve, reject) => {
    const listener = (line: string) => {
      if (!pattern.test(line)) return;
      listeners.delete(listener);
      resolve(line);
    };
    listeners.add(listener);
    void ended.then(
      () => reject(new Error(`ended without a line like ${pattern}:\n${lines.join('\n')}`)),
      reject,
    );
  });
}
