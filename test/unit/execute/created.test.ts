import { describe, expect, it } from 'vitest';
import { bindToCreated, checksOfUndone } from '../../../src/execute/created.ts';
import { isMadeByUs } from '../../../src/execute/read-back.ts';
import { sendPlanned } from '../../../src/execute/send.ts';
import type { PlannedRequest, UndoCheck, UndoRequest } from '../../../src/plan/plan.ts';
import type { RequestVerdict } from '../../../src/plan/verdict.ts';
import { configMap } from '../catalog/cluster-objects.ts';
import { FakeApi, on } from './fake-api.ts';

const PATH = { group: '', version: 'v1', resource: 'configmaps', namespace: 'shop', name: 'settings' };
const CREATE: PlannedRequest = {
  summary: 'create configmap/settings',
  verb: 'patch',
  patchType: 'apply',
  path: PATH,
  body: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', resourceVersion: '1' },
  },
  effect: { kind: 'created', object: PATH },
  rehearsal: 'yes',
  resendable: false,
};
const UNDO: UndoRequest = {
  summary: 'delete configmap/settings, which was created',
  verb: 'delete',
  path: PATH,
  body: { propagationPolicy: 'Background' },
  effect: { kind: 'gone', object: PATH, uid: '' },
  rehearsal: 'yes',
  resendable: true,
  undoes: 0,
  ofCreated: true,
};

describe('a creation', () => {
  it('tells the uid of what it made, also where only the read-back does', async () => {
    const api = new FakeApi();
    const verdict = await sendPlanned(api, CREATE);
    expect(verdict).toMatchObject({ outcome: 'applied', status: 201, uid: expect.stringMatching(/./) });
    const unheard = new FakeApi();
    unheard.lose(on('PATCH', '/settings'), 'after');
    expect(await sendPlanned(unheard, CREATE)).toMatchObject({ outcome: 'applied', uid: expect.any(String) });
  });

  it('that nobody answered does not take what is older for its own', async () => {
    const api = new FakeApi();
    const since = '2026-03-01T12:00:00Z';
    const older = configMap('settings', {
      metadata: {
        creationTimestamp: '2026-03-01T11:59:59Z',
        managedFields: [{ manager: 'kubernetes-executor' }],
      },
    });
    api.lose((request) => request.method === 'PATCH' && api.put(older) !== undefined, 'before');
    const verdict = await sendPlanned(api, { ...CREATE, effect: { kind: 'created', object: PATH, since } });
    expect(verdict.outcome).toBe('unknown');
  });

  it('that nobody answered does not take the object of somebody else for its own', async () => {
    const api = new FakeApi();
    api.lose((request) => {
      if (request.method !== 'PATCH') return false;
      api.put(configMap('settings'));
      return true;
    }, 'before');
    const verdict = await sendPlanned(api, CREATE);
    expect(verdict.outcome).toBe('unknown');
    expect(verdict.uid).toBeUndefined();
    expect(await bindToCreated(api, UNDO, verdict, isMadeByUs)).toEqual({
      done: { ...verdict, outcome: 'not-applied' },
    });
  });
});

describe('the undo of a creation', () => {
  it('is held to the uid that the answer gave', async () => {
    const done: RequestVerdict = { summary: '', outcome: 'applied', uid: 'uid-1' };
    expect(await bindToCreated(new FakeApi(), UNDO, done, isMadeByUs)).toMatchObject({
      request: {
        body: { propagationPolicy: 'Background', preconditions: { uid: 'uid-1' } },
        effect: { kind: 'gone', uid: 'uid-1' },
      },
      done,
    });
  });

  it('without an answer takes what this product has written, and nothing where there is nothing', async () => {
    const unknown: RequestVerdict = { summary: '', outcome: 'unknown' };
    const ours = configMap('settings', {
      metadata: { uid: 'uid-2', managedFields: [{ manager: 'kubernetes-executor' }] },
    });
    expect(await bindToCreated(new FakeApi(ours), UNDO, unknown, isMadeByUs)).toMatchObject({
      request: { effect: { uid: 'uid-2' } },
      done: { outcome: 'unknown', uid: 'uid-2' },
    });
    expect(await bindToCreated(new FakeApi(), UNDO, unknown, isMadeByUs)).toEqual({ done: unknown });
  });

  it('is verified for what was undone alone', () => {
    const checks: readonly UndoCheck[] = [
      { kind: 'object-gone', object: PATH, of: 0 },
      { kind: 'object-gone', object: PATH, of: 1 },
      { kind: 'object-exists', object: PATH },
    ];
    const done: readonly RequestVerdict[] = [
      { summary: '', outcome: 'applied', uid: 'uid-1' },
      { summary: '', outcome: 'not-applied' },
    ];
    expect(checksOfUndone(checks, done)).toEqual([{ ...checks[0], uid: 'uid-1' }, checks[2]]);
  });
});
