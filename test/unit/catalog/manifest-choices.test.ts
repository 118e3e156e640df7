/** Values that the API server chooses itself as it writes, of which its dry run shows others. */
import { describe, expect, it } from 'vitest';
import type { DryRun, PlanDraft } from '../../../src/catalog/action.ts';
import { applyManifest } from '../../../src/catalog/apply-manifest.ts';
import { explainConflict, hasHappened } from '../../../src/execute/read-back.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { PlannedRequest, UndoRequest } from '../../../src/plan/plan.ts';
import { judge } from '../../../src/verify/judge.ts';
import { applyJsonPatch, PatchRefused } from '../plan/json-patch.ts';
import { viewOf } from '../verify/views.ts';
import { deployment, service } from './cluster-objects.ts';
import { applied, askServer, written } from './manifest-server.ts';

interface ServiceSpec {
  readonly type?: string;
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly ports: readonly { readonly port: number; readonly nodePort?: number }[];
}

/** What the server fills in as it writes a Service: in a dry run from 32769 on. */
function filled(object: unknown, from: number): KubernetesObject {
  const { spec, ...rest } = object as KubernetesObject & { readonly spec: ServiceSpec };
  const hasNodePorts = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  const { clusterIP = '', ...others } = spec;
  const address = clusterIP === '' ? `10.96.0.${from % 100}` : clusterIP;
  const isInside = spec.type !== 'ExternalName';
  return {
    ...rest,
    spec: {
      ...others,
      ...(isInside ? { clusterIP: address, clusterIPs: [address] } : {}),
      ...(hasNodePorts ? { externalTrafficPolicy: 'Cluster' } : {}),
      ports: spec.ports.map((port, index) =>
        hasNodePorts && (port.nodePort ?? 0) === 0 ? { ...port, nodePort: from + index } : port,
      ),
    },
  };
}

const INSIDE = { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'] };
const NODE_PORT = { ...INSIDE, type: 'NodePort', externalTrafficPolicy: 'Cluster' };
const one = { port: 80, nodePort: 30001 };
const two = { port: 81, nodePort: 30002 };

interface Changed {
  readonly draft: PlanDraft;
  readonly request: PlannedRequest;
  readonly undo: UndoRequest;
  readonly live: KubernetesObject;
  /** As the server has really written it. */
  readonly real: KubernetesObject;
}

function change(spec: object, wanted: object): Changed {
  const live = service('web', { spec });
  const refuse = ({ body }: DryRun) => ({ status: 200, body: filled(applied(live, body), 32769) });
  const manifest = [written('Service', 'web', { spec: wanted })];
  const { answer: draft } = askServer(applyManifest, manifest, { objects: [live], refuse });
  if (draft.kind === 'refusal') throw new Error(draft.message);
  const [request] = draft.requests;
  const [undo] = draft.undo.kind === 'requests' ? draft.undo.requests : [];
  if (!request || !undo) throw new Error('nothing is to change');
  return { draft, request, undo, live, real: filled(applied(live, request.body), 30500) };
}

describe('a Service that gets what the server chooses', () => {
  it.each([
    [
      'node ports, as NodePort',
      { ...INSIDE, type: 'ClusterIP', ports: [{ port: 80 }] },
      { type: 'NodePort', ports: [{ port: 80 }] },
    ],
    [
      'node ports, as LoadBalancer',
      { ...INSIDE, type: 'ClusterIP', ports: [{ port: 80 }, { port: 81 }] },
      { type: 'LoadBalancer', ports: [{ port: 80 }, { port: 81 }] },
    ],
    [
      'a port more',
      { ...NODE_PORT, ports: [one] },
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }, { port: 81 }] },
    ],
    [
      'a port more, before the other',
      { ...NODE_PORT, ports: [one] },
      { type: 'NodePort', ports: [{ port: 81 }, { port: 80, nodePort: 30001 }] },
    ],
    ['another port', { ...NODE_PORT, ports: [one] }, { type: 'NodePort', ports: [{ port: 81 }] }],
    ['a port less', { ...NODE_PORT, ports: [one, two] }, { type: 'NodePort', ports: [{ port: 82 }] }],
    [
      'a node port that is asked for as 0',
      { ...INSIDE, type: 'ClusterIP', ports: [{ port: 80 }] },
      { type: 'NodePort', ports: [{ port: 80, nodePort: 0 }] },
    ],
    [
      'an address',
      { type: 'ExternalName', externalName: 'example.com', ports: [{ port: 80 }] },
      { type: 'ClusterIP', clusterIP: '', ports: [{ port: 80 }] },
    ],
  ])('is verified whatever the server chose, and put back: %s', (_what, spec, wanted) => {
    const { draft, request, undo, live, real } = change(spec, wanted);
    expect(hasHappened(request.effect, live)).toBe(false);
    expect(hasHappened(request.effect, real)).toBe(true);
    const judged = draft.checks.map((check) => judge(check, viewOf({ now: [real] })).kind);
    expect(judged).toEqual(['met']);
    const undone = applyJsonPatch(real, undo.body) as KubernetesObject;
    expect(undone).toEqual(live);
    expect(hasHappened(undo.effect, real)).toBe(false);
    expect(hasHappened(undo.effect, undone)).toBe(true);
    expect(explainConflict(undo, real)).toBe('');
    expect(JSON.stringify(draft)).not.toContain('32769');
  });

  const { draft, undo, real } = change(
    { ...NODE_PORT, ports: [one] },
    { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }, { port: 81 }] },
  );
  const withPorts = (ports: readonly object[]): KubernetesObject => ({
    ...real,
    spec: { ...(real['spec'] as object), ports },
  });

  it.each([
    ['has put another port after them', [one, two, { port: 82, nodePort: 30003 }]],
    ['has taken one away', [one]],
    ['has changed a port', [one, { port: 83, nodePort: 30500 }]],
    ['has changed a node port that was there', [{ port: 80, nodePort: 30009 }, two]],
  ])('is not put back where somebody %s', (_what, ports) => {
    const moved = withPorts(ports);
    expect(() => applyJsonPatch(moved, undo.body)).toThrow(PatchRefused);
    expect(explainConflict(undo, moved)).toContain('/spec/ports was changed');
    expect(draft.checks.map((check) => judge(check, viewOf({ now: [moved] })).kind)).toEqual(['pending']);
  });

  it('is put back where the server has dropped what it had chosen', () => {
    const inside = change(
      { ...INSIDE, type: 'ClusterIP', ports: [{ port: 80 }] },
      { type: 'NodePort', ports: [{ port: 80 }] },
    );
    const dropped = { ...inside.real, spec: { ...(inside.real['spec'] as object), ports: [{ port: 80 }] } };
    expect(applyJsonPatch(dropped, inside.undo.body)).toEqual(inside.live);
  });

  it('is verified when it is created, by what the manifest says', () => {
    const refuse = ({ body }: DryRun) => ({ status: 201, body: filled(body, 32769) });
    const spec = { type: 'NodePort', clusterIP: '', ports: [{ port: 80, nodePort: 0 }] };
    const { answer } = askServer(applyManifest, [written('Service', 'web', { spec })], {
      objects: [],
      refuse,
    });
    expect(answer).toMatchObject({
      checks: [
        {
          kind: 'fields-equal',
          fields: [
            { pointer: '/spec/type', after: 'NodePort' },
            { pointer: '/spec/ports/0/port', after: 80 },
          ],
        },
      ],
    });
  });
});

describe('a Deployment', () => {
  it('is held to the default that takes the place of what the manifest no longer says', () => {
    const refuse = ({ body }: DryRun) => ({
      status: 200,
      body: applied(deployment({ spec: { replicas: 1 } }), body),
    });
    const manifest = [written('Deployment', 'web', {}, 'apps/v1')];
    const { answer } = askServer(applyManifest, manifest, { objects: [deployment()], refuse });
    const fields = [{ pointer: '/spec/replicas', before: 2, after: 1 }];
    expect(answer).toMatchObject({ requests: [{ effect: { fields } }], checks: [{ fields }, {}] });
  });

  it('is held to what it gets in a list with the entries of others, wherever the server puts it', () => {
    const container = (...env: readonly object[]) => ({
      template: { spec: { containers: [{ name: 'app', image: 'web:1', env }] } },
    });
    const [a, b] = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ];
    const refuse = () => ({ status: 200, body: deployment({ spec: container(a, b) }) });
    const manifest = [written('Deployment', 'web', { spec: container(b) }, 'apps/v1')];
    const live = deployment({ spec: container(a) });
    const { answer } = askServer(applyManifest, manifest, { objects: [live], refuse });
    const after = [a, b];
    expect(answer).toMatchObject({ checks: [{ fields: [{ before: [a], after }] }, {}] });
  });
});
