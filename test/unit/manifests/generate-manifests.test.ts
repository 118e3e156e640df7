import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { findStale } from '../../../scripts/generate.ts';
import type { InstalledAction } from '../../../scripts/manifests/access.ts';
import { buildManifests } from '../../../scripts/manifests/generate-manifests.ts';
import { catalog } from '../../../src/catalog/index.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata?: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly policyName?: string; readonly validations?: readonly Validation[] };
  readonly rules?: readonly {
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
  readonly data?: Readonly<Record<string, string>>;
}

interface Validation {
  readonly expression: string;
  readonly reason?: string;
  readonly message?: string;
  readonly messageExpression?: string;
}

const drain: InstalledAction = {
  name: 'drain-node',
  scope: 'cluster',
  permissions: [{ apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] }],
  writableFields: [],
};
const updateSecret: InstalledAction = {
  name: 'update-secret',
  scope: 'namespace',
  permissions: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'patch'] }],
  writableFields: [{ apiGroup: '', version: 'v1', resource: 'secrets', paths: [['data']] }],
};
const PROGRAM = "// it's:\n\tconst a = `x` && '<b>';\n\n  \nexport {};\n";

function build(actions: readonly InstalledAction[] = catalog, program = PROGRAM) {
  return buildManifests({ actions, program, previous: ['executor-0123456789abcdef'] });
}

function read(files: ReadonlyMap<string, string>, path: string): readonly Manifest[] {
  return parseAllDocuments(files.get(path) ?? '').map((document) => document.toJS() as Manifest);
}

function readAll(files: ReadonlyMap<string, string>): readonly Manifest[] {
  return [...files.keys()].flatMap((path) => read(files, path));
}

describe('the installation', () => {
  test('is all that kustomization.yaml lists, without the opt-ins', () => {
    const files = build();
    const { resources } = parse(files.get('manifests/kustomization.yaml') ?? '') as {
      resources: readonly string[];
    };
    const installed = [...files.keys()].map((path) => path.slice('manifests/'.length));
    expect(resources.toSorted()).toEqual(
      installed.filter((path) => path !== 'kustomization.yaml' && !path.startsWith('opt-in/')).toSorted(),
    );
  });

  test('carries the program unchanged, under a name that follows from it', () => {
    const [program] = read(build(), 'manifests/executor/program.yaml');
    expect(program).toMatchObject({ immutable: true, data: { 'executor.mjs': PROGRAM } });
    const name = program?.metadata?.name ?? '';
    expect(name).toMatch(/^executor-[0-9a-f]{16}$/);
    const [installation] = read(build(), 'manifests/executor/installation.yaml');
    expect(installation?.data?.['programs']).toBe(`${name} executor-0123456789abcdef`);
    const [other] = read(build(catalog, `${PROGRAM} `), 'manifests/executor/program.yaml');
    expect(other?.metadata?.name).not.toBe(name);
  });

  test('is refused with a program that client-side apply could not handle', () => {
    expect(() => build(catalog, 'a&&b;'.repeat(20_000))).toThrow(/more than the 262144/);
    expect(() => build(catalog, 'abcde;'.repeat(30_000))).not.toThrow();
  });

  test('lets callers have tokens of all accounts but those that touch Secrets', () => {
    const [caller] = read(build(), 'manifests/callers.yaml');
    const tokens = caller?.rules?.find(({ resources }) => resources.includes('serviceaccounts/token'));
    const others = catalog.filter(({ name }) => name !== 'update-secret');
    expect(tokens?.resourceNames).toEqual([...others.map(({ name }) => `action-${name}`), 'rehearse-pods']);
  });
});

describe('every policy', () => {
  const manifests = readAll(build());
  const policies = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');

  test('is bound under its own name', () => {
    const bindings = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding');
    expect(bindings.map(({ spec }) => spec?.policyName)).toEqual(
      policies.map(({ metadata }) => metadata?.name),
    );
    expect(new Set(policies.map(({ metadata }) => metadata?.name)).size).toBe(policies.length);
  });

  test('keeps its name in later versions, since an upgrade deletes nothing', () => {
    const names = policies.map(({ metadata }) => metadata?.name ?? '');
    expect(names.filter((name) => !name.includes('-fields-')).toSorted()).toEqual(
      [
        'apply-cluster-manifest-objects',
        'apply-manifest-objects',
        'delete-manifest-objects',
        'identity',
        'jobs',
        'jobs-stay',
        'journals',
        'kept-secrets',
        'locks',
        'owner-references',
        'pods',
        'pods-closed',
        'pods-stay',
        'protected-namespaces',
        'rehearse',
        'secrets',
        'secrets-stay',
        'stop',
        'tokens',
      ].map((name) => `kubernetes-executor-${name}`),
    );
  });

  test.each(policies.map(({ metadata, spec }) => [metadata?.name, spec?.validations ?? []] as const))(
    '%s answers 403 and says why',
    (_name, validations) => {
      expect(validations.length).toBeGreaterThan(0);
      for (const { reason, message, messageExpression } of validations) {
        expect(reason).toBe('Forbidden');
        expect(message ?? messageExpression).toBeTruthy();
      }
    },
  );
});

describe('opting in', () => {
  test('names no namespace, so that one file serves all', () => {
    const bindings = read(build(), 'manifests/opt-in/scale-deployment.yaml');
    expect(bindings.map(({ kind }) => kind)).toEqual(['RoleBinding', 'RoleBinding', 'RoleBinding']);
    expect(bindings.map(({ metadata }) => metadata?.namespace)).toEqual([undefined, undefined, undefined]);
  });

  test('to a cluster-scoped action holds clusterwide', () => {
    const bindings = read(build([drain]), 'manifests/opt-in/drain-node.yaml');
    expect(bindings.map(({ kind }) => kind)).toEqual(['ClusterRoleBinding', 'ClusterRoleBinding']);
  });

  test('to a manifest for the whole cluster opens no namespace to the tokens that every caller may have', () => {
    const bindings = read(build(), 'manifests/opt-in/apply-cluster-manifest.yaml');
    expect(bindings.map(({ metadata }) => metadata?.name)).not.toContain('kubernetes-executor:rehearse-pods');
  });
});

describe('an action that may write a resource', () => {
  test('must say which fields', () => {
    expect(() => build([{ ...updateSecret, writableFields: [] }])).toThrow(
      'update-secret may write secrets, but its writableFields do not say which fields',
    );
  });

  test('names no more than one field of the members of a list', () => {
    const path = ['spec', 'containers', '*', 'resources', 'limits'];
    const fields = { apiGroup: '', version: 'v1', resource: 'pods', paths: [path] };
    expect(() => build([{ ...drain, writableFields: [fields] }])).toThrow(/exactly one field must follow \*/);
  });
});

describe('what is out of date', () => {
  test('is a file with another text, one that is missing, and one that should not be', async () => {
    expect(
      await findStale(
        new Map([
          ['LICENSE', 'another text'],
          ['no-such-file', 'a text'],
          ['package.json', null],
          ['no-such-file-either', null],
        ]),
      ),
    ).toEqual(['LICENSE', 'no-such-file', 'package.json']);
  });
});
