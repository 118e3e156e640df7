import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAccess } from '../../../src/cluster/credentials/open-access.ts';
import { CredentialsError } from '../../../src/cluster/errors.ts';
import { maskedForms } from '../../../src/step/mask.ts';
import { makeCertificate } from './certificates.ts';

const authority = makeCertificate('ca');
const client = makeCertificate('client');
const base64 = (text: string) => Buffer.from(text).toString('base64');

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  await mkdir(join(directory, 'pki'));
  await writeFile(join(directory, 'pki/ca.crt'), authority.certificate);
  await writeFile(join(directory, 'pki/client.crt'), client.certificate);
  await writeFile(join(directory, 'pki/client.key'), client.key);
});
afterAll(() => rm(directory, { recursive: true }));

interface Parts {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
  readonly more?: object;
}

/** JSON is YAML. */
function kubeconfig({ cluster = {}, user = { token: 'abcdefgh' }, context = {}, more = {} }: Parts): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'prod',
    clusters: [{ name: 'c', cluster: { server: 'https://api.test:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u', ...context } }],
    ...more,
  });
}

const open = (text: string, context?: string, env = {}, mask = (_secret: string): void => {}) =>
  openAccess(
    { kind: 'kubeconfig', kubeconfig: text, ...(context === undefined ? {} : { context }) },
    env,
    mask,
  );
const credentialsOf = async (user: object) => (await open(kubeconfig({ user }))).credentials();

/** A kubeconfig in a file of its own, as KUBECONFIG names it. */
async function stored(text: string, name = 'config'): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, text);
  return file;
}

describe('a kubeconfig', () => {
  it('gives server, authority, name to verify, proxy and namespace of its current context', async () => {
    const cluster = {
      'certificate-authority-data': base64(authority.certificate),
      'tls-server-name': 'api.internal',
      'proxy-url': 'http://proxy:3128',
    };
    const access = await open(kubeconfig({ cluster, context: { namespace: 'shop' } }));
    expect(access).toMatchObject({
      url: 'https://api.test:6443',
      certificateAuthority: authority.certificate,
      tlsServerName: 'api.internal',
      proxyUrl: 'http://proxy:3128',
      namespace: 'shop',
      origin: 'context prod of the input kubeconfig',
      warnings: [],
    });
  });

  it('may be YAML, base64, and base64 in lines', async () => {
    const yaml =
      'current-context: a\nclusters: [{name: c, cluster: {server: https://x}}]\ncontexts: [{name: a, context: {cluster: c}}]';
    for (const text of [yaml, base64(yaml), `${base64(yaml).replaceAll(/(.{60})/g, '$1\n')}\n`]) {
      expect((await open(text)).url).toBe('https://x');
    }
  });

  it('says what is wrong and which contexts there are, and quotes nothing', async () => {
    await expect(open('token: [hunter2')).rejects.toThrow('not valid YAML: line 1');
    await expect(open('hunter2 is my password!')).rejects.toThrow(/^the input kubeconfig is no kubeconfig/);
    await expect(open(kubeconfig({}), 'stage')).rejects.toThrow('has no context "stage"; it has prod');
    await expect(open(kubeconfig({ more: { 'current-context': '' } }))).rejects.toThrow('no current-context');
    await expect(open(kubeconfig({ context: { cluster: 'gone' } }))).rejects.toThrow('no cluster "gone"');
    await expect(open(kubeconfig({ context: { user: 'gone' } }))).rejects.toThrow('no user "gone"');
    await expect(open(kubeconfig({ cluster: { server: 'ftp://x' } }))).rejects.toThrow(
      'must be an address such as',
    );
    await expect(open(kubeconfig({ cluster: { server: 'api.test' } }))).rejects.toThrow(
      'must be an address such as',
    );
    await expect(open(kubeconfig({ cluster: { server: '' } }))).rejects.toThrow('no server is given');
    await expect(credentialsOf({ token: 12345678 })).rejects.toThrow('user u: token must be text');
  });

  it.each([
    '/home/me/.kube/config',
    '/etc/kubeconfig\n',
    '~/.kube/config',
    '$HOME/x',
    'ops/prod.yaml',
    'C:\\kube',
  ])('that is a path is told from a text: %j', async (path) => {
    const refused = await open(path).catch((error: Error) => error.message);
    expect(refused).toContain('looks like a path: set the environment variable KUBECONFIG');
    expect(refused).not.toContain(path.trim());
  });

  it('without contexts is asked whether it is complete', async () => {
    await expect(open('apiVersion: v1\nkind: Config\n')).rejects.toThrow(
      'the input kubeconfig has no contexts: is it complete?',
    );
    await expect(open('contexts: []', 'prod')).rejects.toThrow('has no contexts');
  });

  it('stops at aliases that explode', async () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`,
    );
    await expect(open(`l0: &l0 [x]\n${levels.join('\n')}`)).rejects.toThrow('aliases');
  });

  it('warns of a certificate that nobody checks, and refuses the contradiction', async () => {
    const access = await open(kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } }));
    expect(access.insecureSkipTlsVerify).toBe(true);
    expect(access.warnings).toEqual([expect.stringContaining('is not checked')]);
    const both = {
      'insecure-skip-tls-verify': true,
      'certificate-authority-data': base64(authority.certificate),
    };
    await expect(open(kubeconfig({ cluster: both }))).rejects.toThrow('exclude each other');
  });

  it('takes the proxy from the environment where it names none itself', async () => {
    const env = { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'internal' };
    expect((await open(kubeconfig({}), undefined, env)).proxyUrl).toBe('http://proxy:3128');
    expect(
      (await open(kubeconfig({ cluster: { server: 'https://a.internal' } }), undefined, env)).proxyUrl,
    ).toBeUndefined();
    const own = kubeconfig({ cluster: { 'proxy-url': 'http://own:1' } });
    expect((await open(own, undefined, env)).proxyUrl).toBe('http://own:1');
  });
});

describe('a user of a kubeconfig', () => {
  it('is a token, a password, or a certificate', async () => {
    expect(await credentialsOf({ token: 'abcdefgh' })).toEqual({ authorization: 'Bearer abcdefgh' });
    expect(await credentialsOf({ username: 'me', password: 'pass:word' })).toEqual({
      authorization: `Basic ${base64('me:pass:word')}`,
    });
    const pair = {
      'client-certificate-data': base64(client.certificate),
      'client-key-data': base64(client.key),
    };
    expect(await credentialsOf(pair)).toEqual({ certificate: client.certificate, key: client.key });
  });

  it.each([{}, { token: '' }, { token: null, exec: null }, { password: 'alone' }, { as: 'jane' }])(
    'is refused before anything is sent where it has no credentials at all: %j',
    async (user) => {
      await expect(open(kubeconfig({ user }))).rejects.toThrow(CredentialsError);
      await expect(open(kubeconfig({ user }))).rejects.toThrow(
        'user u of the input kubeconfig has no token, client certificate, password or plugin',
      );
    },
  );

  it('needs none where there is no user, and where none would be sent', async () => {
    expect(await (await open(kubeconfig({ context: { user: '' } }))).credentials()).toEqual({});
    const cluster = { server: 'http://127.0.0.1:8001' };
    expect(await (await open(kubeconfig({ cluster, user: {} }))).credentials()).toEqual({});
  });

  it('does not send a token in the clear, no more than kubectl', async () => {
    const access = await open(
      kubeconfig({ cluster: { server: 'http://127.0.0.1:8001' }, user: { token: 'abcdefgh' } }),
    );
    expect(await access.credentials()).toEqual({});
    expect(access.warnings).toEqual([expect.stringContaining('not encrypted')]);
  });

  it('may act as somebody else, but not by halves', async () => {
    expect(await credentialsOf({ token: 'abcdefgh', as: 'jane', 'as-groups': ['dev'] })).toEqual({
      authorization: 'Bearer abcdefgh',
      impersonate: { user: 'jane', groups: ['dev'] },
    });
    await expect(credentialsOf({ 'as-groups': ['dev'] })).rejects.toThrow('as-groups without as');
    await expect(credentialsOf({ as: 'jane', 'as-uid': '1' })).rejects.toThrow('as-uid is not supported');
  });

  it('is refused where it is contradictory, half or of the past', async () => {
    await expect(credentialsOf({ token: 'abcdefgh', username: 'me' })).rejects.toThrow('exclude each other');
    await expect(credentialsOf({ 'client-certificate-data': 'eA==' })).rejects.toThrow('one is missing');
    await expect(credentialsOf({ 'auth-provider': { name: 'gcp' } })).rejects.toThrow('use an exec plugin');
  });

  it('has its token file read anew for each request, newline or not', async () => {
    const file = await stored('token-one\n', 'token');
    const access = await open(kubeconfig({ user: { tokenFile: file, token: 'fallback' } }));
    expect(await access.credentials()).toEqual({ authorization: 'Bearer token-one' });
    await writeFile(file, 'token-two');
    expect(await access.credentials()).toEqual({ authorization: 'Bearer token-two' });
    await rm(file);
    await expect(access.credentials()).rejects.toThrow(`user u: ${file} can't be read`);
  });
});

describe('the environment', () => {
  it('reads KUBECONFIG with paths beside the file', async () => {
    const text = kubeconfig({
      cluster: { 'certificate-authority': 'pki/ca.crt' },
      user: { 'client-certificate': 'pki/client.crt', 'client-key': 'pki/client.key' },
    });
    const access = await openAccess({ kind: 'environment' }, { KUBECONFIG: await stored(text) });
    expect(access.certificateAuthority).toBe(authority.certificate);
    expect(await access.credentials()).toEqual({ certificate: client.certificate, key: client.key });
    expect(access.origin).toBe('context prod of KUBECONFIG');
  });

  it('merges several files: the first word counts, missing files do not matter', async () => {
    const first = await stored(
      JSON.stringify({ 'current-context': 'prod', users: [{ name: 'u', user: { token: 'first-token' } }] }),
      'first',
    );
    const second = await stored(
      kubeconfig({ user: { token: 'second-token' }, more: { 'current-context': 'other' } }),
      'second',
    );
    const KUBECONFIG = ['', first, join(directory, 'missing'), second].join(delimiter);
    const access = await openAccess({ kind: 'environment' }, { KUBECONFIG });
    expect(access.url).toBe('https://api.test:6443');
    expect(await access.credentials()).toEqual({ authorization: 'Bearer first-token' });
  });

  it('falls back on the file in the home directory, and says where it looked', async () => {
    await mkdir(join(directory, 'home/.kube'), { recursive: true });
    await stored(kubeconfig({ user: { token: 'abcdefgh' } }), 'home/.kube/config');
    const access = await openAccess({ kind: 'environment' }, { HOME: join(directory, 'home') });
    expect(access.origin).toBe('context prod of ~/.kube/config');
    const empty = openAccess({ kind: 'environment' }, { HOME: join(directory, 'nowhere') });
    await expect(empty).rejects.toThrow(`no such file: ${join(directory, 'nowhere/.kube/config')}`);
  });
});

describe('server and token', () => {
  const inputs = { kind: 'token', server: 'https://api.test:6443/', token: 'abcdefgh\n' } as const;

  it('takes the authority as PEM or in base64, or that of the system', async () => {
    for (const certificateAuthority of [authority.certificate, base64(authority.certificate)]) {
      const access = await openAccess({ ...inputs, certificateAuthority }, {});
      expect(access).toMatchObject({
        url: 'https://api.test:6443',
        certificateAuthority: authority.certificate,
      });
      expect(await access.credentials()).toEqual({ authorization: 'Bearer abcdefgh' });
    }
    expect((await openAccess(inputs, {})).certificateAuthority).toBeUndefined();
    await expect(openAccess({ ...inputs, certificateAuthority: 'nonsense' }, {})).rejects.toThrow(
      'no PEM certificate',
    );
  });

  it('does not send a token in the clear', async () => {
    await expect(openAccess({ ...inputs, server: 'http://api.test' }, {})).rejects.toThrow(
      'must begin with https://',
    );
    await expect(openAccess({ ...inputs, server: 'https://me:pw@api.test' }, {})).rejects.toThrow(
      'plain address',
    );
  });
});

describe('masking', () => {
  it('hides every secret, its base64 once and the lines of keys, of all users and nothing short', async () => {
    const masked: string[] = [];
    const wrapped = base64(client.key).replace(/.{64}/g, '$&\n');
    const users = [
      { name: 'u', user: { token: ' token-of-u\n' } },
      {
        name: 'v',
        user: { username: 'me', password: 'password-of-v', 'client-key-data': base64(client.key) },
      },
      { name: 'wrapped', user: { 'client-key-data': wrapped } },
      { name: 'w', user: { token: 'short' } },
      {
        name: 'x',
        user: {
          exec: {
            env: [
              { name: 'AWS_SECRET_ACCESS_KEY', value: 'aws-secret-key' },
              { name: 'AWS_PROFILE', value: 'production' },
            ],
            args: [
              'get-token',
              '--oidc-client-secret=oidc-client-secret',
              '--password',
              'password-of-x',
              '--oidc-client-id=public-client',
            ],
          },
        },
      },
    ];
    const cluster = { 'proxy-url': 'http://me:proxy-password@proxy:1' };
    await open(kubeconfig({ cluster, more: { users } }), undefined, {}, (secret) => masked.push(secret));
    const hidden = masked.flatMap((secret) => [...maskedForms([secret])]);
    const keyLines = client.key.split('\n').slice(1, -2);
    const leaves = [
      'token-of-u',
      'password-of-v',
      'me:password-of-v',
      ...keyLines,
      'aws-secret-key',
      'oidc-client-secret',
      'password-of-x',
      'proxy-password',
    ];
    const others = [base64(client.key), ...wrapped.split('\n').filter((line) => line.length >= 8)];
    expect(hidden).toEqual(expect.arrayContaining([...leaves, ...leaves.map(base64), ...others]));
    expect(hidden).not.toContain(base64(base64('token-of-u')));
    expect(hidden).not.toContain('production');
    expect(hidden).not.toContain('public-client');
    expect(hidden.filter((secret) => secret.length < 8 || /\n|^-----|-----$/.test(secret))).toEqual([]);
  });

  it('hears of a proxy password with a "%" that begins no escape, and of all else', async () => {
    const masked: string[] = [];
    const users = [{ name: 'u', user: { token: 'token-of-u' } }];
    const used = { name: 'c', cluster: { server: 'https://api.test:6443' } };
    const unused = { name: 'd', cluster: { 'proxy-url': 'http://me:100%password@proxy:1' } };
    const env = { HTTP_PROXY: 'me:200%password@proxy:1' };
    const text = kubeconfig({ more: { users, clusters: [used, unused] } });
    await open(text, undefined, env, (secret) => masked.push(secret));
    const hidden = masked.flatMap((secret) => [...maskedForms([secret])]);
    expect(hidden).toEqual(expect.arrayContaining(['token-of-u', '100%password', '200%password']));
  });

  it('does not keep such a proxy from being refused where it is used', async () => {
    const cluster = { 'proxy-url': 'http://me:100%password@proxy:1' };
    await expect(open(kubeconfig({ cluster }))).rejects.toThrow(
      new CredentialsError(
        'cluster c: proxy-url: user or password of the proxy proxy:1 has a "%" that begins no escape: write each "%" of it as %25',
      ),
    );
  });
});
