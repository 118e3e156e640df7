/** What is in the cluster, kept up to date through any outage: on it the stages are seen and the outcomes judged. */
import { setTimeout as pause } from 'node:timers/promises';
import type { V1Deployment, V1Job, V1Lease, V1Pod } from '@kubernetes/client-node';
import { askAt, openAt } from '../e2e/harness/admin.ts';
import { pathOf } from '../e2e/harness/cluster.ts';
import { EXECUTOR_NAMESPACE } from '../e2e/harness/site.ts';
import { clusterUnderTest } from '../e2e/harness/under-test.ts';

interface Kinds {
  readonly deployments: V1Deployment;
  readonly pods: V1Pod;
  readonly jobs: V1Job;
  readonly leases: V1Lease;
}

const PATHS: Readonly<Record<keyof Kinds, string>> = {
  deployments: pathOf('deployments'),
  pods: pathOf('pods'),
  jobs: pathOf('jobs', EXECUTOR_NAMESPACE),
  leases: pathOf('leases'),
};

type Known = { [Kind in keyof Kinds]: Map<string, Kinds[Kind]> };

export interface Eyes {
  all<Kind extends keyof Kinds>(kind: Kind): readonly Kinds[Kind][];
  /** The one of this name, as last seen. */
  one<Kind extends keyof Kinds>(kind: Kind, namespace: string, name: string): Kinds[Kind] | undefined;
  /** What `judge` finds, as soon as it does; `undefined` when the time is over. */
  until<Found>(judge: () => Found | undefined | false, milliseconds: number): Promise<Found | undefined>;
  /** Calls back at every change, until the function it returns is called. */
  onChange(call: () => void): () => void;
}

/** They stay open until the program ends. */
export async function openEyes(): Promise<Eyes> {
  const known: Known = { deployments: new Map(), pods: new Map(), jobs: new Map(), leases: new Map() };
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const kinds = Object.keys(PATHS) as (keyof Kinds)[];
  await Promise.all(kinds.map((kind) => keepWatching(PATHS[kind], known[kind] as Store, tell)));
  const onChange = (call: () => void) => {
    listeners.add(call);
    return () => void listeners.delete(call);
  };
  return {
    all: (kind) => [...known[kind].values()],
    one: (kind, namespace, name) =>
      [...known[kind].values()].find(
        ({ metadata }) => metadata?.namespace === namespace && metadata.name === name,
      ),
    until: (judge, milliseconds) => until(judge, milliseconds, onChange),
    onChange,
  };
}

async function until<Found>(
  judge: () => Found | undefined | false,
  milliseconds: number,
  onChange: Eyes['onChange'],
): Promise<Found | undefined> {
  const found = judge();
  if (found !== undefined && found !== false) return found;
  return await new Promise((resolve) => {
    const end = (value: Found | undefined) => {
      clearTimeout(timer);
      forget();
      resolve(value);
    };
    const forget = onChange(() => {
      const later = judge();
      if (later !== undefined && later !== false) end(later);
    });
    const timer = setTimeout(() => end(undefined), milliseconds);
  });
}

interface Named {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string };
}

type Store = Map<string, Named>;

/** Resolves after the first list; goes on for ever. */
async function keepWatching(path: string, store: Store, tell: () => void): Promise<void> {
  const first = Promise.withResolvers<void>();
  const go = async (): Promise<never> => {
    for (;;) {
      await watchOnce(path, store, () => {
        first.resolve();
        tell();
      }).catch(() => undefined);
      await pause(100);
    }
  };
  void go();
  await first.promise;
}

async function watchOnce(path: string, store: Store, tell: () => void): Promise<void> {
  const { socket } = clusterUnderTest();
  const { status, text } = await askAt(socket, { method: 'GET', path });
  if (status !== 200) throw new Error(`GET ${path}: ${status}`);
  const list = JSON.parse(text) as Named & { readonly items: readonly Named[] };
  store.clear();
  for (const item of list.items) store.set(item.metadata.uid, item);
  tell();
  const from = `${path}?watch=1&timeoutSeconds=300&resourceVersion=${list.metadata.resourceVersion}`;
  const { chunks } = await openAt(socket, { method: 'GET', path: from });
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as { type: string; object: Named };
      if (type === 'ERROR') return;
      if (type === 'DELETED') store.delete(object.metadata.uid);
      else store.set(object.metadata.uid, object);
      // At each, since what lives for a moment only comes and goes in one chunk.
      tell();
    }
  }
}
