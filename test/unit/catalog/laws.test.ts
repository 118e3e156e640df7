/** What holds for every action: nothing is sent, read, watched or written that its entry does not name. */
import { describe, expect, it } from 'vitest';
import { type Action, type PlanDraft, type PolicyRule, touchesSecrets } from '../../../src/catalog/action.ts';
import { catalog } from '../../../src/catalog/index.ts';
import { planners } from '../../../src/catalog/planners.ts';
import { isRecord } from '../../../src/plan/json.ts';
import type { KubernetesObject, ResourcePath } from '../../../src/plan/objects.ts';
import type { FieldChange, PlannedRequest } from '../../../src/plan/plan.ts';
import { pointerOf } from '../../../src/plan/pointer.ts';
import { watchedBy } from '../../../src/verify/watched-by.ts';
import { applyJsonPatch } from '../plan/json-patch.ts';
import { ask, fillFor, planFor } from './asking.ts';
import { isAt } from './cluster-objects.ts';
import { scenarios } from './scenarios.ts';

const RBAC_VERB = { create: 'create', patch: 'patch', delete: 'delete', evict: 'create' };

function isPermitted(rules: readonly PolicyRule[], verb: string, path: ResourcePath): boolean {
  const resource = path.subresource === undefined ? path.resource : `${path.resource}/${path.subresource}`;
  return rules.some(
    (rule) =>
      rule.apiGroups.includes(path.group) && rule.resources.includes(resource) && rule.verbs.includes(verb),
  );
}

function undoOf(draft: PlanDraft) {
  return draft.undo.kind === 'requests' ? draft.undo : { requests: [], checks: [] };
}

function allRequests(draft: PlanDraft): readonly PlannedRequest[] {
  return [...draft.requests, ...undoOf(draft).requests];
}

/** A change of a whole map changes each of its keys. */
function keysOf({ pointer, before, after }: FieldChange): readonly string[] {
  const maps = [before, after].filter(isRecord);
  return maps.length === 0
    ? [pointer]
    : maps.flatMap((map) => Object.keys(map).map((name) => pointer + pointerOf([name])));
}

function isWritable(action: Action, path: ResourcePath, pointer: string): boolean {
  return action.writableFields.some(
    (fields) =>
      fields.apiGroup === path.group &&
      fields.version === path.version &&
      fields.resource === path.resource &&
      fields.paths.map(pointerOf).some((one) => isBelow(pointer.split('/'), one.split('/'))),
  );
}

/** A star in the path stands for every member of a list. */
function isBelow(pointer: readonly string[], path: readonly string[]): boolean {
  return path.every((segment, index) => segment === '*' || segment === pointer[index]);
}

function operations({ body }: PlannedRequest): readonly Record<string, unknown>[] {
  return Array.isArray(body) ? body.filter(isRecord) : [];
}

describe.each(scenarios)('$name', ({ action, asking, objects }) => {
  const { answer, reads } = ask(action, asking, objects);
  const draft = planFor(action, asking, objects);

  it('reads only what its ServiceAccount may', () => {
    const forbidden = reads.filter(
      (read) => !('path' in read) || !isPermitted(action.permissions, read.kind, read.path),
    );
    expect(forbidden).toEqual([]);
  });

  it('sends only what its ServiceAccount may, the undo included', () => {
    const forbidden = allRequests(draft).filter(
      ({ verb, path }) => !isPermitted(action.permissions, RBAC_VERB[verb], path),
    );
    expect(forbidden).toEqual([]);
  });

  it('can read back every object it writes', () => {
    const blind = allRequests(draft).filter(
      ({ effect }) => !isPermitted(action.permissions, 'get', effect.object),
    );
    expect(blind).toEqual([]);
  });

  it('may list and watch all that its checks need', () => {
    const watched = [...draft.checks, ...undoOf(draft).checks].flatMap(watchedBy);
    const hidden = watched.filter(
      ({ path }) =>
        !isPermitted(action.permissions, 'list', path) || !isPermitted(action.permissions, 'watch', path),
    );
    expect(hidden).toEqual([]);
  });

  it('writes no field of an object that its admission policy does not name', () => {
    const patches = allRequests(draft).filter(
      ({ verb, path }) => verb === 'patch' && path.subresource === undefined,
    );
    for (const { effect, path } of patches) {
      const fields = effect.kind === 'fields' ? effect.fields.flatMap(keysOf) : [];
      expect(fields.length).toBeGreaterThan(0);
      expect(fields.filter((field) => !isWritable(action, path, field))).toEqual([]);
    }
  });

  it('tells as its effect exactly the fields that its JSON patches write', () => {
    for (const request of allRequests(draft).filter(({ patchType }) => patchType === 'json')) {
      const written = operations(request).filter(({ op }) => op !== 'test');
      const fields = request.effect.kind === 'fields' ? request.effect.fields : [];
      expect(written.map(({ path }) => path)).toEqual(fields.map(({ pointer }) => pointer));
      expect(written.map(({ value }) => value)).toEqual(fields.map(({ after }) => after));
    }
  });

  it('holds every request to the uid of the object that was seen', () => {
    for (const request of allRequests(draft)) {
      const uid = objects.find((object) => isAt(object, withoutSubresource(request.path)))?.metadata.uid;
      expect(uid).toBeDefined();
      const ends = request.verb === 'delete' || request.verb === 'evict';
      const held = ends ? isRecord(request.body) && request.body['preconditions'] : operations(request)[0];
      expect(held).toEqual(ends ? { uid } : { op: 'test', path: '/metadata/uid', value: uid });
    }
  });

  it('stays in its namespace, with one write per object', () => {
    const strays = allRequests(draft).filter(({ path }) => path.namespace !== 'shop');
    expect(action.scope === 'cluster' ? [] : strays).toEqual([]);
    const written = draft.requests.map(({ path }) => JSON.stringify(withoutSubresource(path)));
    expect(new Set(written).size).toBe(written.length);
    expect(draft.locks.length > 0).toBe(draft.requests.length > 0 || draft.collects === undefined);
  });

  it('has an undo for each request, or says that there is none', () => {
    const { undo } = draft;
    const undone = undo.kind === 'requests' ? undo.requests.map((request) => request.undoes) : [];
    const each = [...draft.requests.keys()];
    const whole = undo.kind === 'requests' && undo.leaves === undefined;
    const evictions = draft.requests.flatMap(({ verb }, index) => (verb === 'evict' ? [index] : []));
    expect(new Set(undone)).toEqual(
      new Set(
        undo.kind === 'irreversible' ? [] : each.filter((index) => whole || !evictions.includes(index)),
      ),
    );
    expect(action.reversible && undo.kind === 'irreversible').toBe(false);
  });

  it('undone, leaves the objects as they were, but for what it says of it', () => {
    const { undo, requests } = fillFor(draft, asking, objects);
    const after = requests.reduce(carryOut, objects);
    const back = undo.kind === 'requests' ? undo.requests.reduce(carryOut, after) : objects;
    const leaves = undo.kind === 'requests' && undo.leaves !== undefined;
    expect(leaves ? back.filter(({ kind }) => kind !== 'Pod') : back).toEqual(
      leaves ? objects.filter(({ kind }) => kind !== 'Pod') : objects,
    );
    expect(isChanged(after, objects)).toBe(requests.length > 0);
  });

  it('is pure: asked again it answers the same, and it is JSON', () => {
    expect(ask(action, asking, structuredClone(objects)).answer).toEqual(answer);
    expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
  });

  it('carries its time as a whole string alone, so that the hash can leave it out', () => {
    const at = '2027-07-07T07:07:07Z';
    const later = planFor(action, { ...asking, at }, objects);
    const replaced = JSON.stringify(draft).replaceAll('"2026-03-01T12:00:00Z"', JSON.stringify(at));
    expect(JSON.parse(JSON.stringify(later))).toEqual(JSON.parse(replaced));
  });
});

describe('the catalogue', () => {
  it('has a case of each action here', () => {
    // Those that take a manifest have laws of their own, in manifest-laws.test.ts.
    const others = catalog.filter(({ takesManifest }) => takesManifest === undefined);
    expect(new Set(scenarios.map(({ action }) => action.name))).toEqual(
      new Set(others.map(({ name }) => name)),
    );
  });

  it('names each action once, in kebab-case, aliases included', () => {
    const names = catalog.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z]+(-[a-z]+)*$/.test(name))).toEqual([]);
  });

  it.each(catalog)('$name leaves its Job a name that a pod can carry', ({ name }) => {
    expect(name.length + '-0123456789'.length + '-abcde'.length).toBeLessThanOrEqual(63);
  });

  it.each(catalog)('$name asks for no right to everything, to exec or, but for one, to Secrets', (action) => {
    const words = action.permissions.flatMap((rule) => [...rule.apiGroups, ...rule.resources, ...rule.verbs]);
    const far = words.filter((word) => /[*]|secrets|exec|impersonate|escalate|bind/.test(word));
    expect(far).toEqual(action.name === 'update-secret' ? ['secrets'] : []);
    expect(touchesSecrets(action)).toBe(planners.some(({ name }) => name === action.name));
  });

  it.each(catalog)('$name may read what every run of it reads', ({ permissions, scope }) => {
    const namespaces = { group: '', version: 'v1', resource: 'namespaces' };
    const autoscalers = { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' };
    const deployments = { group: 'apps', version: 'v1', resource: 'deployments', subresource: 'scale' };
    expect(isPermitted(permissions, 'get', namespaces)).toBe(scope === 'namespace');
    const scales = isPermitted(permissions, 'patch', deployments);
    expect(!scales || isPermitted(permissions, 'list', autoscalers)).toBe(true);
  });

  it.each(catalog)('$name describes each of its parameters', ({ parameters }) => {
    const shape: unknown = Reflect.get(parameters, 'shape');
    const described = Object.values(isRecord(shape) ? shape : {}).map((one) =>
      isRecord(one) ? one['description'] : undefined,
    );
    expect(described.filter((text) => typeof text !== 'string' || text === '')).toEqual([]);
  });

  it.each(catalog)('$name names a path at least for each resource whose fields it may write', (entry) => {
    expect(entry.kinds.length).toBeGreaterThan(0);
    expect(entry.writableFields.filter(({ paths }) => paths.length === 0)).toEqual([]);
  });
});

function isChanged(after: readonly KubernetesObject[], before: readonly KubernetesObject[]): boolean {
  return JSON.stringify(after) !== JSON.stringify(before);
}

function withoutSubresource({ subresource: _subresource, ...path }: ResourcePath): ResourcePath {
  return path;
}

/** As the server does it, but for what it keeps books of itself. */
function carryOut(
  objects: readonly KubernetesObject[],
  request: PlannedRequest,
): readonly KubernetesObject[] {
  const { path, verb, body } = request;
  const at = withoutSubresource(path);
  if (verb === 'delete' || verb === 'evict') return objects.filter((object) => !isAt(object, at));
  return objects.map((object) => {
    if (!isAt(object, at)) return object;
    return path.subresource === 'scale'
      ? scaled(object, body)
      : (applyJsonPatch(object, body) as KubernetesObject);
  });
}

/** A Scale shows the object's uid and its replicas, and zero as nothing. */
function scaled(object: KubernetesObject, body: unknown): KubernetesObject {
  const spec = isRecord(object['spec']) ? object['spec'] : {};
  const shown = {
    metadata: object.metadata,
    spec: spec['replicas'] === 0 ? {} : { replicas: spec['replicas'] },
  };
  const scale = applyJsonPatch(shown, body) as typeof shown;
  return { ...object, spec: { ...spec, replicas: scale.spec.replicas ?? 0 } };
}
