/** From a context of a kubeconfig to a server and credentials. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Credentials } from '../api.ts';
import { CredentialsError } from '../errors.ts';
import {
  bearer,
  type ClusterAddress,
  type CredentialSource,
  type OpenedAccess,
} from './credential-source.ts';
import { openExecPlugin } from './exec-plugin.ts';
import { readFlag, readSection, readText, readTexts } from './fields.ts';
import { type Entry, type PickedContext } from './kubeconfig.ts';
import { type Environment, environmentProxy } from './proxy-environment.ts';
import type { Mask } from './secrets.ts';
import { requireCertificates, requireProxy, requireServer } from './server-address.ts';

/** Reads the certificate authority at once and everything that is renewed with each request. */
export async function openKubeconfigAccess(
  picked: PickedContext,
  where: string,
  env: Environment,
  mask: Mask,
): Promise<OpenedAccess> {
  const cluster = await readCluster(picked, env);
  const isSecure = cluster.address.url.startsWith('https:');
  const source = isSecure ? openSource(picked, cluster.address, env, mask) : NOBODY;
  const impersonate = readImpersonation(picked);
  if (isSecure) requireCredentials(picked, where);
  return {
    ...cluster.address,
    ...(picked.namespace === undefined ? {} : { namespace: picked.namespace }),
    origin: `context ${picked.name} of ${where}`,
    warnings: cluster.warnings,
    credentials: async (signal) => ({
      ...(await source.credentials(signal)),
      ...(impersonate === undefined ? {} : { impersonate }),
    }),
    ...(source.forget === undefined ? {} : { forget: () => source.forget?.() }),
  };
}

/** Without TLS kubectl sends no credentials either. */
const NOBODY: CredentialSource = { credentials: async () => ({}) };

interface ReadCluster {
  readonly address: ClusterAddress;
  readonly warnings: readonly string[];
}

async function readCluster(picked: PickedContext, env: Environment): Promise<ReadCluster> {
  const said = `cluster ${picked.clusterName}`;
  const { fields } = picked.cluster;
  const insecure = readFlag(fields, 'insecure-skip-tls-verify', said);
  const authority = await readDataOrFile(picked.cluster, 'certificate-authority', said);
  if (insecure && authority !== undefined) {
    throw new CredentialsError(
      `${said}: insecure-skip-tls-verify and a certificate authority exclude each other`,
    );
  }
  const url = requireServer(readText(fields, 'server', said), said);
  const tlsServerName = readText(fields, 'tls-server-name', said);
  const ownProxy = readText(fields, 'proxy-url', said);
  const proxyUrl =
    ownProxy === undefined ? environmentProxy(url, env) : requireProxy(ownProxy, `${said}: proxy-url`);
  return {
    address: {
      url,
      ...(authority === undefined ? {} : { certificateAuthority: requireCertificates(authority, said) }),
      ...(tlsServerName === undefined ? {} : { tlsServerName }),
      ...(insecure ? { insecureSkipTlsVerify: true } : {}),
      ...(proxyUrl === undefined ? {} : { proxyUrl }),
    },
    warnings: warningsOf(url, insecure),
  };
}

function warningsOf(url: string, insecure: boolean): string[] {
  if (insecure)
    return [`the certificate of ${url} is not checked (insecure-skip-tls-verify): anybody could answer`];
  if (url.startsWith('http:')) return [`the connection to ${url} is not encrypted: no credentials are sent`];
  return [];
}

const CREDENTIALS = [
  'token',
  'tokenFile',
  'username',
  'client-certificate',
  'client-certificate-data',
  'client-key',
  'client-key-data',
  'exec',
  'auth-provider',
];

/** A user without any is what a script leaves behind that read a token too early; a context may do without a user. */
function requireCredentials({ userName, user }: PickedContext, where: string): void {
  if (userName === '' || CREDENTIALS.some((name) => (user.fields[name] ?? '') !== '')) return;
  throw new CredentialsError(
    `user ${userName} of ${where} has no token, client certificate, password or plugin. If a script made it, was the token there yet?`,
  );
}

function openSource(
  picked: PickedContext,
  address: ClusterAddress,
  env: Environment,
  mask: Mask,
): CredentialSource {
  const { fields } = picked.user;
  const said = `user ${picked.userName}`;
  if (fields['auth-provider'] !== undefined && fields['auth-provider'] !== null) {
    throw new CredentialsError(
      `${said}: auth-provider was removed from Kubernetes in 1.26; use an exec plugin such as gke-gcloud-auth-plugin or kubelogin`,
    );
  }
  const own = { credentials: () => readOwn(picked.user, said, mask) };
  const hasExec = fields['exec'] !== undefined && fields['exec'] !== null;
  // A token or password beats the plugin, as with kubectl.
  if (!hasExec || hasAuthorization(picked.user, said)) return own;
  const exec = readSection(fields, 'exec', said);
  return openExecPlugin(
    { exec, directory: picked.user.directory, said, address, clusterFields: picked.cluster.fields },
    env,
    mask,
  );
}

function hasAuthorization(user: Entry, said: string): boolean {
  return ['token', 'tokenFile', 'username'].some((name) => readText(user.fields, name, said) !== undefined);
}

async function readOwn(user: Entry, said: string, mask: Mask): Promise<Credentials> {
  const [authorization, certificate, key] = await Promise.all([
    readAuthorization(user, said, mask),
    readDataOrFile(user, 'client-certificate', said),
    readDataOrFile(user, 'client-key', said),
  ]);
  if ((certificate === undefined) !== (key === undefined)) {
    throw new CredentialsError(`${said}: client-certificate and client-key belong together; one is missing`);
  }
  if (key !== undefined) mask(key);
  return {
    ...(authorization === undefined ? {} : { authorization }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
  };
}

/** A token file beats a token, as in client-go, since it is the one that is renewed. */
async function readAuthorization(user: Entry, said: string, mask: Mask): Promise<string | undefined> {
  const file = readText(user.fields, 'tokenFile', said);
  const token =
    file === undefined ? readText(user.fields, 'token', said) : await readNamedFile(user, file, said);
  const username = readText(user.fields, 'username', said);
  if (token !== undefined && username !== undefined) {
    throw new CredentialsError(`${said}: token and username exclude each other`);
  }
  if (token !== undefined) return bearer(token.trim(), mask);
  if (username === undefined) return undefined;
  const pair = Buffer.from(`${username}:${readText(user.fields, 'password', said) ?? ''}`).toString('base64');
  mask(pair);
  return `Basic ${pair}`;
}

/** `name-data` in base64, or the file `name`. */
async function readDataOrFile(entry: Entry, name: string, said: string): Promise<string | undefined> {
  const data = readText(entry.fields, `${name}-data`, said);
  const file = readText(entry.fields, name, said);
  if (data !== undefined && file !== undefined) {
    throw new CredentialsError(`${said}: ${name} and ${name}-data exclude each other`);
  }
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  return file === undefined ? undefined : readNamedFile(entry, file, said);
}

async function readNamedFile(entry: Entry, file: string, said: string): Promise<string> {
  const path = isAbsolute(file) ? file : join(entry.directory, file);
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new CredentialsError(`${said}: ${path} can't be read`, { cause: error });
  });
}

function readImpersonation(picked: PickedContext): Credentials['impersonate'] {
  const said = `user ${picked.userName}`;
  const { fields } = picked.user;
  for (const name of ['as-uid', 'as-user-extra']) {
    // Leaving it out would act as somebody else than asked for.
    if (fields[name] !== undefined && fields[name] !== null)
      throw new CredentialsError(`${said}: ${name} is not supported`);
  }
  const user = readText(fields, 'as', said);
  const groups = readTexts(fields, 'as-groups', said);
  if (user !== undefined) return { user, groups };
  if (groups.length > 0) throw new CredentialsError(`${said}: as-groups without as`);
  return undefined;
}
