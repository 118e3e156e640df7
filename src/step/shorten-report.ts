import { isRecord } from '../plan/json.ts';
import type { KubernetesExecutionObject } from '../run/kubernetes-execution.ts';

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
      renderReportDocument(reports.map(marked).map((report) => clip(report, step))),
    );
    if (fits(shorter, mostBytes)) return shorter;
  }
  return bare(reports, mostBytes);
}

function marked(report: KubernetesExecutionObject): KubernetesExecutionObject {
  return { ...report, status: { ...report.status, shortened: NOTE } };
}

function clip<Value>(value: Value, most: { characters: number; members: number }): Value;
function clip(value: unknown, most: { characters: number; members: number }): unknown {
  if (typeof value === 'string') {
    return value.length > most.characters ? `${value.slice(0, most.characters)}…`.toWellFormed() : value;
  }
  if (Array.isArray(value)) return value.slice(0, most.members).map((member) => clip(member, most));
  if (!isRecord(value)) return value;
  const members = Object.entries(value).slice(0, Math.max(most.members, 30));
  return Object.fromEntries(members.map(([name, member]) => [name, clip(member, most)]));
}

/** What became of the last executions, as many as fit. */
function bare(reports: readonly KubernetesExecutionObject[], mostBytes: number): string {
  const items = reports.map(({ apiVersion, kind, metadata, status }) => ({
    apiVersion,
    kind,
    metadata: { name: metadata.name },
    status: {
      phase: status.phase,
      result: status.result,
      reasonCode: status.reasonCode,
      message: clip(status.message, { characters: 200, members: 0 }),
      shortened: NOTE,
    },
  }));
  for (let dropped = 0; dropped < items.length; dropped++) {
    const document =
      items.length === 1 ? items[0] : { apiVersion: 'v1', kind: 'List', items: items.slice(dropped) };
    const json = JSON.stringify(document);
    if (fits(json, mostBytes)) return json;
  }
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [] });
}

function fits(json: string, mostBytes: number): boolean {
  return Buffer.byteLength(json) <= mostBytes;
}
