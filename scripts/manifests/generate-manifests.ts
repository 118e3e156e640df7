/** All of `manifests/`: what `kubectl apply -k manifests` installs, and the files with which namespaces opt in. */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { catalog } from '../../src/catalog/index.ts';
import type { GeneratedFiles } from '../generated-files.ts';
import {
  actionAccess,
  callerAccess,
  executorAccess,
  type InstalledAction,
  optIn,
  rehearserAccess,
} from './access.ts';
import { fieldPolicies } from './field-policy.ts';
import {
  actFromPods,
  keepCredentials,
  keepOwners,
  protectNamespaces,
  rehearseOnly,
  shortTokens,
} from './identity-policies.ts';
import { installationManifest, namespaces, programManifest, programName } from './installation.ts';
import { createJobs, keepJobs, stopExecutions } from './job-policies.ts';
import { manifestPolicies } from './manifest-policy.ts';
import { closePods, createPods, keepPods } from './pod-policies.ts';
import { type Policy, renderPolicy } from './policy.ts';
import { PREVIOUS_PROGRAMS } from './previous-programs.ts';
import { createSecrets, holdLocks, keepSecrets, writeJournals } from './record-policies.ts';
import { type Manifest, renderManifests } from './yaml.ts';

const root = resolve(import.meta.dirname, '../..');
const FOLDER = 'manifests';

export async function generateManifests(): Promise<GeneratedFiles> {
  const files = buildManifests({
    actions: catalog,
    program: await readProgram(),
    previous: PREVIOUS_PROGRAMS,
  });
  const there = await readdir(join(root, FOLDER), { recursive: true, withFileTypes: true });
  const leftover = there
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !files.has(path));
  return new Map([...files, ...leftover.map((path) => [path, null] as const)]);
}

async function readProgram(): Promise<string> {
  try {
    return await readFile(join(root, 'dist/executor.mjs'), 'utf8');
  } catch (error) {
    throw new Error('dist/executor.mjs is missing; `npm run build` makes it, and manifests/ carries it.', {
      cause: error,
    });
  }
}

export interface InstallationSource {
  readonly actions: readonly InstalledAction[];
  /** The executor's text. */
  readonly program: string;
  /** Names of ConfigMaps with earlier programs. */
  readonly previous: readonly string[];
}

/** Paths under `manifests/` to their YAML. */
export function buildManifests({
  actions,
  program,
  previous,
}: InstallationSource): ReadonlyMap<string, string> {
  const programs = [programName(program), ...previous];
  const installed = new Map([
    [
      'namespaces.yaml',
      renderManifests('The executor runs in one namespace; its locks live in another.', namespaces()),
    ],
    [
      'executor/access.yaml',
      renderManifests(
        'What every executor may do for journal and locks, and the identity that rehearses pods.',
        [...executorAccess(), ...rehearserAccess()],
      ),
    ],
    [
      'executor/installation.yaml',
      renderManifests('Images, programs and protected namespaces of this installation.', [
        installationManifest(programs),
      ]),
    ],
    [
      'executor/program.yaml',
      renderManifests("The executor, from dist/executor.mjs; the name carries the text's hash.", [
        programManifest(program),
      ]),
    ],
    [
      'callers.yaml',
      renderManifests('What a workflow may do in the two namespaces.', callerAccess(actions, programs)),
    ],
    ...POLICIES.map(
      ([file, about, policies]) => [`policy/${file}.yaml`, renderPolicies(about, policies)] as const,
    ),
    ...actions.map((action) => [`actions/${action.name}.yaml`, renderAction(action)] as const),
  ]);
  const optIns = actions.map((action) => [`opt-in/${action.name}.yaml`, renderOptIn(action)] as const);
  const files = [
    ['kustomization.yaml', renderKustomization([...installed.keys()])] as const,
    ...installed,
    ...optIns,
  ];
  return new Map(files.map(([path, text]) => [`${FOLDER}/${path}`, text]));
}

const POLICIES: readonly (readonly [file: string, about: string, policies: readonly Policy[]])[] = [
  [
    'identity',
    'Actions rehearse from anywhere and act from their pods alone.',
    [actFromPods, rehearseOnly, shortTokens],
  ],
  [
    'jobs',
    'Who may create and stop executions, and the shape they have.',
    [createJobs, keepJobs, stopExecutions],
  ],
  [
    'pods',
    'Pods come from the Job controller, keep their shape, and are closed.',
    [createPods, keepPods, closePods],
  ],
  ['secrets', 'Secrets here are plans of executions.', [createSecrets, keepSecrets]],
  ['leases', 'Journals are written by their own pod, locks by their holder.', [writeJournals, holdLocks]],
  [
    'objects',
    'What no action may touch, wherever it is bound.',
    [protectNamespaces, keepOwners, keepCredentials],
  ],
];

function renderPolicies(about: string, policies: readonly Policy[]): string {
  return renderManifests(about, policies.flatMap(renderPolicy));
}

function renderAction(action: InstalledAction): string {
  const manifests: readonly Manifest[] = [
    ...actionAccess(action),
    ...[...fieldPolicies(action), ...manifestPolicies(action)].flatMap(renderPolicy),
  ];
  return renderManifests(`Identity, rights and writable fields of ${action.name}.`, manifests);
}

function renderOptIn(action: InstalledAction): string {
  const file = `${FOLDER}/opt-in/${action.name}.yaml`;
  const command =
    action.scope === 'cluster' ? `kubectl apply -f ${file}` : `kubectl apply -n NAMESPACE -f ${file}`;
  return renderManifests(`Lets ${action.name} work and callers ask for it: ${command}`, optIn(action));
}

function renderKustomization(resources: readonly string[]): string {
  return renderManifests('Installs or upgrades the executor: kubectl apply -k manifests', [
    {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      labels: [{ pairs: { 'app.kubernetes.io/part-of': 'kubernetes-executor' }, includeSelectors: false }],
      resources,
    },
  ]);
}
