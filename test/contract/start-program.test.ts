import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../scripts/start.mjs');

/** Runs the start program after a line of JavaScript that makes the machine another one. */
function start(name: string, machine: string, env: Readonly<Record<string, string>> = {}) {
  const { KUBECONFIG_E2E: _, ...inherited } = process.env;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(machine)}`, PROGRAM, name],
    { env: { ...inherited, ...env }, encoding: 'utf8' },
  );
  return { status, stderr };
}

const NOT_ROOT = 'process.getuid = () => 1000';
const NOT_LINUX = "Object.defineProperty(process, 'platform', { value: 'darwin' })";

test.each([
  ['root', NOT_ROOT],
  ['Linux', NOT_LINUX],
])('without %s and without another cluster, one sentence says what is needed', (lack, machine) => {
  for (const name of ['demo', 'test', 'cluster-up']) {
    const { status, stderr } = start(name, machine);
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining(`needs root on Linux, and this is not ${lack}`),
    ]);
    expect(stderr).toContain('KUBECONFIG_E2E');
  }
});

test('a cluster named by KUBECONFIG_E2E needs no root', () => {
  const { status, stderr } = start('cluster-up', NOT_ROOT, { KUBECONFIG_E2E: '/nowhere/kubeconfig' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('an unknown program is answered with those there are', () => {
  const { status, stderr } = start('tset', '');
  expect(status).toBe(1);
  expect(stderr).toMatch(/no program "tset"; there are demo, test, /);
});
