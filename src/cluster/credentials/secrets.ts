/** What must never be seen in a log. */
import { isRecord } from '../../plan/json.ts';
import { namedValues } from '../../plan/redact-words.ts';
import { unescaped } from '../proxy.ts';
import type { Fields } from './fields.ts';
import { parseKubeconfig } from './kubeconfig.ts';

/** Hears each secret before it is used, as it was given: in what other forms it may show is the hearer's to know. */
export type Mask = (secret: string) => void;

const SECRET_NAME = /secret|token|password|passwd|credential|key/i;

/** Of all users and clusters, not only of the chosen context; never throws. */
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

/** The password in a proxy's address. */
export function proxySecrets(proxyUrl: unknown): readonly string[] {
  const url = typeof proxyUrl === 'string' ? URL.parse(proxyUrl) : null;
  if (url === null || url.password === '') return [];
  return [url.password, ...textsOf(unescaped(url.password))];
}

function userSecrets(user: Fields): readonly string[] {
  return [
    ...textsOf(user['token']),
    ...textsOf(user['password']),
    ...basicPair(user['username'], user['password']),
    // Wrapped or without its padding the base64 is another than that of the key.
    ...textsOf(user['client-key-data']).flatMap((key) => [key, Buffer.from(key, 'base64').toString('utf8')]),
    ...execSecrets(user['exec']),
  ];
}

function textsOf(value: unknown): readonly string[] {
  return typeof value === 'string' ? [value] : [];
}

/** As it stands in the Authorization header. */
function basicPair(username: unknown, password: unknown): readonly string[] {
  if (typeof username !== 'string' || typeof password !== 'string') return [];
  return [Buffer.from(`${username}:${password}`).toString('base64')];
}

function execSecrets(exec: unknown): readonly string[] {
  if (!isRecord(exec)) return [];
  const { env, args } = { env: undefined, args: undefined, ...exec };
  const ofVariables = itemsOf(env).flatMap((variable) => {
    if (!isRecord(variable) || !SECRET_NAME.test(String(variable['name']))) return [];
    return textsOf(variable['value']);
  });
  return [...ofVariables, ...namedValues(itemsOf(args).map(String))];
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
