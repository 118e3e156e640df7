/** What end-to-end tests and the demo need besides npm packages: a cluster's programs, act, actionlint. */
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT, readCommand, runCommand } from './run-command.ts';

/** The same folder as in test/cluster. */
export const CACHE = process.env['CLUSTER_CACHE'] ?? join(homedir(), '.cache/kubernetes-executor');
const bin = join(CACHE, 'bin');

/** The kubeconfig of a cluster that somebody else runs, if one is named. */
export const foreignKubeconfig = process.env['KUBECONFIG_E2E'] || undefined;

const GO_TOOLS = {
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
  act: 'github.com/nektos/act@v0.2.89',
} as const;

export type GoTool = keyof typeof GO_TOOLS;

const started = Date.now();

/** A line of progress, with the minutes and seconds since the start. */
export function say(line: string): void {
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`[${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}] ${line}`);
}

/** Lets every program started from here find kubectl, act and actionlint, and Node 24 before any other. */
export function putToolsInPath(): void {
  process.env['PATH'] = [join(ROOT, 'node_modules/.bin'), bin, process.env['PATH']].join(delimiter);
}

/** Builds a Go tool into the cache unless its version is there already. */
export async function installGoTool(tool: GoTool): Promise<void> {
  const module = GO_TOOLS[tool];
  const version = module.slice(module.indexOf('@v') + 2);
  const file = join(bin, tool);
  if (existsSync(file) && (await readCommand(file, ['--version'])).includes(version)) return;
  mkdirSync(bin, { recursive: true });
  await whileSaying(`building ${tool} ${version}`, () =>
    readCommand('go', ['install', module], { env: { GOBIN: bin, GOFLAGS: '' } }),
  );
}

/** Does everything that `cluster up` needs; a minute or ten the first time, nothing afterwards. */
export async function setUpCluster(): Promise<void> {
  await whileSaying('preparing the test cluster', async () => {
    const { code } = await runCommand('test/cluster/setup', [], { onLine: sayUnlessNoise });
    if (code !== 0) throw new Error('test/cluster/setup failed; its words are above.');
  });
}

function sayUnlessNoise(line: string): void {
  if (!line.startsWith('go: downloading ')) say(line);
}

/** Says every half minute that the work still goes on. */
async function whileSaying<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begun = Date.now();
  const beat = setInterval(
    () => say(`${what}: at it for ${Math.round((Date.now() - begun) / 1000)} s`),
    30_000,
  );
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
