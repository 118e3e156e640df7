/** The text of the parameter `manifest` to its objects, with all that is wrong with them at once. */
import { isRecord } from '../plan/json.ts';
import {
  DNS_SUBDOMAIN_EXPECTED,
  isApiVersion,
  isDnsLabel,
  isDnsSubdomain,
  isKind,
} from '../plan/kubernetes-names.ts';
import {
  identityOf,
  type ManifestObject,
  MOST_OBJECTS,
  SERVER_METADATA,
  whyClosed,
} from '../plan/manifest.ts';
import { say } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import { leftOutIn, SAY_LEFT_OUT } from './left-out.ts';
import type { Locate, Path, Report } from './problems.ts';
import { type Limited, limitProblems, quote, sayName } from './problems.ts';
import { readYamlDocuments } from './yaml-documents.ts';

interface Part {
  readonly number: number;
  readonly value: unknown;
  readonly locate: Locate;
}

/** `undefined` after a report. `namespace` is that of the run, where it is known by now. */
export function readManifestObjects(
  text: string,
  source: string,
  namespace: string | undefined,
  report: Report,
): readonly ManifestObject[] | undefined {
  let count = 0;
  const limited = limitProblems(report);
  const tell: Report = (problem) => {
    count += 1;
    limited.report(problem);
  };
  const parts = readYamlDocuments(text, source, tell, 'as-kubectl')
    .map(({ value, locate }, index): Part => ({ number: index + 1, value, locate }))
    .flatMap(itemsOf);
  if (parts.length === 0 && count === 0) {
    tell({ where: source, message: 'is empty; expected one or several objects' });
  }
  if (parts.length > MOST_OBJECTS) {
    const message = `has ${parts.length} objects; at most ${MOST_OBJECTS} are applied in one run`;
    tell({ where: source, message });
  }
  const objects = parts.flatMap((part) => readObject(part, namespace, { ...limited, report: tell }));
  reportTwins(objects, tell);
  return count === 0 ? objects.map(({ object }) => object) : undefined;
}

/** A `List`, or a `ConfigMapList`, stands for its items. */
function itemsOf(part: Part): readonly Part[] {
  const items = readPointer(part.value, '/items');
  if (!textAt(part.value, '/kind').endsWith('List') || !Array.isArray(items)) return [part];
  return items.map((value: unknown, index) => ({
    number: part.number,
    value,
    locate: (path) => part.locate(['items', index, ...path]),
  }));
}

interface Read {
  readonly object: ManifestObject;
  readonly where: string;
}

function readObject(part: Part, namespace: string | undefined, { report, isFull }: Limited): readonly Read[] {
  const { value, number, locate } = part;
  const refuse = (path: Path, message: string): void => {
    // To locate costs more than all else.
    if (!isFull()) report({ where: `${locate(path)} (document ${number})`, message });
  };
  if (!isRecord(value)) {
    refuse([], `${quote(value)} is not an object with apiVersion, kind and metadata`);
    return [];
  }
  const body = withoutEmptyBookkeeping(value);
  const [apiVersion = '', kind = '', name = ''] = ['/apiVersion', '/kind', '/metadata/name'].map((at) =>
    textAt(body, at),
  );
  refuseHead(body, refuse);
  refuseBookkeeping(body, refuse);
  refuseLostDigits(body, [], refuse);
  for (const path of leftOutIn(body)) refuse(path, SAY_LEFT_OUT);
  const own = readPointer(body, '/metadata/namespace');
  if (own !== undefined) refuseNamespace(own, namespace, refuse);
  if (!isApiVersion(apiVersion) || !isKind(kind)) return [];
  const closed = whyClosed({ apiVersion, kind });
  if (closed !== undefined) refuse(['kind'], `${kind} is refused: ${closed}`);
  // Raw text in no message: it was told above.
  if (!isDnsSubdomain(name)) return [];
  const written = typeof own === 'string' ? { namespace: own } : {};
  const where = `document ${number}`;
  return [{ object: { where, apiVersion, kind, name, ...written, body }, where: locate([]) }];
}

type Refuse = (path: Path, message: string) => void;

function refuseHead(body: Readonly<Record<string, unknown>>, refuse: Refuse): void {
  const { apiVersion, kind, metadata } = {
    apiVersion: undefined,
    kind: undefined,
    metadata: undefined,
    ...body,
  };
  if (typeof apiVersion !== 'string' || !isApiVersion(apiVersion)) {
    refuse(['apiVersion'], `${quote(apiVersion)} is not an apiVersion such as apps/v1`);
  }
  if (typeof kind !== 'string' || !isKind(kind)) {
    refuse(['kind'], `${quote(kind)} is not a kind such as Deployment`);
  }
  const { name, generateName } = {
    name: undefined,
    generateName: undefined,
    ...(isRecord(metadata) ? metadata : {}),
  };
  if (generateName !== undefined) {
    refuse(['metadata', 'generateName'], 'would make another object each time; give it a name');
  } else if (typeof name !== 'string' || !isDnsSubdomain(name)) {
    refuse(['metadata', 'name'], `${quote(name)} is not ${DNS_SUBDOMAIN_EXPECTED}`);
  }
}

/** What the server and its controllers write, with what to do about it. */
const BOOKKEEPING: readonly (readonly [path: Path, why: string])[] = [
  [['status'], 'is written by controllers; leave it out'],
  ...SERVER_METADATA.map(
    (field) =>
      [
        ['metadata', field],
        'is written by the server; leave it out, as in a manifest written by hand',
      ] as const,
  ),
  [
    ['metadata', 'ownerReferences'],
    'is not for manifests: an owner that is not there has the object deleted',
  ],
  [
    ['metadata', 'annotations', 'kubectl.kubernetes.io/last-applied-configuration'],
    "is kubectl's own copy of a manifest; leave it out",
  ],
];

function refuseBookkeeping(body: Readonly<Record<string, unknown>>, refuse: Refuse): void {
  for (const [path, why] of BOOKKEEPING) {
    const found = path.reduce<unknown>(
      (inside, step) => (isRecord(inside) ? inside[String(step)] : undefined),
      body,
    );
    if (found !== undefined) refuse(path, why);
  }
}

/** `kubectl create --dry-run=client` prints `status: {}` and `creationTimestamp: null`; neither says anything. */
function withoutEmptyBookkeeping(
  value: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { status, ...rest } = { status: undefined, ...value };
  const isEmpty =
    status === undefined || status === null || (isRecord(status) && Object.keys(status).length === 0);
  const { metadata } = { metadata: undefined, ...rest };
  const { creationTimestamp, ...others } = {
    creationTimestamp: undefined,
    ...(isRecord(metadata) ? metadata : {}),
  };
  const stamp = creationTimestamp === undefined || creationTimestamp === null ? {} : { creationTimestamp };
  return {
    ...rest,
    ...(isRecord(metadata) ? { metadata: { ...others, ...stamp } } : {}),
    ...(isEmpty ? {} : { status }),
  };
}

/** JSON numbers of this size arrive as others. */
function refuseLostDigits(value: unknown, path: Path, refuse: Refuse): void {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    refuse(path, 'is a number with more digits than can be kept; write it in quotes');
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    refuseLostDigits(member, [...path, Array.isArray(value) ? Number(key) : key], refuse);
  }
}

function refuseNamespace(own: unknown, namespace: string | undefined, refuse: Refuse): void {
  const path = ['metadata', 'namespace'];
  if (typeof own !== 'string' || !isDnsLabel(own)) {
    refuse(path, `${quote(own)} is not the name of a namespace`);
  } else if (namespace !== undefined && own !== namespace) {
    refuse(
      path,
      `${quote(own)} is not ${sayName(namespace)}, the namespace of this run; apply-cluster-manifest takes several namespaces`,
    );
  }
}

function reportTwins(objects: readonly Read[], report: Report): void {
  const first = new Map<string, Read>();
  for (const one of objects) {
    const twin = first.get(identityOf(one.object));
    if (twin) {
      const message = `${say(one.object)} is there twice, first at ${twin.where}; one of them must go`;
      report({ where: `${one.where} (${one.object.where})`, message });
    } else first.set(identityOf(one.object), one);
  }
}
