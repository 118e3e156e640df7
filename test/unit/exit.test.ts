/** How programs end whose output is read late, or never: each in a process of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const sourceUrl = (file: string): string => pathToFileURL(join(import.meta.dirname, '../../src', file)).href;
/** Far more than a pipe holds. */
const MUCH = `'x'.repeat(1024 * 1024)`;

/** Before what runs: two seconds of a program are a minute here, however slow the reader is. */
const SLOW_CLOCK = `
  const { setTimeout: start } = globalThis;
  globalThis.setTimeout = (callback, ms, ...rest) => start(callback, 30 * ms, ...rest);
`;

/** Runs JavaScript as a module, with nothing else in its environment. */
function run(code: string, env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ['--input-type=module', '--eval', code], { env });
}

/** What it printed, and its exit code. */
async function readAll(child: ChildProcessWithoutNullStreams) {
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { output, code };
}

describe('a program that exits', () => {
  it('has printed to the end, however late it is read', async () => {
    const child = run(`
      ${SLOW_CLOCK}
      const { exit } = await import('${sourceUrl('exit.ts')}');
      process.stdout.write(${MUCH} + '\\nthe last line\\n');
      process.stderr.write('all is written');
      await exit(3);
    `);
    await once(child.stderr, 'data');
    const { output, code } = await readAll(child);
    expect(output).toHaveLength(1024 * 1024 + '\nthe last line\n'.length);
    expect(code).toBe(3);
  });

  it.each([
    ['reads nothing', () => undefined],
    ['is gone', (child: ChildProcessWithoutNullStreams) => child.stdout.destroy()],
  ])('is not held by a reader that %s', async (_how, treat) => {
    const child = run(`
      const { exit } = await import('${sourceUrl('exit.ts')}');
      for await (const _ of process.stdin);
      process.stdout.write(${MUCH});
      await exit(3);
    `);
    treat(child);
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([3, null]);
  });
});

describe('behind a long log', () => {
  const JOB = { namespace: 'jobs', name: 'ke-1' };
  const CREDENTIALS = { INPUT_CREDENTIALS: 'environment', KUBECONFIG: '/nowhere/kubeconfig' };

  it.each([
    {
      what: 'the step has printed why it was refused',
      file: 'main.ts',
      env: {},
      expected: 1,
      said: 'input action: is not given',
    },
    {
      what: 'the post step has printed what it could not stop',
      file: 'post.ts',
      env: { STATE_job: JSON.stringify(JOB), ...CREDENTIALS },
      expected: 0,
      said: 'job/ke-1 in jobs could not be stopped (KUBECONFIG: no such file',
    },
  ])('$what', async ({ file, env, expected, said }) => {
    const child = run(
      `
        ${SLOW_CLOCK}
        const { stdout } = process;
        const write = stdout.write.bind(stdout);
        stdout.write = (...written) => {
          stdout.write = write;
          write(${MUCH} + '\\n');
          return write(...written);
        };
        await import('${sourceUrl(file)}');
      `,
      env,
    );
    const { output, code } = await readAll(child);
    expect(output.replace(/x{9,}/g, '')).toContain(said);
    expect(code).toBe(expected);
  });
});
