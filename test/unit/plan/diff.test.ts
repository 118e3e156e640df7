import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameJson } from '../../../src/plan/canonical.ts';
import { diffObjects } from '../../../src/plan/diff.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { json } from './plans.ts';

const deployment = {
  metadata: {
    name: 'web',
    resourceVersion: '1',
    generation: 1,
    annotations: { 'a/b': 'x' },
    managedFields: [{ manager: 'kubectl' }],
  },
  spec: { replicas: 2, template: { spec: { containers: [{ name: 'app', image: 'web:1' }] } } },
  status: { replicas: 2 },
};

describe('diffObjects', () => {
  it('leaves out what the server writes with every change', () => {
    const answer = {
      ...deployment,
      metadata: { ...deployment.metadata, resourceVersion: '2', generation: 2, managedFields: [] },
      status: {},
    };
    expect(diffObjects(deployment, answer)).toEqual([]);
    const counted = (count: string) => ({
      metadata: { annotations: { 'deprecated.daemonset.template.generation': count } },
    });
    expect(diffObjects(counted('1'), counted('2'))).toEqual([]);
  });

  it('names each changed, added and removed field by its pointer', () => {
    const answer = {
      metadata: { ...deployment.metadata, annotations: { 'c/d': 'y' } },
      spec: { replicas: 3, template: { spec: { containers: [{ name: 'app', image: 'web:2' }] } } },
    };
    expect(diffObjects(deployment, answer)).toEqual([
      { pointer: '/metadata/annotations/a~1b', before: 'x' },
      { pointer: '/metadata/annotations/c~1d', after: 'y' },
      { pointer: '/spec/replicas', before: 2, after: 3 },
      { pointer: '/spec/template/spec/containers/0/image', before: 'web:1', after: 'web:2' },
    ]);
  });

  it('shows a list whole where its length differs', () => {
    expect(diffObjects({ args: ['a', 'b'] }, { args: ['a'] })).toEqual([
      { pointer: '/args', before: ['a', 'b'], after: ['a'] },
    ]);
  });

  it('shows an object that is new or gone as one line', () => {
    expect(diffObjects(undefined, { a: 1 })).toEqual([{ pointer: '', after: { a: 1 } }]);
    expect(diffObjects({ a: 1 }, undefined)).toEqual([{ pointer: '', before: { a: 1 } }]);
  });

  it('is empty exactly for equal values', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(diffObjects(a, structuredClone(a))).toEqual([]);
        expect(diffObjects({ spec: a }, { spec: b }).length === 0).toBe(sameJson(a, b));
      }),
    );
  });

  it('reads before and after off the two objects, and turned round it is the opposite', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const [before, after] = [{ spec: a }, { spec: b }];
        const lines = diffObjects(before, after);
        for (const line of lines) {
          expect(readPointer(before, line.pointer)).toEqual(line.before);
          expect(readPointer(after, line.pointer)).toEqual(line.after);
        }
        const back = diffObjects(after, before);
        expect(back.map((line) => [line.pointer, line.after, line.before])).toEqual(
          lines.map((line) => [line.pointer, line.before, line.after]),
        );
      }),
    );
  });
});
