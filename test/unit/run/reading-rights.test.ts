/** What is asked of, and allowed to, an action that can only read. */
import { describe, expect, it } from 'vitest';
import { readsOnly } from '../../../src/catalog/action.ts';
import { collectDiagnostics } from '../../../src/catalog/collect-diagnostics.ts';
import { collectLogs } from '../../../src/catalog/collect-logs.ts';
import { catalog } from '../../../src/catalog/index.ts';
import { protectedNamespace } from '../../../src/gates/protected-namespace.ts';
import { askCaller } from '../../../src/run/permissions.ts';
import { prepareRollback } from '../../../src/run/prepare-rollback.ts';
import { Recording } from '../../../src/run/recording.ts';
import { FakeApi } from '../execute/fake-api.ts';
import { gateInput, OPTIONS, REQUEST } from '../gates/gate-input.ts';

const request = { ...REQUEST, action: collectLogs };

describe('an action that only reads', () => {
  it('is one that may write nothing', () => {
    const reading = catalog.filter(readsOnly);
    expect(reading).toEqual([collectLogs, collectDiagnostics]);
    expect(
      readsOnly({ permissions: [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] }] }),
    ).toBe(false);
  });

  it('asks its caller for a token and for no Job, Secret or lock', async () => {
    const where = { action: collectLogs, namespace: 'shop', jobNamespace: 'kubernetes-executor' };
    const rows = await askCaller(new FakeApi(), 'somebody', where, ['plan', 'execute']);
    expect(rows.map(({ permission }) => permission)).toEqual([
      'plan actions.kubernetesexecution.kubernaut.io "collect-logs" in shop',
      'execute actions.kubernetesexecution.kubernaut.io "collect-logs" in shop',
      'create serviceaccounts/token "action-collect-logs" in kubernetes-executor',
    ]);
  });

  it('may be done in a protected namespace, where nothing may be changed', () => {
    const judge = (over: object) =>
      protectedNamespace.judge(gateInput({ namespace: 'kube-system', ...over })).verdict;
    expect([judge({}), judge({ action: collectLogs })]).toEqual(['refuse', 'pass']);
  });

  it('can not be rolled back, since there is nothing to undo', async () => {
    const caller = new FakeApi();
    const access = { url: caller.url, origin: 'here', credentials: () => Promise.resolve({}) };
    const rollback = prepareRollback({
      caller,
      access,
      openServer: () => caller,
      request,
      mode: 'rollback',
      options: { ...OPTIONS, executionId: 'collect-logs-9876543210' },
      programHash: '',
      recording: new Recording('collect-logs-1234567890', 'rollback', request),
      report: () => undefined,
    });
    await expect(rollback).rejects.toMatchObject({
      ending: { result: 'refused', reasonCode: 'irreversible' },
    });
    expect(caller.requests).toEqual([]);
  });
});
