import { describe, expect, it } from 'vitest';
import { cordonNode } from '../../../src/catalog/cordon-node.ts';
import { uncordonNode } from '../../../src/catalog/uncordon-node.ts';
import { planFor, refusalFor } from './asking.ts';
import { node } from './cluster-objects.ts';

const NAME = 'ip-10-0-0-1.example.internal';
const PATH = { group: '', version: 'v1', resource: 'nodes', name: NAME };
const free = node(NAME, { metadata: { resourceVersion: '7' } });
const cordoned = node(NAME, { spec: { unschedulable: true } });

describe('cordon-node', () => {
  it('sets the field where it is not there, held to uid and old value alone', () => {
    const plan = planFor(cordonNode, { name: NAME }, [free]);
    expect(plan.requests).toMatchObject([
      {
        verb: 'patch',
        patchType: 'json',
        path: PATH,
        body: [
          { op: 'test', path: '/metadata/uid', value: `uid-${NAME}` },
          { op: 'test', path: '/spec/unschedulable', value: null },
          { op: 'add', path: '/spec/unschedulable', value: true },
        ],
      },
    ]);
    expect(plan.checks).toMatchObject([{ kind: 'fields-equal', object: PATH, fields: [{ after: true }] }]);
  });

  it('is undone by what uncordon-node sends', () => {
    const { undo } = planFor(cordonNode, { name: NAME }, [free]);
    const back = planFor(uncordonNode, { name: NAME }, [cordoned]);
    expect(undo.kind === 'requests' && undo.requests[0]?.body).toEqual(back.requests[0]?.body);
    expect(undo).toMatchObject({ checks: back.checks });
  });

  it('locks the node, which lies in no namespace', () => {
    expect(planFor(cordonNode, { name: NAME }, [free]).locks).toEqual([
      { apiVersion: 'v1', kind: 'Node', name: NAME, uid: `uid-${NAME}` },
    ]);
  });
});

describe('uncordon-node', () => {
  it('removes the field, as the API server does with false', () => {
    const [request] = planFor(uncordonNode, { name: NAME }, [cordoned]).requests;
    expect(request?.body).toContainEqual({ op: 'test', path: '/spec/unschedulable', value: true });
    expect(request?.body).toContainEqual({ op: 'remove', path: '/spec/unschedulable' });
  });
});

describe.each([
  [cordonNode, cordoned],
  [uncordonNode, free],
] as const)('$name', (action, asWanted) => {
  it('sends nothing to a node that is so already', () => {
    const plan = planFor(action, { name: NAME }, [asWanted]);
    expect(plan.requests).toEqual([]);
    expect(plan.summary).toContain('already');
  });

  it('refuses a node that is not there, without a word of namespaces', () => {
    const refusal = refusalFor(action, { name: 'nowhere' }, [free]);
    expect(refusal.reasonCode).toBe('target-not-found');
    expect(refusal.message).toContain('node/nowhere does not exist');
    expect(refusal.message).not.toContain('namespace');
  });
});
