/** What GitHub's runner puts into a step's environment: the workflow's variables, the inputs, the files to write. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '../../..');

export type Inputs = Readonly<Record<string, string>>;
export type Environment = Readonly<Record<string, string>>;

/** The folders of one job on the runner. */
export interface JobFolders {
  readonly workspace: string;
  readonly temp: string;
}

/** The files of one phase of a step; the runner gives each phase new ones. */
export type PhaseFiles = Readonly<Record<'output' | 'state' | 'summary' | 'env' | 'path', string>>;

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly default?: string | boolean | number } | null>>;
  readonly runs: { readonly main: string; readonly post: string };
}

/** The action as its `action.yml` declares it: main, post, and the defaults of its inputs. */
export function readAction(): ActionFile {
  return parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as ActionFile;
}

export function makeJobFolders(): JobFolders {
  const root = mkdtempSync(join(tmpdir(), 'e2e-job-'));
  const folders = { workspace: join(root, 'workspace'), temp: join(root, 'temp') };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  return folders;
}

export function makePhaseFiles(temp: string): PhaseFiles {
  const folder = mkdtempSync(join(temp, 'file-commands-'));
  const make = (name: string) => {
    const path = join(folder, name);
    writeFileSync(path, '');
    return path;
  };
  return {
    output: make('output'),
    state: make('state'),
    summary: make('summary'),
    env: make('env'),
    path: make('path'),
  };
}

const TOKEN = `ghs_${'0'.repeat(36)}`;

/** Every declared input arrives, as its default or as the empty string; undeclared ones arrive as they were given. */
export function inputVariables(inputs: Inputs): Environment {
  const declared = Object.entries(readAction().inputs).map(([name, input]) => {
    const value = String(input?.default ?? '');
    return [name, value.replace(/\$\{\{\s*github\.token\s*\}\}/, TOKEN)] as const;
  });
  const all = { ...Object.fromEntries(declared), ...inputs };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
  );
}

let runs = 0;

/** The variables that all steps of a job share; the run id is one of its own. */
export function workflowVariables({ workspace, temp }: JobFolders): Environment {
  const event = join(temp, 'event.json');
  writeFileSync(event, JSON.stringify({ inputs: {}, repository: { full_name: 'acme/ops' } }));
  return {
    CI: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'octocat',
    GITHUB_ACTOR_ID: '583231',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_EVENT_NAME: 'workflow_dispatch',
    GITHUB_EVENT_PATH: event,
    GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
    GITHUB_JOB: 'operate',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'acme/ops',
    GITHUB_REPOSITORY_ID: '456789',
    GITHUB_REPOSITORY_OWNER: 'acme',
    GITHUB_REPOSITORY_OWNER_ID: '123456',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: `${Date.now()}${process.pid}${++runs}`,
    GITHUB_RUN_NUMBER: '7',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
    GITHUB_TRIGGERING_ACTOR: 'octocat',
    GITHUB_WORKFLOW: 'operate',
    GITHUB_WORKFLOW_REF: 'acme/ops/.github/workflows/operate.yml@refs/heads/main',
    GITHUB_WORKSPACE: workspace,
    HOME: process.env['HOME'] ?? '/root',
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    RUNNER_ARCH: 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'e2e',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: temp,
  };
}

export function fileVariables(files: PhaseFiles): Environment {
  return {
    GITHUB_ENV: files.env,
    GITHUB_OUTPUT: files.output,
    GITHUB_PATH: files.path,
    GITHUB_STATE: files.state,
    GITHUB_STEP_SUMMARY: files.summary,
  };
}
