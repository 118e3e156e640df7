import { isRecord } from '../plan/json.ts';
import type { KubernetesExecutionObject } from '../run/kubernetes-execution.ts';
import { clip } from '../spec/problems.ts';

/** An output of 128 KiB used in `env:` kills the next step; the report leaves room for others. */
const MOST_BYTES = 48 * 1024;
const NOTE = 'Shortened to fit into an output; report.json in the artifact has the whole report.';

/** Longest text and longest list that stay, from generous to bare. */
const STEPS = [
  { characters: 2000, members: 100 },
  { characters: 500, members: 30 },
  { characters: 200, members: 10 },
  { characters: 100, members: 4 },
] as const;

/** The reports as one JSON document: the object itself, or a `List` of several. */
export function renderReportDocument(reports: readonly KubernetesExecutionObject[]): unknown {
  return reports.length === 1 ? reports[0] : { apiVersion: 'v1', kind: 'List', items: reports };
}

/** The document as JSON of at most 48 KiB; where that needs shortening, `status.shortened` says so. */
export function shortenReport(reports: readonly KubernetesExecutionObject[], mostBytes = MOST_BYTES): string {
  const whole = JSON.stringify(renderReportDocument(reports));
  if (fits(whole, mostBytes)) return whole;
  for (const step of STEPS) {
    const shorter = JSON.stringify(
      renderReportDocument(reports.map(marked).map((report) => shorten(report, step))),
    );
    if (fits(shorter, mostBytes)) return shorter;
  }
  return bare(reports, mostBytes);
}

function marked(report: KubernetesExecutionObject): KubernetesExecutionObject {
  return { ...report, status: { ...report.status, shortened: NOTE } };
}

function shorten<Value>(value: Value, most: { characters: number; members: number }): Value;
function shorten(value: unknown, most: { characters: number; members: number }): unknown {
  if (typeof value === 'string') return clip(value, most.characters);
  if (Array.isArray(value)) return value.slice(0, most.members).map((member) => shorten(member, most));
  if (!isRecord(value)) return value;
  const members = Object.entries(value).slice(0, Math.max(most.members, 30));
  return Object.fromEntries(members.map(([name, member]) => [name, shorten(member, most)]));
}

/** What became of the last executions, as many as fit. */
function bare(reports: readonly KubernetesExecutionObject[], mostBytes: number): string {
  const kept: string[] = [];
  let left = mostBytes - 64;
  for (const report of reports.toReversed()) {
    const item = JSON.stringify(outcomeOf(report));
    left -= Buffer.byteLength(item) + 1;
    if (left < 0) break;
    kept.unshift(item);
  }
  const isSingle = reports.length === 1 && kept.length === 1;
  return isSingle ? kept.join('') : `{"apiVersion":"v1","kind":"List","items":[${kept.join(',')}]}`;
}

function outcomeOf({ apiVersion, kind, metadata, status }: KubernetesExecutionObject): unknown {
  const { phase, result, reasonCode, message } = status;
  return shorten(
    {
      apiVersion,
      kind,
      metadata: { name: metadata.name },
      status: { phase, result, reasonCode, message, shortened: NOTE },
    },
    { characters: 200, members: 10 },
  );
}

function fits(json: string, mostBytes: number): boolean {
  return Buffer.byteLength(json) <= mostBytes;
}
