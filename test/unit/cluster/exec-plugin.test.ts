import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenedAccess } from '../../../src/cluster/credentials/credential-source.ts';
import { openAccess } from '../../../src/cluster/credentials/open-access.ts';
import { renewing } from '../../../src/cluster/credentials/renewal.ts';
import { openApiServer } from '../../../src/cluster/transport.ts';
import { makeCertificate } from './certificates.ts';
import { accessTo, failureOf, json, openLoopback } from './loopback.ts';

vi.setConfig({ testTimeout: 30_000 });

const API_VERSION = 'client.authentication.k8s.io/v1';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'exec-plugin-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true });
});

interface Plugin {
  /** JavaScript; `answer(status)` prints a credential, `run` counts the runs from 1. */
  readonly script: string;
  readonly exec?: object;
  readonly cluster?: object;
  readonly env?: Record<string, string>;
  readonly masked?: string[];
}

/** A plugin beside its kubeconfig, named by a relative path; each run leaves a line in `runs`. */
async function openPlugin({ script, exec, cluster, env, masked }: Plugin): Promise<OpenedAccess> {
  const runs = join(directory, 'runs');
  const source = `#!${process.execPath}
    const fs = require('node:fs');
    fs.appendFileSync(${JSON.stringify(runs)}, 'run\\n');
    const run = fs.readFileSync(${JSON.stringify(runs)}, 'utf8').split('\\n').length - 1;
    const answer = (status) => console.log(JSON.stringify({ apiVersion: '${API_VERSION}', kind: 'ExecCredential', status }));
    ${script}`;
  await writeFile(join(directory, 'plugin.cjs'), source);
  await chmod(join(directory, 'plugin.cjs'), 0o755);
  const config = {
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://api.test', ...cluster } }],
    users: [
      {
        name: 'u',
        user: {
          exec: { apiVersion: API_VERSION, command: './plugin.cjs', interactiveMode: 'Never', ...exec },
        },
      },
    ],
  };
  await writeFile(join(directory, 'config'), JSON.stringify(config));
  const environment = { PATH: process.env['PATH'], ...env, KUBECONFIG: join(directory, 'config') };
  return openAccess({ kind: 'environment' }, environment, (secret) => masked?.push(secret));
}

const runs = async () => (await readFile(join(directory, 'runs'), 'utf8')).trim().split('\n').length;
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

describe('an exec plugin', () => {
  it('gives a token, which is masked and kept', async () => {
    const masked: string[] = [];
    const access = await openPlugin({ script: "answer({ token: 'plugin-token-' + run })", masked });
    expect(await access.credentials()).toEqual({ authorization: 'Bearer plugin-token-1' });
    expect(await access.credentials()).toEqual({ authorization: 'Bearer plugin-token-1' });
    expect(masked).toContain('plugin-token-1');
    expect(await runs()).toBe(1);
  });

  it('gives a certificate', async () => {
    const { certificate, key } = makeCertificate('me');
    const status = JSON.stringify({ clientCertificateData: certificate, clientKeyData: key });
    const access = await openPlugin({ script: `answer(${status})` });
    expect(await access.credentials()).toEqual({ certificate, key });
  });

  it('runs once for calls at the same time', async () => {
    const access = await openPlugin({ script: "setTimeout(() => answer({ token: 'plugin-token' }), 50)" });
    await Promise.all(Array.from({ length: 8 }, () => access.credentials()));
    expect(await runs()).toBe(1);
  });

  it.each([
    ['an hour', 3_600_000, 1],
    ['less than a minute of it', 59_000, 1],
    ['none any more', -1000, 2],
  ])('keeps a token that has life left: %s', async (_when, lifeMs, expected) => {
    const access = await openPlugin({
      script: `answer({ token: 'plugin-token', expirationTimestamp: '${inMs(lifeMs)}' })`,
    });
    await access.credentials();
    await access.credentials();
    expect(await runs()).toBe(expected);
  });

  it('is told the cluster, and that nobody is there to ask', async () => {
    const access = await openPlugin({
      script:
        'answer({ token: process.env.KUBERNETES_EXEC_INFO + process.env.EXTRA + process.env.HTTPS_PROXY + process.argv[2] })',
      exec: { provideClusterInfo: true, env: [{ name: 'EXTRA', value: '|extra|' }], args: ['|arg'] },
      cluster: {
        'tls-server-name': 'x',
        extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'me' } }],
      },
      env: { HTTPS_PROXY: 'http://inherited:1' },
    });
    const { authorization = '' } = await access.credentials();
    const [info = '', ...rest] = authorization.replace('Bearer ', '').split('|');
    expect(rest.join('|')).toBe('extra|http://inherited:1|arg');
    expect(JSON.parse(info)).toEqual({
      kind: 'ExecCredential',
      apiVersion: API_VERSION,
      spec: {
        interactive: false,
        cluster: {
          server: 'https://api.test',
          'tls-server-name': 'x',
          'proxy-url': 'http://inherited:1',
          config: { audience: 'me' },
        },
      },
    });
  });

  it.each([
    [
      "console.error('no AWS account'); process.exit(3)",
      'user u: exec plugin ./plugin.cjs: exit code 3: no AWS account',
    ],
    ["console.log('Please log in')", 'printed something other than JSON'],
    ["console.log('{}')", 'did not print an ExecCredential of client.authentication.k8s.io/v1'],
    ['answer({})', 'gave neither a token nor a certificate'],
    ["answer({ clientKeyData: 'x' })", 'gave neither a token nor a certificate'],
  ])('reports what went wrong: %s', async (script, message) => {
    const access = await openPlugin({ script });
    await expect(access.credentials()).rejects.toThrow(message);
  });

  it('reports a program that is not there with its hint', async () => {
    const access = await openPlugin({
      script: '',
      exec: { command: 'no-such-plugin', installHint: 'Install it from x' },
    });
    await expect(access.credentials()).rejects.toThrow(
      /no-such-plugin can't be started: .*ENOENT\. Install it from x\. Install it on the runner in an earlier step/,
    );
    const bare = await openPlugin({ script: '', exec: { command: 'no-such-plugin' } });
    await expect(bare.credentials()).rejects.toThrow(
      /ENOENT\. Install it on the runner in an earlier step, or use a token$/,
    );
  });

  it('is refused where it needs a person or speaks an old dialect', async () => {
    await expect(openPlugin({ script: '', exec: { interactiveMode: 'Always' } })).rejects.toThrow(
      'a person at a terminal',
    );
    const old = { apiVersion: 'client.authentication.k8s.io/v1alpha1' };
    await expect(openPlugin({ script: '', exec: old })).rejects.toThrow('exec.apiVersion must be');
  });

  it('lets a caller go at its signal', async () => {
    const access = await openPlugin({ script: "setTimeout(() => answer({ token: 'plugin-token' }), 200)" });
    await expect(access.credentials(AbortSignal.timeout(20))).rejects.toThrow('timeout');
    expect(await access.credentials()).toEqual({ authorization: 'Bearer plugin-token' });
    expect(await runs()).toBe(1);
  });
});

describe('a request that waits for new credentials', () => {
  it('ends at its signal as any that was stopped, and nothing was sent', async () => {
    const stop = new AbortController();
    const source = renewing(() => {
      stop.abort();
      return new Promise(() => {});
    });
    const api = openApiServer(accessTo('https://api.test', source));
    const failure = await failureOf(api.send({ method: 'GET', path: '/api', signal: stop.signal }));
    expect(failure).toMatchObject({ isFinal: true, neverSent: true, message: 'GET /api was stopped' });
    api.close();
  });
});

describe("GitHub's OIDC token", () => {
  const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
  const inputs = { kind: 'oidc', server: 'https://api.test', audience: 'https://api.test?a&b' } as const;

  it('is asked for with the audience, and again when it is about to end', async () => {
    const tokens = [10, 300].map((life) => jwt({ exp: Math.floor(Date.now() / 1000) + life, life }));
    const asked: { url: string | undefined; authorization: string | undefined }[] = [];
    const service = createServer((request, response) => {
      asked.push({ url: request.url, authorization: request.headers.authorization });
      json(response, 200, { value: tokens[asked.length - 1] });
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    const masked: string[] = [];
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
    };
    const access = await openAccess(inputs, env, (secret) => masked.push(secret));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    expect(await access.credentials()).toEqual({ authorization: `Bearer ${tokens[0]}` });
    vi.setSystemTime(Date.now() + 9000);
    expect(await access.credentials()).toEqual({ authorization: `Bearer ${tokens[1]}` });
    expect(await access.credentials()).toEqual({ authorization: `Bearer ${tokens[1]}` });
    service.close();
    const url = '/token?api-version=2&audience=https%3A%2F%2Fapi.test%3Fa%26b';
    const authorization = 'Bearer request-token';
    expect(asked).toEqual([
      { url, authorization },
      { url, authorization },
    ]);
    expect(masked).toEqual(expect.arrayContaining(['request-token', ...tokens]));
  });

  it('is reported as missing where the service refuses', async () => {
    const service = createServer((_request, response) => json(response, 403, { message: 'no' })).listen(
      0,
      '127.0.0.1',
    );
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
    };
    const access = await openAccess(inputs, env);
    await expect(access.credentials()).rejects.toThrow('gave no OIDC token: HTTP 403');
    service.close();
  });

  it('is refused with the permission to set where GitHub offers none', async () => {
    await expect(openAccess(inputs, { ACTIONS_ID_TOKEN_REQUEST_URL: '' })).rejects.toThrow('id-token: write');
  });
});

describe('a token that the server refuses', () => {
  it('makes the plugin run again, once', async () => {
    await using server = await openLoopback((asked, response) =>
      json(response, asked.headers.authorization === 'Bearer plugin-token-2' ? 200 : 401, {}),
    );
    const access = await openPlugin({ script: "answer({ token: 'plugin-token-' + run })" });
    await access.credentials();
    // A 401 right after issuing would not help to issue again.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3000 });
    const { url, certificateAuthority = '' } = server.access;
    const api = openApiServer({ ...access, url, certificateAuthority });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => api.send({ method: 'GET', path: '/api' })),
    );
    api.close();
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200]);
    expect(await runs()).toBe(2);
  });
});
