/** Exec plugins: a program that prints credentials (client.authentication.k8s.io). */
import { spawn } from 'node:child_process';
import { isAbsolute, join } from 'node:path';
import { isRecord } from '../../plan/json.ts';
import type { Credentials } from '../api.ts';
import { CredentialsError } from '../errors.ts';
import { bearer, type ClusterAddress, type CredentialSource } from './credential-source.ts';
import { type Fields, readFlag, readItems, readText, readTexts } from './fields.ts';
import type { Environment } from './proxy-environment.ts';
import { type Issued, renewing } from './renewal.ts';
import type { Mask } from './secrets.ts';

const API_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

export interface ExecUser {
  /** The user's `exec` section. */
  readonly exec: Fields;
  /** Of the kubeconfig: a command with a slash in it counts from here. */
  readonly directory: string;
  /** `user prod`, for messages. */
  readonly said: string;
  readonly address: ClusterAddress;
  /** As written: extensions are passed on to the plugin. */
  readonly clusterFields: Fields;
}

interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly apiVersion: string;
  readonly said: string;
  readonly installHint: string | undefined;
}

/** Checks the section at once; the program runs when credentials are needed. */
export function openExecPlugin(user: ExecUser, env: Environment, mask: Mask): CredentialSource {
  const command = readCommand(user, env);
  return renewing(async () => readCredential(await run(command), command, mask));
}

function readCommand(user: ExecUser, env: Environment): Command {
  const { exec, said } = user;
  const apiVersion = readText(exec, 'apiVersion', said) ?? '';
  if (!API_VERSIONS.includes(apiVersion)) {
    throw new CredentialsError(`${said}: exec.apiVersion must be ${API_VERSIONS.join(' or ')}`);
  }
  if (readText(exec, 'interactiveMode', said) === 'Always') {
    throw new CredentialsError(
      `${said}: the exec plugin wants a person at a terminal (interactiveMode: Always)`,
    );
  }
  const name = readText(exec, 'command', said);
  if (name === undefined) throw new CredentialsError(`${said}: exec.command is missing`);
  const isRelative = !isAbsolute(name) && /[\\/]/.test(name);
  return {
    file: isRelative ? join(user.directory, name) : name,
    args: readTexts(exec, 'args', said),
    env: { ...env, ...readVariables(user), KUBERNETES_EXEC_INFO: execInfo(user, apiVersion) },
    apiVersion,
    said: `${said}: exec plugin ${name}`,
    installHint: readText(exec, 'installHint', said),
  };
}

function readVariables(user: ExecUser): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const item of readItems(user.exec, 'env', user.said)) {
    const fields = isRecord(item) ? item : {};
    const name = readText(fields, 'name', user.said);
    if (name === undefined)
      throw new CredentialsError(`${user.said}: exec.env has a variable without a name`);
    variables[name] = readText(fields, 'value', user.said) ?? '';
  }
  return variables;
}

function execInfo(user: ExecUser, apiVersion: string): string {
  const cluster = readFlag(user.exec, 'provideClusterInfo', user.said) ? { cluster: clusterInfo(user) } : {};
  return JSON.stringify({ kind: 'ExecCredential', apiVersion, spec: { ...cluster, interactive: false } });
}

function clusterInfo(user: ExecUser): Fields {
  const { address } = user;
  const authority = address.certificateAuthority;
  return {
    server: address.url,
    ...(address.tlsServerName === undefined ? {} : { 'tls-server-name': address.tlsServerName }),
    ...(address.insecureSkipTlsVerify === true ? { 'insecure-skip-tls-verify': true } : {}),
    ...(authority === undefined
      ? {}
      : { 'certificate-authority-data': Buffer.from(authority).toString('base64') }),
    ...(address.proxyUrl === undefined ? {} : { 'proxy-url': address.proxyUrl }),
    config: execExtension(user.clusterFields) ?? null,
  };
}

/** What the kubeconfig's author has for plugins, under this reserved name. */
function execExtension(cluster: Fields): unknown {
  const extensions = readItems(cluster, 'extensions', 'cluster');
  const found = extensions.find(
    (item) => isRecord(item) && item['name'] === 'client.authentication.k8s.io/exec',
  );
  return isRecord(found) ? found['extension'] : undefined;
}

/** The program's standard output. */
function run(command: Command): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command.file, command.args, {
      env: { ...command.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const output = collect(child.stdout);
    const complaint = collect(child.stderr);
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // Grandchildren may hold the pipes open; they are not waited for.
      child.stdout.destroy();
      child.stderr.destroy();
    }, TIMEOUT_MS);
    child.once('error', (error) => reject(new CredentialsError(missing(command, error), { cause: error })));
    child.once('close', (code, killedBy) => {
      clearTimeout(timer);
      if (code === 0) return resolve(output());
      const end = killedBy === null ? `exit code ${code}` : `no end within ${TIMEOUT_MS / 1000} s`;
      const said = complaint().trim().slice(-1000);
      reject(new CredentialsError(`${command.said}: ${end}${said === '' ? '' : `: ${said}`}`));
    });
  });
}

function missing(command: Command, error: Error): string {
  const isAbsent = 'code' in error && error.code === 'ENOENT';
  const advice = isAbsent ? 'Install it on the runner in an earlier step, or use a token' : undefined;
  const hints = [command.installHint?.trim().replace(/\.$/, ''), advice].filter(Boolean);
  return [`${command.said} can't be started: ${error.message}`, ...hints].join('. ');
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_OUTPUT_BYTES) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function readCredential(output: string, command: Command, mask: Mask): Issued {
  const answer = parseAnswer(output, command);
  const status = isRecord(answer['status']) ? answer['status'] : {};
  const token = readText(status, 'token', command.said);
  const certificate = readText(status, 'clientCertificateData', command.said);
  const key = readText(status, 'clientKeyData', command.said);
  if ((certificate === undefined) !== (key === undefined) || (token === undefined && key === undefined)) {
    throw new CredentialsError(`${command.said} gave neither a token nor a certificate with its key`);
  }
  if (key !== undefined) mask(key);
  const credentials: Credentials = {
    ...(token === undefined ? {} : { authorization: bearer(token, mask) }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
  };
  const expiresAt = Date.parse(readText(status, 'expirationTimestamp', command.said) ?? '');
  return { credentials, ...(Number.isNaN(expiresAt) ? {} : { expiresAt }) };
}

function parseAnswer(output: string, command: Command): Fields {
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    throw new CredentialsError(`${command.said} printed something other than JSON`);
  }
  if (isRecord(answer) && answer['kind'] === 'ExecCredential' && answer['apiVersion'] === command.apiVersion)
    return answer;
  throw new CredentialsError(`${command.said} did not print an ExecCredential of ${command.apiVersion}`);
}
