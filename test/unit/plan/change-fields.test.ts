import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameJson } from '../../../src/plan/canonical.ts';
import {
  applyFields,
  changeFields,
  type FieldsRequest,
  invertFields,
  undoFields,
} from '../../../src/plan/change-fields.ts';
import type { FieldChange } from '../../../src/plan/plan.ts';
import { pointerOf, readPointer } from '../../../src/plan/pointer.ts';
import { applyJsonPatch, PatchRefused } from './json-patch.ts';
import { json, key, WEB } from './plans.ts';

interface Live {
  readonly metadata: { readonly uid: string };
  readonly spec: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const uid = 'uid-web';
const maps = fc.dictionary(
  key.filter((name) => name !== '__proto__'),
  fc.dictionary(
    key.filter((name) => name !== '__proto__'),
    json,
    { maxKeys: 4, noNullPrototype: true },
  ),
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
);

/** An object and changes of some members of its maps: other values, members that come, members that go. */
const changes = fc
  .record({
    spec: maps,
    picks: fc.array(fc.tuple(fc.nat(), fc.nat(), key, fc.option(json)), { minLength: 1 }),
  })
  .map(({ spec, picks }) => {
    const live: Live = { metadata: { uid }, spec };
    const fields = new Map<string, FieldChange>();
    for (const [which, member, fresh, after] of picks) {
      const outer = Object.keys(spec)[which % Object.keys(spec).length] ?? '';
      const names = [...Object.keys(spec[outer] ?? {}), fresh];
      const pointer = pointerOf(['spec', outer, names[member % names.length] ?? '']);
      const before = readPointer(live, pointer);
      if (pointer.includes('__proto__') || (before === undefined && after === null)) continue;
      fields.set(pointer, {
        pointer,
        ...(before === undefined ? {} : { before }),
        ...(after === null ? {} : { after }),
      });
    }
    return { live, fields: [...fields.values()] };
  });

function request(fields: readonly FieldChange[]): FieldsRequest {
  return {
    summary: 'change',
    object: WEB,
    uid,
    fields,
  };
}

function send(live: Live, body: unknown): Live {
  return applyJsonPatch(live, body) as Live;
}

describe('changeFields', () => {
  it('makes the change and its undo takes it back, whatever was changed', () => {
    fc.assert(
      fc.property(changes, ({ live, fields }) => {
        const asked = request(fields);
        const changed = send(live, changeFields(asked).body);
        for (const { pointer, after } of fields) {
          expect(sameJson(readPointer(changed, pointer), after)).toBe(true);
        }
        const undone = send(changed, undoFields(asked, 'undo').body);
        expect(undone.spec).toEqual(live.spec);
      }),
    );
  });

  it('is refused where one of the fields is no longer as it was', () => {
    fc.assert(
      fc.property(changes, fc.nat(), json, ({ live, fields }, which, other) => {
        const field = fields[which % Math.max(1, fields.length)];
        fc.pre(field !== undefined && !sameJson(field.before, other));
        const [, , outer = '', inner = ''] = (field?.pointer ?? '')
          .split('/')
          .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
        const moved = { ...live, spec: { ...live.spec, [outer]: { ...live.spec[outer], [inner]: other } } };
        expect(() => send(moved, changeFields(request(fields)).body)).toThrow(PatchRefused);
      }),
    );
  });

  it('is undone only where the field still has what we left there', () => {
    const live: Live = { metadata: { uid }, spec: { strategy: { type: 'Recreate' } } };
    const asked = request([{ pointer: '/spec/strategy/type', before: 'Recreate', after: 'RollingUpdate' }]);
    const changed = send(live, changeFields(asked).body);
    const byOthers: Live = { ...changed, spec: { strategy: { type: 'Other' } } };
    expect(() => send(byOthers, undoFields(asked, 'undo').body)).toThrow(PatchRefused);
  });

  it('is refused for another object of the same name, and where it could not come true any more', () => {
    const live: Live = { metadata: { uid }, spec: { a: {} } };
    const testBefore = [{ pointer: '/spec/paused', value: null }];
    const asked = { ...request([{ pointer: '/spec/a/b', after: 1 }]), testBefore };
    const { body } = changeFields(asked);
    const changed = send(live, body);
    expect(changed.spec).toEqual({ a: { b: 1 } });
    expect(() => send({ ...live, metadata: { uid: 'uid-other' } }, body)).toThrow(PatchRefused);
    expect(() => send({ ...live, spec: { ...live.spec, paused: {} } }, body)).toThrow(PatchRefused);
    const paused = { ...changed, spec: { ...changed.spec, paused: {} } };
    expect(send(paused, undoFields(asked, 'undo').body).spec).toEqual({ a: {}, paused: {} });
  });

  it('is a JSON patch to the object itself that may be sent twice', () => {
    const fields = [{ pointer: '/spec/a', before: 1, after: 2 }];
    expect(changeFields(request(fields))).toMatchObject({
      verb: 'patch',
      patchType: 'json',
      path: WEB,
      effect: { kind: 'fields', object: WEB, fields },
      rehearsal: 'yes',
      resendable: true,
    });
  });

  it('sent a second time it is refused, never applied twice', () => {
    fc.assert(
      fc.property(changes, ({ live, fields }) => {
        fc.pre(fields.some((field) => !sameJson(field.before, field.after)));
        const { body } = changeFields(request(fields));
        expect(() => send(send(live, body), body)).toThrow(PatchRefused);
      }),
    );
  });
});

describe('applyFields', () => {
  it('leaves the object as the API server does', () => {
    fc.assert(
      fc.property(changes, ({ live, fields }) => {
        expect(applyFields(live, fields)).toEqual(applyJsonPatch(live, changeFields(request(fields)).body));
      }),
    );
  });

  it('reaches into lists, and leaves the object it was given alone', () => {
    const live = { spec: { containers: [{ name: 'a', image: 'a:1' }, { name: 'b' }] } };
    const before = structuredClone(live);
    const fields = [
      { pointer: '/spec/containers/0/image', before: 'a:1' },
      { pointer: '/spec/containers/1/image', after: 'b:2' },
    ];
    expect(applyFields(live, fields)).toEqual({
      spec: { containers: [{ name: 'a' }, { name: 'b', image: 'b:2' }] },
    });
    expect(live).toEqual(before);
  });

  it('refuses what nothing is there to hold', () => {
    expect(() => applyFields({ spec: {} }, [{ pointer: '/spec/a/b', after: 1 }])).toThrow(/nothing is there/);
  });
});

describe('applyFields', () => {
  it('makes of an object what the server makes of it by the patch', () => {
    fc.assert(
      fc.property(changes, ({ live, fields }) => {
        const object = { ...live, metadata: { ...live.metadata, name: 'web' } };
        const patched = applyJsonPatch(object, changeFields(request(fields)).body);
        expect(applyFields(object, fields)).toEqual(patched);
      }),
    );
  });

  it('leaves the object alone that it was given', () => {
    const object = { metadata: { name: 'web', uid }, spec: { list: [{ image: 'a' }, { image: 'b' }] } };
    const before = structuredClone(object);
    const changed = applyFields(object, [{ pointer: '/spec/list/1/image', before: 'b', after: 'c' }]);
    expect(changed).toEqual({ ...before, spec: { list: [{ image: 'a' }, { image: 'c' }] } });
    expect(object).toEqual(before);
  });

  it('says where there is nothing to hold the field', () => {
    const object = { metadata: { name: 'web', uid } };
    expect(() => applyFields(object, [{ pointer: '/spec/a', after: 1 }])).toThrow('nothing is there');
  });
});

describe('invertFields', () => {
  it('turned round twice it is as before', () => {
    fc.assert(
      fc.property(changes, ({ fields }) => {
        expect(invertFields(invertFields(fields))).toEqual(fields);
      }),
    );
  });

  it('keeps absence apart from a value', () => {
    expect(invertFields([{ pointer: '/a', after: 1 }])).toEqual([{ pointer: '/a', before: 1 }]);
    expect(invertFields([{ pointer: '/a', before: 0 }])).toEqual([{ pointer: '/a', after: 0 }]);
  });
});
