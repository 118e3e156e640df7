/**
 * Runs a workflow file through act, on this machine and offline, in a repository made for it. The action comes from
 * this work tree, whatever name `uses:` gives it. No evidence for cancelling, masks or `##[`; see `runner-model.ts`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Environment, ROOT } from './runner-environment.ts';
import { type Ended, startProcess } from './running-process.ts';

export interface WorkflowOptions {
  /** Of `workflow_dispatch`. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Reaches the steps; the artifact service, for one. */
  readonly env?: Environment;
  /** Further files of the repository, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Called with every line of act's as it comes. */
  readonly hear?: (line: string) => void;
}

/** What became of each step, and all that act printed. */
export interface WorkflowRun extends Ended {
  readonly succeeded: boolean;
  /** What steps printed, without act's prefix. */
  readonly printed: readonly string[];
}

/** Resolves when the workflow is over, however it went. */
export async function runWorkflow(file: string, options: WorkflowOptions = {}): Promise<WorkflowRun> {
  const scratch = mkdtempSync(join(tmpdir(), 'e2e-act-'));
  try {
    const repository = makeRepository(scratch, file, options.files ?? {});
    const args = makeArguments(scratch, file, options);
    const env = {
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      HOME: scratch,
      XDG_CACHE_HOME: scratch,
    };
    const place = { cwd: repository, env, ...(options.hear ? { hear: options.hear } : {}) };
    const ended = await startProcess(findAct(), args, place).ended;
    const printed = ended.lines.flatMap((line) => /^\[.*?\]\s+\| (.*)$/.exec(line)?.[1] ?? []);
    return { ...ended, succeeded: ended.exitCode === 0, printed };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function findAct(): string {
  const cache = process.env['CLUSTER_CACHE'] ?? join(homedir(), '.cache/kubernetes-executor');
  const built = join(cache, 'bin/act');
  return process.env['ACT'] ?? (existsSync(built) ? built : 'act');
}

/** act wants a git repository with an origin; it takes files that are not committed. */
function makeRepository(scratch: string, file: string, files: Readonly<Record<string, string>>): string {
  const repository = join(scratch, 'ops');
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), text);
  };
  write(workflowPath(file), readFileSync(file, 'utf8'));
  for (const [path, text] of Object.entries(files)) write(path, text);
  const git = (...args: string[]) => execFileSync('git', ['-C', repository, ...args]);
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', 'https://github.com/acme/ops');
  git('add', '--all');
  git('-c', 'user.name=ops', '-c', 'user.email=ops@acme.example', 'commit', '--quiet', '--message=ops');
  return repository;
}

function workflowPath(file: string): string {
  return join('.github/workflows', basename(file));
}

function makeArguments(scratch: string, file: string, options: WorkflowOptions): readonly string[] {
  const event = join(scratch, 'event.json');
  writeFileSync(event, JSON.stringify({ inputs: options.inputs ?? {} }));
  const secrets = join(scratch, 'secrets');
  const lines = Object.entries(options.secrets ?? {}).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(secrets, lines.join(''), { mode: 0o600 });
  const env = { GITHUB_REPOSITORY: 'acme/ops', GITHUB_RUN_ID: `${Date.now()}${process.pid}`, ...options.env };
  const action = copyAction(scratch);
  return [
    'workflow_dispatch',
    '--platform=ubuntu-latest=-self-hosted',
    '--no-cache-server',
    '--action-offline-mode',
    `--workflows=${workflowPath(file)}`,
    `--eventpath=${event}`,
    `--secret-file=${secrets}`,
    ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...usedNames(file).flatMap((name) => ['--local-repository', `${name}=${action}`]),
  ];
}

/** What a workflow downloads of the action: its declaration and its bundle. */
function copyAction(scratch: string): string {
  const action = join(scratch, 'action');
  mkdirSync(action);
  for (const part of ['action.yml', 'dist'])
    cpSync(join(ROOT, part), join(action, part), { recursive: true });
  return action;
}

/** `owner/name@ref` of every use of this action, whatever its owner is called. */
function usedNames(file: string): readonly string[] {
  const uses = readFileSync(file, 'utf8').matchAll(/uses:\s*([\w.-]+\/kubernetes-executor-action@[\w.-]+)/g);
  return [...new Set([...uses].map(([, name]) => name ?? ''))];
}
