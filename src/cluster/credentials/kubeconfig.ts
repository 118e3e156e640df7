/** Kubeconfig documents: read, merged, and one context picked, by kubectl's rules (client-go `clientcmd`). */
import { LineCounter, parseDocument } from 'yaml';
import { isRecord } from '../../plan/json.ts';
import { CredentialsError } from '../errors.ts';
import { type Fields, readItems, readSection, readText } from './fields.ts';

export interface Kubeconfig {
  readonly currentContext?: string;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
}

/** A named entry as it was written; relative paths in it count from `directory`. */
export interface Entry {
  readonly fields: Fields;
  readonly directory: string;
}

export interface PickedContext {
  readonly name: string;
  readonly namespace?: string;
  readonly clusterName: string;
  readonly cluster: Entry;
  readonly userName: string;
  readonly user: Entry;
}

/** `text` is YAML or JSON, or its base64. `where` names it in messages, which never quote it. */
export function parseKubeconfig(text: string, directory: string, where: string): Kubeconfig {
  const fields = parseYaml(decoded(text), where);
  const currentContext = readText(fields, 'current-context', where);
  return {
    ...(currentContext === undefined ? {} : { currentContext }),
    contexts: readEntries(fields, 'context', directory, where),
    clusters: readEntries(fields, 'cluster', directory, where),
    users: readEntries(fields, 'user', directory, where),
  };
}

/** Of the file that a kubeconfig is in. Base64 begins with no slash where it is that of text. */
export function isPath(text: string): boolean {
  return /^(?:\.{0,2}[/\\]|[~$%]|[A-Za-z]:[/\\])[^\s]*$|^[^\s:{]+\.(?:ya?ml|json|conf(?:ig)?)$/.test(
    text.trim(),
  );
}

/** Of several files the first to say something wins, entry by entry. */
export function mergeKubeconfigs(all: readonly Kubeconfig[]): Kubeconfig {
  const currentContext = all.find((one) => one.currentContext !== undefined)?.currentContext;
  const merged = (pick: (one: Kubeconfig) => ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> =>
    new Map([...all].reverse().flatMap((one) => [...pick(one)]));
  return {
    ...(currentContext === undefined ? {} : { currentContext }),
    contexts: merged((one) => one.contexts),
    clusters: merged((one) => one.clusters),
    users: merged((one) => one.users),
  };
}

/** The named context, else the current one. A context without a user is anonymous. */
export function pickContext(config: Kubeconfig, context: string | undefined, where: string): PickedContext {
  if (config.contexts.size === 0) throw new CredentialsError(`${where} has no contexts: is it complete?`);
  const name = context ?? config.currentContext;
  if (name === undefined) {
    throw new CredentialsError(
      `${where} has no current-context; name one with the input context: ${listed(config)}`,
    );
  }
  const entry = config.contexts.get(name);
  if (entry === undefined)
    throw new CredentialsError(`${where} has no context "${name}"; it has ${listed(config)}`);
  const said = `context ${name} of ${where}`;
  const clusterName = readText(entry.fields, 'cluster', said) ?? '';
  const userName = readText(entry.fields, 'user', said) ?? '';
  const namespace = readText(entry.fields, 'namespace', said);
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    clusterName,
    cluster: referred(config.clusters, clusterName, `${said}: no cluster "${clusterName}"`),
    userName,
    user:
      userName === ''
        ? { fields: {}, directory: entry.directory }
        : referred(config.users, userName, `${said}: no user "${userName}"`),
  };
}

function referred(entries: ReadonlyMap<string, Entry>, name: string, otherwise: string): Entry {
  const entry = entries.get(name);
  if (entry === undefined) throw new CredentialsError(otherwise);
  return entry;
}

function listed(config: Kubeconfig): string {
  return [...config.contexts.keys()].slice(0, 20).join(', ');
}

/** Of the list `contexts`, the maps `context`, and so on; the first of a name counts. */
function readEntries(
  fields: Fields,
  content: string,
  directory: string,
  where: string,
): ReadonlyMap<string, Entry> {
  const list = `${content}s`;
  const entries = new Map<string, Entry>();
  for (const item of readItems(fields, list, where)) {
    if (!isRecord(item)) throw new CredentialsError(`${where}: ${list} must be a list of maps`);
    const name = readText(item, 'name', `${where}: ${list}`) ?? '';
    if (!entries.has(name))
      entries.set(name, { fields: readSection(item, content, `${content} ${name}`), directory });
  }
  return entries;
}

/** Secrets are often stored in base64, with or without line breaks; a kubeconfig itself is never within its alphabet. */
function decoded(text: string): string {
  const trimmed = text.trim();
  return /^[A-Za-z0-9+/\s]+={0,2}$/.test(trimmed) ? Buffer.from(trimmed, 'base64').toString('utf8') : text;
}

/** The parser's own message would quote the line, and with it a token. */
function parseYaml(text: string, where: string): Fields {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines, logLevel: 'error' });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    throw new CredentialsError(`${where} is not valid YAML: line ${line}: ${error.code}`);
  }
  const value = toValue(() => document.toJS({ maxAliasCount: 100 }), where);
  if (isRecord(value)) return value;
  throw new CredentialsError(`${where} is no kubeconfig: it must be a YAML map, or the base64 of one`);
}

function toValue(read: () => unknown, where: string): unknown {
  try {
    return read();
  } catch (error) {
    throw new CredentialsError(`${where} is not valid YAML: its aliases can't be resolved`, { cause: error });
  }
}
