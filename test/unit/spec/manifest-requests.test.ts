import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sayTarget } from '../../../src/spec/request.ts';
import { accept, onlyExecution, refuse } from './reading.ts';

const OBJECT = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';
const PARAMETERS = JSON.stringify({ manifest: OBJECT });
const APPLY = { action: 'apply-manifest', parameters: PARAMETERS };
const workspace = mkdtempSync(join(tmpdir(), 'manifest-'));
writeFileSync(join(workspace, 'app.yaml'), `${OBJECT}---\n${OBJECT.replace('a}', 'b}')}`);
writeFileSync(join(workspace, 'wrong.yaml'), `${OBJECT}---\nkind: ConfigMap\n`);

/** The shapes that have a place for the target. */
function asObject(type: string, target?: object): Record<string, string> {
  return spec({ action: { type, target, parameters: { manifest: OBJECT } } });
}

function asV1(actionType: string, targetResource?: object): Record<string, string> {
  const actionDefinition = { actionType, targetResource, parameters: { manifest: OBJECT } };
  const apiVersion = 'executor.kubernaut.io/v1';
  return { spec: JSON.stringify({ apiVersion, kind: 'KubernetesExecution', spec: { actionDefinition } }) };
}

function spec(body: object): Record<string, string> {
  const apiVersion = 'kubernetesexecution.kubernaut.io/v1alpha1';
  return { spec: JSON.stringify({ apiVersion, kind: 'KubernetesExecution', spec: body }) };
}

describe('an action that takes a manifest', () => {
  it('needs no target, and takes the namespace as one', () => {
    const execution = onlyExecution(accept(APPLY));
    expect(execution).toMatchObject({
      name: '',
      parameters: { manifest: [{ kind: 'ConfigMap', name: 'a' }] },
    });
    expect(sayTarget(execution)).toBe('the objects of its manifest');
    expect(onlyExecution(accept({ ...APPLY, target: 'namespace/shop' })).namespace).toBe('shop');
    expect(onlyExecution(accept({ ...APPLY, target: 'ns/shop', namespace: 'shop' })).namespace).toBe('shop');
  });

  it('takes it from a file of the workspace', () => {
    const { parameters } = onlyExecution(accept({ action: 'apply', 'manifest-file': 'app.yaml' }, workspace));
    expect(parameters).toMatchObject({ manifest: [{ name: 'a' }, { name: 'b' }] });
  });

  it.each([
    [
      'applyManifest',
      spec({ action: 'apply_manifest', parameters: { applyManifest: { manifest: OBJECT } } }),
    ],
    [
      'a target of the older form',
      {
        spec: JSON.stringify({
          apiVersion: 'executor.kubernaut.io/v1',
          kind: 'KubernetesExecution',
          spec: {
            actionDefinition: {
              actionType: 'apply-manifest',
              targetResource: { kind: 'Namespace', name: 'shop' },
              parameters: { manifest: OBJECT },
            },
          },
        }),
      },
    ],
  ])('takes it from a spec by %s', (_what, inputs) => {
    expect(onlyExecution(accept(inputs)).parameters).toMatchObject({ manifest: [{ name: 'a' }] });
  });

  it.each([
    ['an object', asObject('apply-cluster-manifest')],
    ['an object with an empty target', asObject('apply-cluster-manifest', {})],
    ['an object with the kind alone', asObject('apply-cluster-manifest', { resourceKind: 'Cluster' })],
    ['v1', asV1('apply-cluster-manifest')],
    ['an object, in one namespace', asObject('apply-manifest')],
    ['v1, in one namespace', asV1('apply-manifest')],
  ])('needs no target in %s', (_what, inputs) => {
    const execution = onlyExecution(accept(inputs));
    expect(execution).toMatchObject({ name: '', parameters: { manifest: [{ name: 'a' }] } });
    expect(execution).not.toHaveProperty('namespace');
  });

  it.each([
    ['an object', asObject('apply-manifest', { namespace: 'shop' })],
    ['v1', asV1('apply-manifest', { kind: 'Namespace', namespace: 'shop' })],
  ])('takes a namespace alone in %s', (_what, inputs) => {
    expect(onlyExecution(accept(inputs))).toMatchObject({ namespace: 'shop' });
  });

  it.each([
    [asObject('apply-manifest', { resourceKind: 'Deployment' }), 'takes no target'],
    [asV1('apply-manifest', { kind: 'Deployment', namespace: 'shop' }), 'takes no target'],
    [asV1('apply-manifest', { kind: 'Namespace', apiVersion: 'v2' }), 'is not the apiVersion of Namespace'],
    [asObject('apply-cluster-manifest', { resourceName: 'a' }), 'leave it out'],
  ])('is refused in one line with a target that means nothing', (inputs, message) => {
    expect(refuse(inputs)).toEqual([expect.stringContaining(message)]);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'without one',
      { action: 'apply-manifest' },
      'input manifest-file: is not given; apply-manifest needs it, or the parameter manifest.',
    ],
    [
      'with a file that is not there',
      { action: 'apply', 'manifest-file': 'none.yaml' },
      'input manifest-file: "none.yaml" does not exist in the workspace; is there a checkout step before this one?',
    ],
    [
      'without one in a spec',
      spec({ action: 'apply-manifest', parameters: { applyManifest: {} } }),
      'spec line 1, spec.parameters.applyManifest.manifest: is missing; expected YAML or JSON text with one or several objects, or a List.',
    ],
  ])('is refused in one line %s', (_what, inputs, message) => {
    expect(refuse(inputs, workspace)).toEqual([message]);
  });

  it('is not missed where it may stand in what can not be read', () => {
    expect(refuse({ action: 'apply', parameters: 'manifest: {' })).toEqual([
      expect.stringContaining('input parameters line 1: not valid YAML'),
    ]);
  });

  it('has its other parameters checked without one too', () => {
    const problems = refuse({ action: 'apply', parameters: 'colour: red' });
    expect(problems).toEqual([expect.stringContaining('colour'), expect.stringContaining('manifest-file')]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['with one that is no text', { ...APPLY, parameters: 'manifest: 3' }, '3 is not YAML or JSON text'],
    ['with nothing as one', { ...APPLY, parameters: 'manifest:' }, 'nothing is not YAML or JSON text'],
    [
      'with a list of YAML in place of text',
      { ...APPLY, parameters: 'manifest:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}' },
      'input parameters line 1, manifest: a list is not YAML or JSON text with one or several objects, or a List; write it as text, below "manifest: |".',
    ],
    [
      'with objects as they are after reading',
      spec({
        action: 'apply-manifest',
        parameters: {
          applyManifest: {
            manifest: [{ where: 'document 1', apiVersion: 'v1', kind: 'Secret', name: 'a', body: {} }],
          },
        },
      }),
      'a list is not YAML or JSON text',
    ],
    [
      'with a map of YAML, and its other parameters are checked too',
      { ...APPLY, parameters: 'manifest: {kind: ConfigMap}\ncolour: red' },
      '"colour" is not a parameter of the action',
    ],
    [
      'with an object as target',
      { ...APPLY, target: 'deployment/web' },
      'input target: apply-manifest takes no target: its objects stand in the manifest; leave target out.',
    ],
    [
      'with another namespace as target',
      { ...APPLY, target: 'ns/a', namespace: 'b' },
      'acts on the objects of its manifest',
    ],
    ['with a selector', { ...APPLY, selector: 'a=b' }, 'acts on the objects of its manifest'],
    [
      'for the cluster, with a namespace',
      { ...APPLY, action: 'apply-cluster-manifest', namespace: 'a' },
      'without a namespace; leave it out',
    ],
    ['with two manifests', { ...APPLY, 'manifest-file': 'app.yaml' }, 'are both given'],
    [
      'with a URL',
      spec({ action: 'apply-manifest', parameters: { applyManifest: { manifestUrl: 'https://a' } } }),
      'what a URL gives nobody has reviewed',
    ],
    ['with a file outside of the workspace', { action: 'apply', 'manifest-file': '../x' }, 'manifest-file'],
    [
      'with a wrong file',
      { action: 'apply', 'manifest-file': 'wrong.yaml' },
      'manifest-file wrong.yaml line 5',
    ],
    [
      'that takes none',
      { action: 'scale-deployment', target: 'web', parameters: 'replicas: 1', 'manifest-file': 'app.yaml' },
      'this one takes none',
    ],
    [
      'beside a spec',
      { ...spec({ action: 'apply-manifest', parameters: {} }), 'manifest-file': 'app.yaml' },
      'input manifest-file: does not go with spec',
    ],
  ])('is refused %s', (_what, inputs, message) => {
    expect(refuse(inputs, workspace).join('\n')).toContain(message);
  });
});
