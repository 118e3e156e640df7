import type { RunRecord } from '../../../src/run/record.ts';
import { rolledBack } from './scaled-record.ts';

/** Where a record holds words that the cluster, a spec or a pod chose. */
const FREE_TEXT = new Set(
  `message summary detail permission identity reason grant remedy event about name namespace user origin server
  serverVersion pointer before after tail notes executionId planHash parameters gate`.split(/\s+/),
);

/** A record with every part, whose words all are `text`. */
export function hostileRecord(text: string): RunRecord {
  const { action, kind } = rolledBack.request;
  const full: RunRecord = {
    ...rolledBack,
    request: { ...rolledBack.request, parameters: { name: '' } },
    permissions: [
      { who: 'action', identity: '', permission: '', allowed: 'no', reason: '', grant: 'kind: RoleBinding' },
      { who: 'caller', identity: '', permission: '', allowed: 'unknown' },
    ],
    gates: [
      { gate: '', verdict: 'refuse', reasonCode: 'gitops-managed', message: '', remedy: '' },
      { gate: '', verdict: 'warn', reasonCode: 'gitops-managed', message: '' },
    ],
    rehearsal: {
      requests: [
        {
          summary: '',
          outcome: 'refused',
          status: 422,
          message: '',
          diff: [{ pointer: '', before: '', after: '' }],
        },
      ],
      findings: [{ severity: 'warning', about: '', message: '' }],
    },
    ...(rolledBack.plan ? { plan: { ...rolledBack.plan, notes: [''] } } : {}),
  };
  const replaced = replaceText(full, text, false) as RunRecord;
  return { ...replaced, request: { ...replaced.request, action, kind } };
}

function replaceText(value: unknown, text: string, isFree: boolean): unknown {
  if (typeof value === 'string') return isFree ? text : value;
  if (Array.isArray(value)) return value.map((member) => replaceText(member, text, isFree));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, replaceText(member, text, FREE_TEXT.has(key))]),
  );
}
