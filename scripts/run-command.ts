import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..');

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to this program's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with every line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface CommandResult {
  /** 128 and more where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  /** stdout and stderr in the order of arrival. */
  readonly output: string;
}

/** Runs a command from the root of the project, without standard input, and resolves whatever its exit code is. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let output = '';
  const takeLines = splitLines(options.onLine);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (stream === child.stdout) stdout += text;
      output += text;
      takeLines(text);
    });
  }
  const code = await new Promise<number>((settle, fail) => {
    child.on('error', fail);
    child.on('close', (exit, signal) => settle(exit ?? (signal ? 128 : 1)));
  });
  takeLines('\n');
  return { code, stdout, output };
}

/** stdout, trimmed. A command that fails throws with all it said. */
export async function readCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, stdout, output } = await runCommand(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output.trim()}`);
  return stdout.trim();
}

function splitLines(onLine: ((line: string) => void) | undefined): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine?.(line);
  };
}
