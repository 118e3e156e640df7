/** Who uses a Secret or ConfigMap: found in pod templates, and in pods that no known workload has. */
import { isRecord } from '../plan/json.ts';
import { selects } from '../plan/labels.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { say } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { Read, Snapshot, TargetKind } from './action.ts';
import { ROLLED_OUT } from './change-template.ts';
import { POD, pathOf, refOf } from './workloads.ts';

export interface Source {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly namespace: string;
  readonly name: string;
}

export interface Consumer {
  readonly kind: TargetKind;
  readonly object: KubernetesObject;
  /** `the environment of container app`, `volume config`. */
  readonly uses: readonly string[];
  /** What a container got at its start stays what it is: environment variables, and files mounted by `subPath`. */
  readonly readsAtStart: boolean;
}

export function readsOfConsumers(namespace: string): readonly Read[] {
  return [...ROLLED_OUT, POD].map((kind) => ({ kind: 'list', path: pathOf(kind, namespace) }));
}

/** Those that use one of the keys, workloads first. */
export function consumersOf(source: Source, keys: readonly string[], seen: Snapshot): readonly Consumer[] {
  const listed = (kind: TargetKind) => seen.list(pathOf(kind, source.namespace)) ?? [];
  const workloads = ROLLED_OUT.flatMap((kind) => listed(kind).map((object) => ({ kind, object })));
  const strays = listed(POD)
    .filter((pod) => !workloads.some(({ object }) => isOf(pod, object)))
    .map((object) => ({ kind: POD, object }));
  return [...workloads, ...strays].flatMap(({ kind, object }) => {
    const spec = readPointer(object, kind === POD ? '/spec' : '/spec/template/spec');
    const uses = usesOf(spec, source, keys);
    if (uses.length === 0) return [];
    const texts = [...new Set(uses.map(({ text }) => text))];
    return [{ kind, object, uses: texts, readsAtStart: uses.some(({ atStart }) => atStart) }];
  });
}

/** One line for each, for people. */
export function sayConsumer({ kind, object, uses, readsAtStart }: Consumer): string {
  const what = `${say(refOf(kind, object))} uses it for ${uses.join(', ')}`;
  return readsAtStart
    ? `${what}, and sees the change once it is restarted.`
    : `${what}, and sees the change about a minute later.`;
}

function isOf(pod: KubernetesObject, workload: KubernetesObject): boolean {
  return selects(readPointer(workload, '/spec/selector'), pod.metadata.labels);
}

interface Use {
  readonly text: string;
  readonly atStart: boolean;
}

function usesOf(spec: unknown, source: Source, keys: readonly string[]): readonly Use[] {
  const containers = ['/initContainers', '/containers'].flatMap((pointer) => membersAt(spec, pointer));
  return [
    ...containers.flatMap((container) => usesOfContainer(container, source, keys)),
    ...membersAt(spec, '/volumes').flatMap((volume) =>
      mounts(volume, source, keys) ? [useOfVolume(textAt(volume, '/name'), containers)] : [],
    ),
    ...membersAt(spec, '/imagePullSecrets').flatMap((secret) =>
      source.kind === 'Secret' && textAt(secret, '/name') === source.name
        ? [{ text: 'pulling images', atStart: false }]
        : [],
    ),
  ];
}

function usesOfContainer(container: unknown, source: Source, keys: readonly string[]): readonly Use[] {
  const [one, all] =
    source.kind === 'Secret' ? ['secretKeyRef', 'secretRef'] : ['configMapKeyRef', 'configMapRef'];
  const text = `the environment of container ${textAt(container, '/name')}`;
  const single = membersAt(container, '/env').some(
    (variable) =>
      textAt(variable, `/valueFrom/${one}/name`) === source.name &&
      keys.includes(textAt(variable, `/valueFrom/${one}/key`)),
  );
  const whole = membersAt(container, '/envFrom').some((from) => textAt(from, `/${all}/name`) === source.name);
  return single || whole ? [{ text, atStart: true }] : [];
}

function useOfVolume(name: string, containers: readonly unknown[]): Use {
  const isPart = containers
    .flatMap((container) => membersAt(container, '/volumeMounts'))
    .some((mount) => textAt(mount, '/name') === name && textAt(mount, '/subPath') !== '');
  return { text: `volume ${name}`, atStart: isPart };
}

/** Of a volume itself, or of a projected one's parts; where items are named, only their keys. */
function mounts(volume: unknown, source: Source, keys: readonly string[]): boolean {
  const [field, nameField] = source.kind === 'Secret' ? ['secret', 'secretName'] : ['configMap', 'name'];
  const own = readPointer(volume, `/${field}`);
  const parts = membersAt(volume, '/projected/sources').map((part) => readPointer(part, `/${field}`));
  return (
    (textAt(own, `/${nameField}`) === source.name && takes(own, keys)) ||
    parts.some((part) => textAt(part, '/name') === source.name && takes(part, keys))
  );
}

function takes(volume: unknown, keys: readonly string[]): boolean {
  const items = membersAt(volume, '/items');
  return items.length === 0 || items.some((item) => keys.includes(textAt(item, '/key')));
}

function membersAt(document: unknown, pointer: string): readonly unknown[] {
  const found = readPointer(document, pointer);
  return Array.isArray(found) ? found.filter(isRecord) : [];
}
