import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestPath } from '../../../src/cluster/path.ts';
import type { ResourcePath } from '../../../src/plan/objects.ts';

const deployment: ResourcePath = {
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  namespace: 'shop',
  name: 'web',
};
const role: ResourcePath = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles' };

/** What URLs, proxies and file systems read in their own way, among what they do not. */
const UNITS = [
  'a',
  'Z',
  '0',
  '-',
  '.',
  '..',
  '/',
  '\\',
  '%',
  '%2e',
  '%2f',
  ':',
  '?',
  '#',
  ';',
  ' ',
  '+',
  '@',
  'ä',
  '\u{1f600}',
  '\ud800',
  '\n',
];

describe('requestPath', () => {
  it.each<[string, ResourcePath, string]>([
    ['an object', deployment, '/apis/apps/v1/namespaces/shop/deployments/web'],
    [
      'a subresource',
      { ...deployment, subresource: 'scale' },
      '/apis/apps/v1/namespaces/shop/deployments/web/scale',
    ],
    [
      'a collection of the core group',
      { group: '', version: 'v1', resource: 'pods', namespace: 'shop' },
      '/api/v1/namespaces/shop/pods',
    ],
    [
      'a namespace',
      { group: '', version: 'v1', resource: 'namespaces', name: 'shop' },
      '/api/v1/namespaces/shop',
    ],
    [
      'a node with dots and a colon',
      { group: '', version: 'v1', resource: 'nodes', name: 'ip-10-0-0-1.ec2.internal:x' },
      '/api/v1/nodes/ip-10-0-0-1.ec2.internal:x',
    ],
    [
      'a role with colons',
      { ...role, name: 'system:controller:node' },
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:controller:node',
    ],
    [
      'a role with a space',
      { ...role, name: 'Team A' },
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/Team%20A',
    ],
    [
      'a name with dots',
      { ...deployment, name: 'web.v1' },
      '/apis/apps/v1/namespaces/shop/deployments/web.v1',
    ],
  ])('builds the path of %s', (_what, path, expected) => {
    expect(requestPath(path)).toBe(expected);
  });

  it.each<[string, Partial<ResourcePath>]>([
    ['a slash', { name: 'a/b' }],
    ['an escaped slash', { name: 'a%2fb' }],
    ['the parent', { name: '..' }],
    ['itself', { name: '.' }],
    ['nothing', { name: '' }],
    ['a query', { name: 'a?dryRun=All' }],
    ['a fragment', { name: 'a#b' }],
    ['a line break', { name: 'a\nb' }],
    ['half a character', { name: 'a\ud800' }],
    ['254 characters', { name: 'a'.repeat(254) }],
    ['capitals where DNS names are asked for', { name: 'Web' }],
    ['a namespace with a slash', { namespace: 'shop/pods' }],
    ['a namespace with a dot', { namespace: 'shop.eu' }],
    ['an empty namespace', { namespace: '' }],
    ['a group with a slash', { group: 'apps/v1' }],
    ['an empty version', { version: '' }],
    ['a resource with a slash', { resource: 'deployments/scale' }],
    ['a subresource with a slash', { subresource: 'scale/x' }],
  ])('refuses %s', (_what, part) => {
    expect(() => requestPath({ ...deployment, ...part })).toThrow(/^not a valid /);
  });

  it('refuses a subresource of a collection and a namespace in a namespace', () => {
    const { name: _name, ...collection } = deployment;
    expect(() => requestPath({ ...collection, subresource: 'scale' })).toThrow("without an object's name");
    const inside = { group: '', version: 'v1', resource: 'namespaces', namespace: 'a', name: 'b' };
    expect(() => requestPath(inside)).toThrow('no namespaced object');
  });

  it('gives every accepted name back after decoding, in one segment', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...UNITS), maxLength: 8 }), (name) => {
        const path = accepted(() => requestPath({ ...role, name }));
        if (path === undefined) return;
        const segments = new URL(path, 'https://api.test').pathname.split('/');
        expect(segments).toHaveLength(6);
        expect(decodeURIComponent(segments[5] ?? '')).toBe(name);
      }),
      { numRuns: 1000 },
    );
  });
});

function accepted(build: () => string): string | undefined {
  try {
    return build();
  } catch {
    return undefined;
  }
}
