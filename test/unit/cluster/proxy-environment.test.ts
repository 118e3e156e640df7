import { describe, expect, it } from 'vitest';
import { environmentProxy } from '../../../src/cluster/credentials/proxy-environment.ts';
import { CredentialsError } from '../../../src/cluster/errors.ts';

const HTTPS_PROXY = 'http://proxy:3128';

describe('environmentProxy', () => {
  it('follows the scheme of the server and takes both spellings', () => {
    expect(environmentProxy('https://api.test', { HTTPS_PROXY })).toBe(HTTPS_PROXY);
    expect(environmentProxy('https://api.test', { https_proxy: 'proxy:3128' })).toBe(HTTPS_PROXY);
    expect(environmentProxy('https://api.test', { HTTP_PROXY: HTTPS_PROXY })).toBeUndefined();
    expect(environmentProxy('http://api.test', { HTTP_PROXY: HTTPS_PROXY })).toBe(HTTPS_PROXY);
    expect(environmentProxy('https://api.test', { HTTPS_PROXY: '' })).toBeUndefined();
  });

  it.each([
    ['*', 'https://api.test'],
    ['api.test', 'https://api.test'],
    ['test', 'https://api.test'],
    ['.test', 'https://api.test'],
    ['*.test', 'https://api.test'],
    ['a.b, API.test', 'https://api.test'],
    ['api.test:6443', 'https://api.test:6443'],
    ['10.0.0.0/8', 'https://10.1.2.3:6443'],
    ['10.1.2.3', 'https://10.1.2.3'],
    ['fd00::/8', 'https://[fd00::1]:6443'],
    ['[fd00::1]:6443', 'https://[fd00::1]:6443'],
    ['', 'https://localhost:6443'],
    ['', 'https://127.1.2.3'],
    ['', 'https://[::1]'],
  ])('goes direct with NO_PROXY=%s to %s', (NO_PROXY, server) => {
    expect(environmentProxy(server, { HTTPS_PROXY, NO_PROXY })).toBeUndefined();
  });

  it.each([
    ['.api.test', 'https://api.test'],
    ['pi.test', 'https://api.test'],
    ['api.test:443', 'https://api.test:6443'],
    ['10.0.0.0/8', 'https://11.1.2.3'],
    ['10.0.0.0/99', 'https://10.1.2.3'],
    ['10.1.2', 'https://10.1.2.3'],
    [',', 'https://api.test'],
  ])('goes through the proxy with NO_PROXY=%s to %s', (NO_PROXY, server) => {
    expect(environmentProxy(server, { HTTPS_PROXY, NO_PROXY })).toBe(HTTPS_PROXY);
  });

  it('says which variable names a proxy that can not be used, and not its password', () => {
    const proxies = { HTTPS_PROXY: 'http://me:100%pass@proxy:3128', http_proxy: 'socks5://proxy:1080' };
    expect(() => environmentProxy('https://api.test', proxies)).toThrow(
      new CredentialsError(
        'HTTPS_PROXY: user or password of the proxy proxy:3128 has a "%" that begins no escape: write each "%" of it as %25',
      ),
    );
    expect(() => environmentProxy('http://api.test', proxies)).toThrow(
      new CredentialsError(
        'http_proxy: a socks5 proxy is not supported: only http:// and https:// proxies are',
      ),
    );
    expect(environmentProxy('https://api.test', { ...proxies, NO_PROXY: 'api.test' })).toBeUndefined();
  });
});
