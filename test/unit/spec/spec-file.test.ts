import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { accept, refuse } from './reading.ts';

const SPEC = `apiVersion: kubernetesexecution.kubernaut.io/v1alpha1
kind: KubernetesExecution
spec:
  action: {type: scale-deployment, target: {resourceName: web}, parameters: {replicas: 3}}
`;

const folder = mkdtempSync(join(tmpdir(), 'spec-file-'));
const workspace = join(folder, 'workspace');
mkdirSync(join(workspace, 'ops'), { recursive: true });
writeFileSync(join(workspace, 'ops', 'scale.yaml'), SPEC);
writeFileSync(join(workspace, 'wrong.yaml'), SPEC.replace('replicas: 3', 'replicas: abc'));
writeFileSync(join(workspace, 'large.yaml'), `${SPEC}# ${'x'.repeat(2_000_000)}`);
writeFileSync(join(workspace, 'binary.yaml'), Buffer.from([0x61, 0xff, 0xfe]));
writeFileSync(join(workspace, 'empty.yaml'), '# nothing\n');
writeFileSync(join(folder, 'outside.yaml'), SPEC);
mkdirSync(`${workspace}-neighbour`);
writeFileSync(join(`${workspace}-neighbour`, 'spec.yaml'), SPEC);
symlinkSync(join(folder, 'outside.yaml'), join(workspace, 'link.yaml'));
symlinkSync(folder, join(workspace, 'up'));
symlinkSync(join(workspace, 'ops', 'scale.yaml'), join(workspace, 'inner.yaml'));
execFileSync('mkfifo', [join(workspace, 'pipe.yaml')]);

afterAll(() => rmSync(folder, { recursive: true }));

describe('a spec file', () => {
  it.each(['ops/scale.yaml', './ops/../ops/scale.yaml', join(workspace, 'ops/scale.yaml'), 'inner.yaml'])(
    'inside the workspace is read: %s',
    (file) => {
      expect(accept({ 'spec-file': file }, workspace).request.executions[0]?.parameters).toEqual({
        replicas: 3,
      });
    },
  );

  it('is named with its lines', () => {
    expect(refuse({ 'spec-file': 'wrong.yaml' }, workspace)).toEqual([
      'spec-file wrong.yaml line 4, spec.action.parameters.replicas: "abc" is not a whole number from 0 to 1000.',
    ]);
  });

  it.each([
    ['../outside.yaml', 'is outside the workspace'],
    ['../workspace-neighbour/spec.yaml', 'is outside the workspace'],
    [join(folder, 'outside.yaml'), 'is outside the workspace'],
    ['link.yaml', 'is outside the workspace'],
    ['up/outside.yaml', 'is outside the workspace'],
    ['/etc/passwd', 'is outside the workspace'],
    ['.', 'is not a regular file'],
    ['ops', 'is not a regular file'],
    ['pipe.yaml', 'is not a regular file'],
    ['missing.yaml', 'does not exist in the workspace; is there a checkout step before this one?'],
    ['large.yaml', 'at most 102400 (100 KiB) are read'],
    ['binary.yaml', 'is not UTF-8 text'],
  ])('%s is refused', (file, expected) => {
    const problems = refuse({ 'spec-file': file }, workspace);
    expect(problems).toEqual([expect.stringContaining(expected)]);
    expect(problems[0]).toMatch(/^input spec-file: "/);
    expect(problems[0]).toMatch(/[^.?][.?]$/);
  });

  it('takes no namespace beside it, and nothing else is said', () => {
    expect(refuse({ 'spec-file': 'ops/scale.yaml', namespace: 'shop' }, workspace)).toEqual([
      'input namespace: does not go with spec-file: it belongs into the spec, as spec.action.target.namespace; leave it out here.',
    ]);
  });

  it('beside a spec and a namespace is told of both', () => {
    expect(refuse({ 'spec-file': 'ops/scale.yaml', spec: SPEC, namespace: 'shop' }, workspace)).toEqual([
      expect.stringContaining('inputs spec, spec-file: say what to do in two ways'),
      expect.stringContaining('input namespace: does not go with spec and spec-file'),
    ]);
  });

  it('with nothing in it is refused', () => {
    expect(refuse({ 'spec-file': 'empty.yaml' }, workspace)).toEqual([
      'spec-file empty.yaml: is empty; expected a KubernetesExecution manifest.',
    ]);
  });
});
