/** Deletes the objects that a manifest names, and makes them anew from what was read where that is to be undone. Pure. */
import { BUDGETS } from '../plan/budgets.ts';
import { isRecord } from '../plan/json.ts';
import { inOrder, KEPT_KINDS, SERVER_METADATA, sayPlaced } from '../plan/manifest.ts';
import type { KubernetesObject, ObjectRef } from '../plan/objects.ts';
import { groupVersionOf, say } from '../plan/objects.ts';
import type { PlannedRequest, UndoRequest } from '../plan/plan.ts';
import { readPointer, textAt, withPointer } from '../plan/pointer.ts';
import { replicasLostWith } from '../plan/replicas.ts';
import { statusMessage } from '../plan/status-message.ts';
import type { DryRun, PlanDraft, PolicyRule, Read, Refusal, Snapshot } from './action.ts';
import { type ManifestQuestion, type Place, placesOf, readsOfKinds, rightsTo } from './manifest-places.ts';
import { summaryOf, targetOf } from './manifest-words.ts';
import { workloadKindOf } from './manifest-workloads.ts';

export function readsOfDelete(question: ManifestQuestion, seen: Snapshot): readonly Read[] {
  const { found, objections } = placesOf(question, seen);
  const served = objections.length > 0 ? [] : found.filter(({ definition }) => definition === undefined);
  return [
    ...readsOfKinds(question),
    ...served.map(({ path }): Read => ({ kind: 'get', path })),
    ...doomedAmong(served, seen)
      .filter(needsAccount)
      .map((one): Read => ({ kind: 'dry-run', request: creationOf(one) })),
    ...(doomedAmong(served, seen).some(isPod)
      ? [{ kind: 'list', path: { ...BUDGETS, namespace: question.namespace } } satisfies Read]
      : []),
  ];
}

/** The undo creates; a Pod's disruption budgets are asked. */
export function needsOfDelete(question: ManifestQuestion, seen: Snapshot): readonly PolicyRule[] {
  const { found } = placesOf(question, seen);
  const there = found.filter(({ path }) => seen.get(path) !== null);
  const missing = found.filter(({ path }) => seen.get(path) === null);
  return [
    ...rightsTo(['get', 'list', 'watch', 'create', 'delete'], there),
    ...rightsTo(['get'], missing),
    ...(doomedAmong(found, seen).some(isPod) ? [LIST_BUDGETS] : []),
  ];
}

const LIST_BUDGETS: PolicyRule = {
  apiGroups: [BUDGETS.group],
  resources: [BUDGETS.resource],
  verbs: ['list'],
};

interface Doomed extends Place {
  readonly kind: 'delete';
  readonly live: KubernetesObject;
}

export function planDelete(question: ManifestQuestion, seen: Snapshot): PlanDraft | Refusal {
  const places = placesOf(question, seen);
  const found = places.found.map((place) => ({ ...place, live: seen.get(place.path) ?? null }));
  const objections = [...places.objections, ...found.flatMap(objectionsTo)];
  if (objections.length > 0) {
    const message = `the objects can't be deleted:\n${objections.map((one) => `- ${one}`).join('\n')}`;
    return { kind: 'refusal', reasonCode: 'target-unsuitable', message };
  }
  const lost = doomedAmong(places.found, seen).flatMap((one) => refusedUndo(one, seen));
  if (lost.length > 0) {
    const message = `the objects are not deleted, since the undo that makes them anew would be refused:\n${lost.map((one) => `- ${one}`).join('\n')}`;
    return { kind: 'refusal', reasonCode: 'rehearsal-refused', message };
  }
  const order = inOrder(question.parameters.manifest).toReversed();
  const inTurn = order.flatMap((object) => found.filter((place) => place.object === object));
  return draft(question, inTurn);
}

function doomedAmong(places: readonly Place[], seen: Snapshot): readonly Doomed[] {
  return places.flatMap((place) => doomedOf({ ...place, live: seen.get(place.path) ?? null }));
}

function doomedOf({ live, ...place }: Found): readonly Doomed[] {
  return live && live.metadata.deletionTimestamp === undefined ? [{ ...place, kind: 'delete', live }] : [];
}

/** Wherever an object says as whom its pods run: admission lets an action use such an account only by name. */
const ACCOUNTS = [
  '/spec',
  '/template/spec',
  '/spec/template/spec',
  '/spec/jobTemplate/spec/template/spec',
].flatMap((at) => [`${at}/serviceAccountName`, `${at}/serviceAccount`]);

/** Where the undo needs more than the right to create. */
function needsAccount(one: Doomed): boolean {
  return comesBack(one) && ACCOUNTS.some((at) => !['', 'default'].includes(textAt(one.live, at)));
}

/**
 * Asked for while the object is there: a creation that admission lets pass ends at the name that is taken. A quota
 * counts the object that is to go.
 */
function refusedUndo(one: Doomed, seen: Snapshot): readonly string[] {
  const answer = needsAccount(one) ? seen.dryRun(creationOf(one)) : undefined;
  const said = statusMessage(answer?.body) || 'no reason given';
  if (answer?.status !== 403 || said.includes('exceeded quota')) return [];
  return [`${one.object.where}, ${say(one.object)}: HTTP 403, ${said}`];
}

interface Found extends Place {
  readonly live: KubernetesObject | null;
}

function objectionsTo({ object, live }: Found): readonly string[] {
  const kept = KEPT_KINDS.find(({ kind }) => kind === object.kind);
  const owner = live?.metadata.ownerReferences?.[0];
  const takesVolumes =
    readPointer(live, '/spec/persistentVolumeClaimRetentionPolicy/whenDeleted') === 'Delete' &&
    live?.kind === 'StatefulSet';
  if (takesVolumes) {
    return [
      `${object.where}, ${say(object)}: with it go the data of its volumes (persistentVolumeClaimRetentionPolicy.whenDeleted is Delete), which no undo brings back. Set it to Retain first`,
    ];
  }
  const why = kept
    ? `with it goes ${kept.what}, which no undo brings back. Delete it by hand, with somebody watching`
    : owner && `it belongs to ${say(owner)}, which would make it anew or ends it itself. Delete that`;
  return why === undefined ? [] : [`${object.where}, ${say(object)}: ${why}`];
}

function draft(question: ManifestQuestion, found: readonly Found[]): PlanDraft {
  const doomed = found.flatMap(doomedOf);
  const undone = doomed.flatMap((one, index) => (comesBack(one) ? [recreate(one, index)] : []));
  return {
    kind: 'plan',
    target: targetOf(question),
    summary: doomed.length === 0 ? nothingToDelete(question, found) : summaryOf(question, 'delete', doomed),
    requests: doomed.map(requestOf),
    checks: doomed.map(({ path, live }) => ({ kind: 'object-gone', object: path, uid: live.metadata.uid })),
    undo: {
      kind: 'requests',
      requests: undone.toReversed(),
      checks: undone.map(({ path, undoes }) => ({ kind: 'object-exists', object: path, of: undoes })),
      ...(doomed.length === 0 ? {} : { leaves: leavesBehind(doomed) }),
    },
    locks: found.map(({ object, path }): ObjectRef => {
      const { apiVersion, kind, name } = object;
      return {
        apiVersion,
        kind,
        ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
        name,
      };
    }),
    notes: notesOf(found, doomed),
    podTemplates: [],
    podsAffected: doomed.reduce((sum, one) => sum + podsOf(one), 0),
  };
}

/** What is there is on its way out already. */
function nothingToDelete({ namespace }: ManifestQuestion, found: readonly Found[]): string {
  const why = found.map(
    ({ object, live }) => `${say(object)} ${live ? 'is being deleted already' : 'is not there'}`,
  );
  return `leave ${namespace} as it is: ${why.join(' and ')}`;
}

/** The uid makes a second send harmless: it never hits what came in its place. */
function requestOf({ object, path, live }: Doomed): PlannedRequest {
  const { uid } = live.metadata;
  return {
    summary: `delete ${sayPlaced(object, path.namespace)}`,
    verb: 'delete',
    path,
    body: { propagationPolicy: 'Background', preconditions: { uid } },
    effect: { kind: 'gone', object: path, uid },
    rehearsal: 'yes',
    resendable: true,
  };
}

/** Made anew, a Job would run once more. */
function comesBack({ object }: Doomed): boolean {
  return !(object.kind === 'Job' && groupVersionOf(object.apiVersion).group === 'batch');
}

function creationOf({ object, path, live }: Doomed): DryRun {
  return {
    summary: `create ${sayPlaced(object, path.namespace)} anew`,
    verb: 'create',
    path,
    body: asNew(live),
  };
}

function recreate(one: Doomed, index: number): UndoRequest {
  return {
    ...creationOf(one),
    effect: { kind: 'created', object: one.path },
    rehearsal: 'yes',
    resendable: true,
    undoes: index,
    independent: true,
  };
}

const OF_THE_SERVER = [...SERVER_METADATA, 'deletionGracePeriodSeconds'];

/** As its author could have written it: without what the server and the scheduler have put there. */
function asNew(live: KubernetesObject): unknown {
  const { status: _status, ...object } = live;
  const metadata = Object.fromEntries(
    Object.entries(live.metadata).filter(([field]) => !OF_THE_SERVER.includes(field)),
  );
  const spec = readPointer(live, '/spec');
  const isPod = live.kind === 'Pod' && isRecord(spec);
  return isPod ? withPointer({ ...object, metadata }, '/spec/nodeName', undefined) : { ...object, metadata };
}

function leavesBehind(doomed: readonly Doomed[]): string {
  const jobs = doomed.filter((one) => !comesBack(one)).map(({ object }) => say(object));
  const anew = 'objects come back with new uids, and without their status, field managers and former pods';
  return jobs.length === 0
    ? anew
    : `${anew}; ${jobs.join(' and ')} ${jobs.length === 1 ? 'stays' : 'stay'} gone, since a Job made anew would run once more`;
}

function notesOf(found: readonly Found[], doomed: readonly Doomed[]): readonly string[] {
  const missing = found.filter(({ live }) => live === null).map(({ object }) => say(object));
  const leaving = found
    .filter(({ live }) => live?.metadata.deletionTimestamp !== undefined)
    .map(({ object }) => say(object));
  const workloads = doomed.filter(({ path }) => workloadKindOf(path)).map(({ object }) => say(object));
  return [
    ...(missing.length === 0 ? [] : [`Not there: ${missing.join(', ')}.`]),
    ...(leaving.length === 0 ? [] : [`Being deleted already: ${leaving.join(', ')}.`]),
    ...(workloads.length === 0
      ? []
      : [`The pods of ${workloads.join(' and ')} end after it, within their grace periods.`]),
    ...(doomed.length === 0 ? [] : [`An undo makes them anew: ${leavesBehind(doomed)}.`]),
  ];
}

function podsOf(one: Doomed): number {
  return isPod(one) ? 1 : replicasLostWith(one.live);
}

function isPod({ path }: Place): boolean {
  return path.group === '' && path.resource === 'pods';
}
