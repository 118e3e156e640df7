/** What applying each object of a manifest would do, by the server's own dry run. Pure. */
import { diffObjects } from '../plan/diff.ts';
import { isRecord } from '../plan/json.ts';
import { inOrder, isNamespace, type ManifestObject, sayPlaced } from '../plan/manifest.ts';
import { FIELD_MANAGER } from '../plan/names.ts';
import { type KubernetesObject, say } from '../plan/objects.ts';
import type { FieldChange } from '../plan/plan.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import { statusMessage } from '../plan/status-message.ts';
import type { DryRun, DryRunAnswer, Read, Snapshot } from './action.ts';
import { markChoices } from './manifest-choices.ts';
import { type ManifestQuestion, type Place, type Places, placesOf } from './manifest-places.ts';

/**
 * A creation says a resourceVersion that no object has: the server ignores it where there is none of that name, and
 * refuses where somebody else was faster.
 */
const OF_NONE = '1';

export interface Change extends Place {
  readonly kind: 'create' | 'change' | 'same';
  readonly request: DryRun;
  /** `null`: it is not there. */
  readonly live: KubernetesObject | null;
  /** As the server would have it. */
  readonly after: KubernetesObject;
  /** What the server chooses itself is marked in them as `server-choice.ts` says. */
  readonly fields: readonly FieldChange[];
  /** Who loses fields to it, as the server says it: `conflict with "x" using apps/v1: .spec.replicas`. */
  readonly takenOver: readonly string[];
  /** Fields that this product itself has written by another action or an undo. */
  readonly ownTaken: readonly string[];
}

/** Can't be asked for before another object of the manifest is there. */
export interface Dependent extends Place {
  readonly kind: 'dependent';
  readonly request: DryRun;
  readonly needs: ManifestObject;
}

export interface Refused extends Place {
  readonly kind: 'refused';
  readonly reasonCode: 'field-conflict' | 'rehearsal-refused' | 'target-unsuitable';
  readonly why: string;
}

export type ObjectOutcome = Change | Dependent | Refused;

/** The next things to be asked, and the places as far as they are known. */
export function readsOfChanges(question: ManifestQuestion, seen: Snapshot): readonly Read[] {
  const places = placesOf(question, seen);
  if (places.objections.length > 0) return [];
  const objects = places.found
    .filter(({ definition }) => definition === undefined)
    .map(({ path }): Read => ({ kind: 'get', path }));
  const dryRuns = places.found.flatMap((place): Read[] => {
    if (dependencyOf(place, places, seen) !== undefined) return [];
    const live = seen.get(place.path);
    if (live === undefined) return [];
    const first = applyRequest(place, live, false);
    const answer = seen.dryRun(first);
    const again = answer && takesOver(question, answer) ? [applyRequest(place, live, true)] : [];
    return [first, ...again].map((request) => ({ kind: 'dry-run', request }));
  });
  return [...objects, ...dryRuns];
}

/** In the order in which they are to be applied. */
export function outcomesOf(
  question: ManifestQuestion,
  seen: Snapshot,
  places: Places,
): readonly ObjectOutcome[] {
  const byObject = new Map(places.found.map((place) => [place.object, place]));
  return inOrder(question.parameters.manifest).flatMap((object) => {
    const place = byObject.get(object);
    return place ? [outcomeOf(place, { question, seen, places })] : [];
  });
}

interface Looking {
  readonly question: ManifestQuestion;
  readonly seen: Snapshot;
  readonly places: Places;
}

function outcomeOf(place: Place, { question, seen, places }: Looking): ObjectOutcome {
  const needs = dependencyOf(place, places, seen);
  if (needs) return { ...place, kind: 'dependent', needs, request: applyRequest(place, null, false) };
  const live = seen.get(place.path) ?? null;
  if (live?.metadata.deletionTimestamp !== undefined) {
    const why = 'it is being deleted. Wait until it is gone';
    return { ...place, kind: 'refused', reasonCode: 'target-unsuitable', why };
  }
  const first = applyRequest(place, live, false);
  const answer = seen.dryRun(first);
  if (!answer) throw new Error(`${say(place.object)} was not rehearsed`);
  if (!takesOver(question, answer)) return judge(place, { live, request: first, answer, conflicts: [] });
  const request = applyRequest(place, live, true);
  const forced = seen.dryRun(request) ?? answer;
  return judge(place, { live, request, answer: forced, conflicts: conflictsOf(answer) });
}

interface Answered {
  readonly live: KubernetesObject | null;
  readonly request: DryRun;
  readonly answer: DryRunAnswer;
  readonly conflicts: readonly Conflict[];
}

function judge(place: Place, { live, request, answer, conflicts }: Answered): ObjectOutcome {
  const after = answer.status < 300 ? asObject(answer.body) : undefined;
  if (!after) return refuse(place, answer);
  const fields = live ? changesOf(place.object, live, after) : [];
  const kind = live === null ? 'create' : fields.length === 0 ? 'same' : 'change';
  const takenOver = conflicts.filter(({ isOurs }) => !isOurs).map(({ text }) => text);
  const ownTaken = conflicts.filter(({ isOurs }) => isOurs).map(({ field }) => field);
  return { ...place, kind, live, request, after, fields, takenOver, ownTaken };
}

/**
 * A JSON patch can't put a member of a list in another's place (its `add` moves the others), so a list whose members
 * themselves differ is one field.
 */
function changesOf(
  { body }: ManifestObject,
  live: KubernetesObject,
  after: KubernetesObject,
): readonly FieldChange[] {
  const next = markChoices({ said: body, before: live, after });
  const pointers = diffObjects(live, after).map(({ pointer }) => aboveLists(live, pointer));
  return [...new Set(pointers)]
    .filter((pointer) => !pointers.some((other) => pointer.startsWith(`${other}/`)))
    .map((pointer) => fieldAt(pointer, live, next));
}

function aboveLists(live: KubernetesObject, pointer: string): string {
  const parent = pointer.slice(0, pointer.lastIndexOf('/'));
  return Array.isArray(readPointer(live, parent)) ? aboveLists(live, parent) : pointer;
}

function fieldAt(pointer: string, live: unknown, next: unknown): FieldChange {
  const [before, after] = [readPointer(live, pointer), readPointer(next, pointer)];
  return { pointer, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

function refuse(place: Place, answer: DryRunAnswer): Refused {
  const conflicts = conflictsOf(answer);
  const said = statusMessage(answer.body) || 'no reason given';
  return conflicts.length === 0
    ? { ...place, kind: 'refused', reasonCode: 'rehearsal-refused', why: `HTTP ${answer.status}, ${said}` }
    : {
        ...place,
        kind: 'refused',
        reasonCode: 'field-conflict',
        why: `others own fields that it sets: ${conflicts.map(({ text }) => text).join('; ')}. Leave these fields out of the manifest, or set the input force to take them over`,
      };
}

/** Where the input says so, and what this product itself has written by another action or an undo. */
function takesOver({ force }: ManifestQuestion, answer: DryRunAnswer): boolean {
  const conflicts = conflictsOf(answer);
  return conflicts.length > 0 && (force === true || conflicts.every(({ isOurs }) => isOurs));
}

interface Conflict {
  /** `"kubectl" owns .spec.replicas`. */
  readonly text: string;
  readonly field: string;
  readonly isOurs: boolean;
}

function conflictsOf({ status, body }: DryRunAnswer): readonly Conflict[] {
  const causes = readPointer(body, '/details/causes');
  if (status !== 409 || !Array.isArray(causes)) return [];
  return causes
    .filter((cause) => textAt(cause, '/reason') === 'FieldManagerConflict')
    .map((cause) => {
      const manager = /^conflict with "([^"]*)"/.exec(textAt(cause, '/message'))?.[1] ?? '';
      return {
        text: `${JSON.stringify(manager)} owns ${textAt(cause, '/field')}`,
        field: textAt(cause, '/field'),
        isOurs: manager === FIELD_MANAGER,
      };
    });
}

/** The object of the manifest that must be there before this one can be asked for. */
function dependencyOf(place: Place, places: Places, seen: Snapshot): ManifestObject | undefined {
  if (place.definition) return place.definition;
  const home = places.found.find(({ object }) => isNamespace(object) && object.name === place.path.namespace);
  return home && seen.get(home.path) === null ? home.object : undefined;
}

function applyRequest({ object, path }: Place, live: KubernetesObject | null, force: boolean): DryRun {
  const { body } = object;
  const metadata = isRecord(body['metadata']) ? body['metadata'] : {};
  const held = live ? { uid: live.metadata.uid } : { resourceVersion: OF_NONE };
  const { namespace } = path;
  return {
    summary: `${live ? 'change' : 'create'} ${sayPlaced(object, namespace)}`,
    verb: 'patch',
    patchType: 'apply',
    path,
    body: {
      ...body,
      metadata: { ...metadata, ...(namespace === undefined ? {} : { namespace }), ...held },
    },
    ...(force ? { force: true } : {}),
  };
}

function asObject(body: unknown): KubernetesObject | undefined {
  return isRecord(body) && isRecord(body['metadata']) ? (body as KubernetesObject) : undefined;
}
