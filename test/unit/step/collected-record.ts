import { collectLogs } from '../../../src/catalog/collect-logs.ts';
import { POD } from '../../../src/catalog/workloads.ts';
import type { CollectedFile, RunRecord } from '../../../src/run/record.ts';
import { recordWithout, scaledRecord, scalePlan } from './scaled-record.ts';

const path = { group: '', version: 'v1', resource: 'pods', namespace: 'shop', name: 'web-1' };

export const FILES: readonly CollectedFile[] = [
  {
    file: 'logs/web-1/app.log',
    outcome: 'complete',
    bytes: 1_258_291,
    lines: 9000,
    sha256: 'ab'.repeat(32),
  },
  {
    file: 'logs/web-1/proxy.log',
    outcome: 'absent',
    bytes: 0,
    lines: 0,
    note: 'the container has not started',
  },
];

/** Logs of the pods with a label, of which one has none. */
export function collectedRecord(files: readonly CollectedFile[] = FILES, over: Partial<RunRecord> = {}) {
  const selection = { labels: 'app=web', maxTargets: 10 };
  const request = { ...scaledRecord().request, action: collectLogs, parameters: {}, kind: POD, name: '' };
  return recordWithout(['job', 'verdict', 'log'], {
    executionId: 'collect-logs-7c2e9b41d0',
    request: { ...request, selection },
    changed: false,
    plan: {
      ...scalePlan,
      action: 'collect-logs',
      target: { apiVersion: 'v1', kind: 'Namespace', name: 'shop' },
      summary: 'collect 2 logs of 1 pod with app=web in shop',
      requests: [],
      checks: [],
      undo: { kind: 'requests', requests: [], checks: [] },
      locks: [],
      collects: files.map(({ file }) => ({
        file,
        content: {
          kind: 'log',
          path: { ...path, subresource: 'log' },
          uid: 'u-1',
          container: 'app',
          previous: false,
          query: {},
          limitBytes: 1024,
        },
      })),
    },
    rehearsal: { requests: [], findings: [] },
    message: 'collect 2 logs of 1 pod with app=web in shop: 1 file, 1.2 MiB; 1 absent',
    collected: { folder: '/nowhere', files },
    ...over,
  });
}
