/** Where the server keeps the objects of a manifest, by its own discovery. Pure. */
import { z } from 'zod';
import { DNS_SUBDOMAIN_EXPECTED, isDns1035Label, isDnsSubdomain, isKind } from '../plan/kubernetes-names.ts';
import {
  type Definition,
  definedBy,
  isDefinition,
  isNamespace,
  MANIFEST_EXPECTED,
  type ManifestObject,
  whyClosed,
} from '../plan/manifest.ts';
import { groupVersionOf, type ResourcePath, type ServedKind, say } from '../plan/objects.ts';
import { nearest } from '../spec/nearest.ts';
import type { PolicyRule, Question, Read, Snapshot, TargetKind } from './action.ts';

/** `src/spec/read-parameters.ts` lets no array of the spec come here, only what it has read from text itself. */
export const manifestParameters = z.strictObject({
  manifest: z
    .custom<readonly ManifestObject[]>((given) => Array.isArray(given), {
      error: `is not ${MANIFEST_EXPECTED}`,
    })
    .meta({ expectation: MANIFEST_EXPECTED })
    .describe(
      'The objects, at most 100 in 100 KiB. Give a file of the workspace in the input `manifest-file` instead. `manifestUrl` is refused: nobody has reviewed what a URL will give.',
    ),
});

export type ManifestParameters = z.infer<typeof manifestParameters>;
export type ManifestQuestion = Question<ManifestParameters>;

export const NAMESPACE: TargetKind = {
  apiVersion: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  shortNames: ['ns', 'namespace', 'namespaces'],
};

/** Stands for the cluster as a whole. */
export const CLUSTER: TargetKind = {
  apiVersion: 'v1',
  kind: 'Cluster',
  resource: 'clusters',
  shortNames: ['cluster'],
};

export interface Place {
  readonly object: ManifestObject;
  readonly path: ResourcePath;
  /** Of the manifest: what will have the server serve this kind, which it does not yet. */
  readonly definition?: ManifestObject;
}

export interface Places {
  readonly found: readonly Place[];
  /** All at once; empty where every object has its place. */
  readonly objections: readonly string[];
}

export function readsOfKinds({ parameters }: ManifestQuestion): readonly Read[] {
  const versions = new Set(parameters.manifest.map(({ apiVersion }) => apiVersion));
  return [...versions].map((version) => ({ kind: 'discover', ...groupVersionOf(version) }));
}

/** Of the kinds that are known so far. */
export function placesOf(question: ManifestQuestion, seen: Snapshot): Places {
  const { manifest } = question.parameters;
  const definitions = manifest.filter(isDefinition).map((object) => {
    const defined = definedBy(object);
    return { object, ...defined, fault: faultOf(defined) };
  });
  const found: Place[] = [];
  const objections: string[] = [];
  for (const object of manifest) {
    const place = placeOf(object, { question, seen, definitions });
    if (typeof place === 'string') objections.push(`${object.where}, ${say(object)}: ${place}`);
    else if (place) found.push(place);
  }
  return { found, objections: [...objections, ...twinsAmong(found)] };
}

/** Once with its namespace and once without, an object is written twice. */
function twinsAmong(found: readonly Place[]): readonly string[] {
  const first = new Map<string, ManifestObject>();
  return found.flatMap(({ object, path }) => {
    const { group, resource, namespace = '', name = '' } = path;
    const key = [group, resource, namespace, name].join('|');
    const twin = first.get(key);
    if (!twin) first.set(key, object);
    return twin ? [`${object.where}, ${say(object)}: it is there already, as ${twin.where}`] : [];
  });
}

const LABEL_EXPECTED =
  'at most 63 of a-z, 0-9 and "-", beginning with a letter and ending with a letter or digit';

/**
 * What of a definition can't be in a path. The right to a resource is asked for by its name, in YAML that an administrator is
 * told to apply. What is not stated may be in the cluster already.
 */
function faultOf({ group, versions, kind, resource }: Definition): string | undefined {
  const rules = [
    { at: 'group', texts: [group], isRight: isDnsSubdomain, expected: DNS_SUBDOMAIN_EXPECTED },
    { at: 'versions', texts: versions, isRight: isDns1035Label, expected: LABEL_EXPECTED },
    { at: 'names.plural', texts: [resource], isRight: isDns1035Label, expected: LABEL_EXPECTED },
    { at: 'names.kind', texts: [kind], isRight: isKind, expected: 'a kind such as CronTab' },
  ];
  const wrong = rules.find(({ texts, isRight }) => texts.some((text) => text !== '' && !isRight(text)));
  return wrong && `its spec.${wrong.at} is not as expected: ${wrong.expected}`;
}

interface Defined extends Definition {
  readonly object: ManifestObject;
  /** It then places nothing. */
  readonly fault: string | undefined;
}

interface Looking {
  readonly question: ManifestQuestion;
  readonly seen: Snapshot;
  readonly definitions: readonly Defined[];
}

/** A text is what speaks against it; `undefined` is not known yet. */
function placeOf(object: ManifestObject, looking: Looking): Place | string | undefined {
  const own = looking.definitions.find((one) => one.object === object);
  const against = whyClosed(object) ?? own?.fault;
  if (against !== undefined) return against;
  const { group, version } = groupVersionOf(object.apiVersion);
  const kinds = looking.seen.discover(group, version);
  if (kinds === undefined) return undefined;
  const served = kinds?.find(({ kind }) => kind === object.kind);
  if (served) return placeServed(object, served, looking.question);
  const definition = looking.definitions.find((one) => isOf(object, one));
  if (!definition) return sayUnknown(object, kinds);
  // Told of the definition.
  if (definition.fault !== undefined) return undefined;
  const place = placeAt(object, definition, looking.question);
  return typeof place === 'string' ? place : { ...place, definition: definition.object };
}

function placeServed(object: ManifestObject, served: ServedKind, question: ManifestQuestion): Place | string {
  return ['get', 'patch', 'delete'].every((verb) => served.verbs.includes(verb))
    ? placeAt(object, served, question)
    : `${object.kind} is nothing that stays in the cluster, so it can't be applied`;
}

function placeAt(
  object: ManifestObject,
  { resource, namespaced }: Pick<ServedKind, 'resource' | 'namespaced'>,
  question: ManifestQuestion,
): Place | string {
  const placed = namespaceFor(object, namespaced, question);
  if (typeof placed === 'string') return placed;
  return { object, path: { ...groupVersionOf(object.apiVersion), resource, ...placed, name: object.name } };
}

/** A definition that states no group or no plural defines nothing: it would be of the core group, or nowhere. */
function isOf({ apiVersion, kind }: ManifestObject, defined: Definition): boolean {
  const { group, version } = groupVersionOf(apiVersion);
  const isWhole = defined.group !== '' && defined.resource !== '';
  return isWhole && defined.group === group && defined.versions.includes(version) && defined.kind === kind;
}

function sayUnknown(
  { kind, apiVersion }: ManifestObject,
  kinds: readonly ServedKind[] | null | undefined,
): string {
  if (!kinds) {
    return `the server has no ${apiVersion}, and no CustomResourceDefinition of the manifest brings it. kubectl api-versions lists what it has`;
  }
  const near = nearest(
    kind,
    kinds.map((one) => one.kind),
  );
  return `the server has no kind ${kind} in ${apiVersion}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

/** The namespace as a part of the path, or what is wrong with it. */
function namespaceFor(
  object: ManifestObject,
  namespaced: boolean,
  { namespace }: ManifestQuestion,
): { readonly namespace?: string } | string {
  const isInCluster = namespace === '';
  if (!namespaced) {
    if (isInCluster) return {};
    const what = isNamespace(object) ? 'namespaces lie' : `${object.kind} lies`;
    return `${what} in no namespace, and this action works in one alone: use apply-cluster-manifest`;
  }
  if (isInCluster) {
    return object.namespace === undefined
      ? 'names no namespace; among objects of the whole cluster each must say its own in metadata.namespace'
      : { namespace: object.namespace };
  }
  return object.namespace === undefined || object.namespace === namespace
    ? { namespace }
    : `is of namespace ${object.namespace}, but the run is of ${namespace}. One run changes one namespace; apply-cluster-manifest takes several`;
}

/** The right to do this with each resource once. */
export function rightsTo(verbs: readonly string[], places: readonly Place[]): readonly PolicyRule[] {
  const resources = new Map(places.map(({ path }) => [`${path.resource}.${path.group}`, path]));
  return [...resources.values()].map(({ group, resource }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs,
  }));
}
