import { describe, expect, it } from 'vitest';
import { parseImage } from '../../../src/catalog/image-reference.ts';

const SHA256 = `sha256:${'0123456789abcdef'.repeat(4)}`;
const SHA512 = `sha512:${'0123456789abcdef'.repeat(8)}`;

describe('parseImage', () => {
  it.each([
    ['busybox', { registry: 'docker.io' }],
    ['busybox:1.37', { registry: 'docker.io', tag: '1.37' }],
    ['library/busybox:latest', { registry: 'docker.io', tag: 'latest' }],
    ['ghcr.io/acme/shop/web:v1.2.3-rc.1', { registry: 'ghcr.io', tag: 'v1.2.3-rc.1' }],
    ['localhost/web', { registry: 'localhost' }],
    ['localhost:1/app:e2e', { registry: 'localhost:1', tag: 'e2e' }],
    ['registry:5000/a_b/c__d/e-f--g.h', { registry: 'registry:5000' }],
    ['[::1]:5000/web:2', { registry: '[::1]:5000', tag: '2' }],
    [`web@${SHA256}`, { registry: 'docker.io', digest: SHA256 }],
    [`quay.io/acme/web:1@${SHA512}`, { registry: 'quay.io', tag: '1', digest: SHA512 }],
    [`a:${'t'.repeat(128)}`, { registry: 'docker.io', tag: 't'.repeat(128) }],
  ])('reads %s', (text, reference) => {
    expect(parseImage(text)).toEqual(reference);
  });

  it.each([
    '',
    ' ',
    'web 2',
    'web:2 ',
    'web:2\n',
    'Web',
    'acme/Web:2',
    'web:',
    ':2',
    'web:-2',
    'web@sha256:12',
    `web@${SHA256.toUpperCase()}`,
    `web@md5:${'0'.repeat(32)}`,
    `web@${SHA256}:2`,
    'https://ghcr.io/acme/web:2',
    'ghcr.io//web',
    '/web',
    'web/',
    'a..b/../c',
    `a:${'t'.repeat(129)}`,
    `ghcr.io/${'a'.repeat(250)}`,
    'a'.repeat(100_000),
    '-'.repeat(100_000),
  ])('refuses %j', (text) => {
    expect(parseImage(text)).toBeUndefined();
  });
});
