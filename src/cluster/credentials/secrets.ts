/** What must never be seen in a log. */
import { namedValues } from '../../plan/redact-words.ts';
import { unescaped } from '../proxy.ts';
import { type Fields, isFields } from './fields.ts';
import { parseKubeconfig } from './kubeconfig.ts';

/** Called with each secret before it is used. */
export type Mask = (secret: string) => void;

/** Masking shorter texts would blacken half of every log. */
const SHORTEST = 8;
const SECRET_NAME = /secret|token|password|passwd|credential|key/i;

/** Of all users and clusters, not only of the chosen context: leaf values with their base64, one line each; never throws. */
export function kubeconfigSecrets(text: string): readonly string[] {
  try {
    const config = parseKubeconfig(text, '.', 'kubeconfig');
    const users = [...config.users.values()].flatMap((entry) => userSecrets(entry.fields));
    const proxies = [...config.clusters.values()].flatMap((entry) => proxySecrets(entry.fields['proxy-url']));
    return [...new Set([...users, ...proxies])];
  } catch {
    // It will be refused as a whole, in a message that quotes nothing of it.
    return [];
  }
}

/** The text itself and its base64, if long enough. */
export function textSecrets(text: unknown): readonly string[] {
  if (typeof text !== 'string' || text.trim().length < SHORTEST) return [];
  const secret = text.trim();
  return [secret, Buffer.from(secret).toString('base64')];
}

/** A key's lines without its armour, which would hide every other key's first line, and its base64 as kubeconfigs have it. */
export function pemSecrets(pem: string): readonly string[] {
  const lines = pem.split(/\r?\n/).filter((line) => line.length >= SHORTEST && !line.startsWith('-----'));
  return lines.length === 0 ? [] : [...lines, Buffer.from(pem).toString('base64')];
}

/** The password in a proxy's address. */
export function proxySecrets(proxyUrl: unknown): readonly string[] {
  const url = typeof proxyUrl === 'string' ? URL.parse(proxyUrl) : null;
  if (url === null || url.password === '') return [];
  return [url.password, unescaped(url.password)].flatMap(textSecrets);
}

function userSecrets(user: Fields): readonly string[] {
  const key = user['client-key-data'];
  return [
    ...textSecrets(user['token']),
    ...textSecrets(user['password']),
    ...basicPair(user['username'], user['password']),
    ...(typeof key === 'string'
      ? [key.trim(), ...pemSecrets(Buffer.from(key, 'base64').toString('utf8'))]
      : []),
    ...execSecrets(user['exec']),
  ].filter((secret) => secret.length >= SHORTEST);
}

/** As it stands in the Authorization header. */
function basicPair(username: unknown, password: unknown): readonly string[] {
  if (typeof username !== 'string' || typeof password !== 'string') return [];
  return [Buffer.from(`${username}:${password}`).toString('base64')];
}

function execSecrets(exec: unknown): readonly string[] {
  if (!isFields(exec)) return [];
  const { env, args } = { env: undefined, args: undefined, ...exec };
  const ofVariables = itemsOf(env).flatMap((variable) => {
    if (!isFields(variable) || !SECRET_NAME.test(String(variable['name']))) return [];
    return textSecrets(variable['value']);
  });
  return [...ofVariables, ...namedValues(itemsOf(args).map(String)).flatMap(textSecrets)];
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
