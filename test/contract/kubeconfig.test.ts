/** Our reading of kubeconfigs against kubectl's: what it picks, and what it then sends to a server. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAccess } from '../../src/cluster/credentials/open-access.ts';
import { openApiServer } from '../../src/cluster/transport.ts';
import { makeCertificate } from '../unit/cluster/certificates.ts';
import { json, type Loopback, openLoopback, SERVER_CERTIFICATE } from '../unit/cluster/loopback.ts';

const cache = process.env['CLUSTER_CACHE'] ?? join(homedir(), '.cache/kubernetes-executor');
const cached = join(cache, 'bin/kubectl');
const kubectl =
  process.env['E2E_KUBECTL'] ?? process.env['KUBECTL'] ?? (existsSync(cached) ? cached : 'kubectl');

const client = makeCertificate('jane');
const authorityData = base64(SERVER_CERTIFICATE.certificate);
const clientData = {
  'client-certificate-data': base64(client.certificate),
  'client-key-data': base64(client.key),
};
const secure = { 'certificate-authority-data': authorityData };

let directory = '';
let server: Loopback;
/** Common names of the client certificates, in the order of the requests. */
const peers: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubeconfig-contract-'));
  await mkdir(join(directory, 'pki'));
  await writeFile(join(directory, 'pki/ca.crt'), SERVER_CERTIFICATE.certificate);
  await writeFile(join(directory, 'pki/client.crt'), client.certificate);
  await writeFile(join(directory, 'pki/client.key'), client.key);
  await writeFile(join(directory, 'token'), 'token-of-file\n');
  await writeFile(join(directory, 'plugin'), plugin());
  await chmod(join(directory, 'plugin'), 0o755);
  const asking = { requestCert: true, rejectUnauthorized: false };
  server = await openLoopback((_asked, response, request) => {
    peers.push(String((request.socket as TLSSocket).getPeerCertificate().subject?.CN));
    json(response, 200, { gitVersion: 'v1.36.0' });
  }, asking);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

interface Case {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
  readonly more?: object;
  /** A file that comes before in KUBECONFIG. */
  readonly before?: object;
  readonly pick?: string;
}

const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', interactiveMode: 'Never' };

const accepted: readonly (readonly [string, Case])[] = [
  ['a token', { cluster: secure, user: { token: 'token-1' } }],
  ['a token file beside the kubeconfig', { cluster: secure, user: { tokenFile: 'token' } }],
  ['a token file and a token', { cluster: secure, user: { tokenFile: 'token', token: 'token-1' } }],
  ['a password', { cluster: secure, user: { username: 'jane', password: 'pass:word' } }],
  ['a client certificate', { cluster: secure, user: clientData }],
  [
    'files beside the kubeconfig',
    {
      cluster: { 'certificate-authority': 'pki/ca.crt' },
      user: { 'client-certificate': 'pki/client.crt', 'client-key': './pki/client.key' },
    },
  ],
  ['a token beside a certificate', { cluster: secure, user: { ...clientData, token: 'token-1' } }],
  ['somebody else', { cluster: secure, user: { token: 't', as: 'joe', 'as-groups': ['dev', 'ops'] } }],
  ['an exec plugin', { cluster: secure, user: { exec } }],
  [
    'an exec plugin that is told the cluster',
    { cluster: secure, user: { exec: { ...exec, provideClusterInfo: true } } },
  ],
  [
    'an exec plugin with variables and arguments',
    { cluster: secure, user: { exec: { ...exec, args: ['a', 'b'], env: [{ name: 'EXTRA', value: 'x' }] } } },
  ],
  ['a token that beats an exec plugin', { cluster: secure, user: { exec, token: 'token-1' } }],
  ['an unchecked certificate', { cluster: { 'insecure-skip-tls-verify': true }, user: { token: 'token-1' } }],
  ['a name to verify', { cluster: { ...secure, 'tls-server-name': 'api.test' }, user: { token: 'token-1' } }],
  [
    'a path before the path',
    { cluster: { ...secure, server: '/k8s/clusters/c-1/' }, user: { token: 'token-1' } },
  ],
  ['a namespace', { cluster: secure, context: { namespace: 'shop' }, user: { token: 'token-1' } }],
  [
    'another context than the current one',
    { cluster: secure, more: { 'current-context': 'none' }, pick: 'prod', user: { token: 't' } },
  ],
  [
    'two files of which the first beats the second',
    {
      cluster: secure,
      user: { token: 'second' },
      before: { users: [{ name: 'u', user: { token: 'first' } }] },
    },
  ],
  [
    'a current context in another file than the contexts',
    {
      cluster: secure,
      user: { token: 't' },
      more: { 'current-context': 'none' },
      before: { 'current-context': 'prod' },
    },
  ],
];

/** With what we say to it. */
const refused: readonly (readonly [string, Case, string])[] = [
  [
    'a token beside a password',
    { cluster: secure, user: { token: 't', username: 'jane', password: 'p' } },
    'user u: token and username exclude each other',
  ],
  [
    'an authority that is not to be checked',
    { cluster: { ...secure, 'insecure-skip-tls-verify': true } },
    'cluster c: insecure-skip-tls-verify and a certificate authority exclude each other',
  ],
  [
    'an authority both as data and as file',
    { cluster: { ...secure, 'certificate-authority': 'pki/ca.crt' }, user: { token: 't' } },
    'cluster c: certificate-authority and certificate-authority-data exclude each other',
  ],
  [
    'a key both as data and as file',
    { cluster: secure, user: { ...clientData, 'client-key': 'pki/client.key' } },
    'user u: client-key and client-key-data exclude each other',
  ],
  [
    'groups of nobody',
    { cluster: secure, user: { token: 't', 'as-groups': ['dev'] } },
    'user u: as-groups without as',
  ],
  [
    'a certificate without its key',
    { cluster: secure, user: { 'client-certificate-data': base64(client.certificate) } },
    'user u: client-certificate and client-key belong together',
  ],
  ['a token that is a number', { cluster: secure, user: { token: 12345 } }, 'user u: token must be text'],
  ['an unknown context', { cluster: secure, pick: 'stage' }, 'KUBECONFIG has no context "stage"'],
  ['an unknown cluster', { cluster: secure, context: { cluster: 'gone' } }, 'no cluster "gone"'],
  ['an unknown user', { cluster: secure, context: { user: 'gone' } }, 'no user "gone"'],
  ['an authority that is not there', { cluster: { 'certificate-authority': 'gone' } }, "gone can't be read"],
  [
    'a provider of the past',
    { cluster: secure, user: { 'auth-provider': { name: 'gcp' } } },
    'user u: auth-provider was removed from Kubernetes',
  ],
  [
    'a plugin that needs a person',
    { cluster: secure, user: { exec: { ...exec, interactiveMode: 'Always' } } },
    'wants a person at a terminal',
  ],
  [
    'a plugin of an unknown version',
    { cluster: secure, user: { exec: { ...exec, apiVersion: 'x/v1' } } },
    'user u: exec.apiVersion must be',
  ],
  [
    'another authority',
    { cluster: { 'certificate-authority-data': base64(client.certificate) }, user: { token: 't' } },
    'TLS failed',
  ],
  [
    'another name than the certificate has',
    { cluster: { ...secure, 'tls-server-name': 'other.test' }, user: { token: 't' } },
    'TLS failed',
  ],
];

describe('a kubeconfig with', () => {
  it.each(accepted)('%s is the same to kubectl and us', async (_what, one) => {
    const env = await store(one);
    const view = JSON.parse(
      await run(['config', 'view', '--raw', '--minify', '-o', 'json', ...contextOf(one)], env),
    );
    const access = await openAccess({ kind: 'environment', ...pickOf(one) }, env);
    expect(access.namespace).toBe(view.contexts[0].context.namespace);
    expect(access.insecureSkipTlsVerify).toBe(view.clusters[0].cluster['insecure-skip-tls-verify']);
    expect(access.tlsServerName).toBe(view.clusters[0].cluster['tls-server-name']);

    const theirs = await seen(() => run(['get', '--raw', '/version', ...contextOf(one)], env));
    const ours = await seen(async () => {
      const api = openApiServer(access);
      await api.send({ method: 'GET', path: '/version' }).finally(() => api.close());
    });
    expect(ours).toEqual(theirs);
  });

  it.each(refused)('%s is used by neither', async (_what, one, message) => {
    const env = await store(one);
    const asked = server.asked.length;
    await expect(run(['get', '--raw', '/version', ...contextOf(one)], env)).rejects.toThrow('Command failed');
    const use = async (): Promise<unknown> => {
      const api = openApiServer(await openAccess({ kind: 'environment', ...pickOf(one) }, env));
      return api.send({ method: 'GET', path: '/version' }).finally(() => api.close());
    };
    await expect(use()).rejects.toThrow(message);
    expect(server.asked).toHaveLength(asked);
  });
});

/** Writes the kubeconfig and gives the environment that names it. */
async function store({ cluster, user, context, more, before }: Case): Promise<Record<string, string>> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'prod',
    contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u', ...context } }],
    clusters: [{ name: 'c', cluster: { ...cluster, server: address(cluster) } }],
    users: [{ name: 'u', user: user ?? {} }],
    ...more,
  };
  const files = [before, config].filter((file) => file !== undefined);
  const paths = files.map((_file, index) => join(directory, `config-${index}`));
  await Promise.all(files.map((file, index) => writeFile(paths[index] ?? '', JSON.stringify(file))));
  return { KUBECONFIG: paths.join(delimiter), HOME: directory, PATH: process.env['PATH'] ?? '' };
}

function address(cluster: object | undefined): string {
  const path = cluster !== undefined && 'server' in cluster ? String(cluster.server) : '';
  return `${server.access.url}${path}`;
}

interface Seen {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly user: unknown;
  readonly groups: unknown;
  readonly peer: string | undefined;
}

/** The one request that `send` makes. */
async function seen(send: () => Promise<unknown>): Promise<Seen> {
  const before = server.asked.length;
  await send();
  expect(server.asked).toHaveLength(before + 1);
  const { url = '', headers } = server.asked[before] ?? {};
  return {
    url,
    authorization: headers?.authorization,
    user: headers?.['impersonate-user'],
    groups: headers?.['impersonate-group'],
    peer: peers[before],
  };
}

async function run(args: readonly string[], env: Record<string, string>): Promise<string> {
  const running = promisify(execFile)(kubectl, args, { env, timeout: 50_000 });
  // kubectl asks for a name and a password where it has none.
  running.child.stdin?.end();
  return (await running).stdout;
}

/** Its token is all that it was told, so that the server sees it. */
function plugin(): string {
  return `#!${process.execPath}
    const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
    const told = JSON.stringify([info, process.env.EXTRA, process.argv.slice(2)], (_key, value) =>
      value && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value);
    const token = Buffer.from(told).toString('base64url');
    console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: 'ExecCredential', status: { token } }));`;
}

function contextOf(one: Case): string[] {
  return one.pick === undefined ? [] : ['--context', one.pick];
}

function pickOf(one: Case): { context?: string } {
  return one.pick === undefined ? {} : { context: one.pick };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
