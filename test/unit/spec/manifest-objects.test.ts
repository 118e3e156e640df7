import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../src/spec/problems.ts';
import { readManifestObjects } from '../../../src/spec/read-manifest-objects.ts';

function read(text: string, namespace?: string) {
  const problems: Problem[] = [];
  const objects = readManifestObjects(text, 'manifest', namespace, (problem) => problems.push(problem));
  const said = problems.map(({ where, message }) => `${where}: ${message}`).join('\n');
  return { objects, said };
}

function configMap(metadata: string, rest = ''): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: ${metadata}\n${rest}`;
}

describe('a manifest', () => {
  it('is one or several documents, JSON too, and lists stand for their items', () => {
    const list = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMapList',
      items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b', namespace: 'shop' } }],
    });
    const { objects, said } = read(`${configMap('{name: a}')}---\n${list}\n---\n# nothing\n`, 'shop');
    expect(said).toBe('');
    expect(objects?.map(({ name, namespace }) => [name, namespace])).toEqual([
      ['a', undefined],
      ['b', 'shop'],
    ]);
  });

  it('is read as kubectl reads it: octal numbers, yes and no, merge keys; times and sexagesimals stay text', () => {
    const data =
      'data: {mode: 0644, on: yes, at: 2001-12-14, time: 1:30, no: "y"}\nbase: &b {x: 1}\nmore: {<<: *b, z: 2}\n';
    expect(read(configMap('{name: a}', data)).objects?.[0]?.body).toMatchObject({
      data: { mode: 420, true: true, at: '2001-12-14', time: '1:30', false: 'y' },
      more: { x: 1, z: 2 },
    });
  });

  it.each(['example.com/v1', 'example.com/beta1'])(
    'may be of a kind and of %s as definitions may call them',
    (version) => {
      const { objects, said } = read(`apiVersion: ${version}\nkind: cron-Tab\nmetadata: {name: a}`);
      expect(said).toBe('');
      expect(objects?.[0]).toMatchObject({ apiVersion: version, kind: 'cron-Tab' });
    },
  );

  it('may have what kubectl prints for nothing: an empty status, no creationTimestamp', () => {
    const { objects, said } = read(configMap('{name: a, creationTimestamp: null}', 'status: {}\n'));
    expect(said).toBe('');
    expect(objects?.[0]?.body).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
  });

  it.each([
    ['no object', 'just text', 'manifest line 1 (document 1): "just text" is not an object'],
    ['nothing', '# nothing', 'manifest: is empty'],
    [
      'no apiVersion',
      'kind: ConfigMap\nmetadata: {name: a}',
      'apiVersion (document 1): nothing is not an apiVersion',
    ],
    ...['apps', 'apps/v1/x', 'Apps/v1', 'apps/1', 'apps/'].map((version): [string, string, string] => [
      `the apiVersion ${version}`,
      `apiVersion: ${version}\nkind: ConfigMap\nmetadata: {name: a}`,
      'is not an apiVersion such as apps/v1',
    ]),
    ...['Con fig', '-Config', 'K\u212a'].map((kind): [string, string, string] => [
      `the kind ${kind}`,
      `apiVersion: v1\nkind: ${kind}\nmetadata: {name: a}`,
      'is not a kind such as Deployment',
    ]),
    ['no kind', 'apiVersion: v1\nmetadata: {name: a}', 'kind (document 1): nothing is not a kind'],
    ['no name', configMap('{}'), 'metadata.name (document 1): nothing is not a Kubernetes name'],
    ['no metadata', 'apiVersion: v1\nkind: ConfigMap', 'metadata.name (document 1)'],
    ['a name that is a path', configMap('{name: ../a}'), '"../a" is not a Kubernetes name'],
    ['generateName', configMap('{generateName: a-}'), 'would make another object each time'],
    ['a status', configMap('{name: a}', 'status: {phase: x}'), 'line 4, status (document 1): is written by'],
    ['a uid', configMap('{name: a, uid: x}'), 'metadata.uid (document 1): is written by the server'],
    ['a resourceVersion', configMap('{name: a, resourceVersion: "1"}'), 'metadata.resourceVersion'],
    ['managed fields', configMap('{name: a, managedFields: []}'), 'metadata.managedFields'],
    ['an owner', configMap('{name: a, ownerReferences: []}'), 'is not for manifests'],
    [
      "kubectl's own copy",
      configMap('{name: a, annotations: {kubectl.kubernetes.io/last-applied-configuration: x}}'),
      "kubectl's own copy",
    ],
    ['another namespace', configMap('{name: a, namespace: other}'), '"other" is not shop'],
    ['no namespace that could be', configMap('{name: a, namespace: A_B}'), 'is not the name of a namespace'],
    [
      'a number too long',
      configMap('{name: a}', 'data: {big: 12345678901234567890}'),
      'data.big (document 1): is a number',
    ],
    [
      'what a report has left out',
      configMap('{name: a}', 'data: {url: "postgres://<<redacted>>@db/shop"}'),
      'line 4, data.url (document 1): has <<redacted>> in it',
    ],
    ['a Secret', 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}', 'update-secret'],
    ['no YAML', 'a: [', 'not valid YAML'],
    [
      'two of one name',
      `${configMap('{name: a}')}---\n${configMap('{name: a}')}`,
      'configmap/a is there twice, first at manifest line 1',
    ],
  ])('with %s is refused, by line and document', (_what, text, message) => {
    const { objects, said } = read(text, 'shop');
    expect(said).toContain(message);
    expect(objects).toBeUndefined();
  });

  it('of more objects, bytes or aliases than can be meant is refused', () => {
    const many = Array.from({ length: 101 }, (_, index) => configMap(`{name: a${index}}`)).join('---\n');
    expect(read(many).said).toContain('has 101 objects; at most 100');
    expect(read(configMap('{name: a}', `data: {a: "${'x'.repeat(110_000)}"}`)).said).toContain('100 KiB');
    const bomb = `a: &a [x, x, x]\nb: &b [${'*a, '.repeat(50)}*a]\nc: [${'*b, '.repeat(50)}*b]\n`;
    expect(read(bomb).said).toContain('aliases expand to more than');
  });

  it('tells all that is wrong with all of it at once', () => {
    const { said } = read(
      `${configMap('{uid: x}')}---\nnone\n---\n${configMap('{name: b, namespace: c}')}`,
      'shop',
    );
    for (const part of ['metadata.name', 'metadata.uid', '"none"', '"c" is not shop'])
      expect(said).toContain(part);
  });
});
