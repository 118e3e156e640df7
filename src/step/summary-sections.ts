/** The parts of the step summary, each Markdown or empty where nothing is known. */
import type { GateVerdict } from '../gates/gate.ts';
import { redact } from '../plan/sensitive.ts';
import type { Milestone, RequestVerdict } from '../plan/verdict.ts';
import type { DiffLine, PermissionRow } from '../rehearse/report.ts';
import { affectedResources } from '../run/affected-resources.ts';
import type { CollectedFile, EarlierAttempt, RunRecord } from '../run/record.ts';
import { sayBytes, sayCollected } from '../run/say-collected.ts';
import { clip } from '../spec/problems.ts';
import { sayTarget } from '../spec/request.ts';
import { fence, folded, table, text } from './markdown.ts';
import { nextSteps } from './next-steps.ts';

/** How much of each part is shown. */
export interface Limits {
  readonly rows: number;
  readonly lines: number;
  readonly characters: number;
}

export function asked(record: RunRecord, { characters }: Limits): string {
  const { request, cluster, risk } = record;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Action', request.action.name],
    ['Target', sayTarget(request)],
    ['Namespace', record.namespace],
    ['Parameters', JSON.stringify(redact(request.parameters))],
    ['Mode', record.mode],
    ['Cluster', cluster && `${cluster.server}, Kubernetes ${cluster.serverVersion}`],
    ['Identity', cluster && `${cluster.user}, from ${cluster.origin}`],
    ['Risk', risk && [risk.level, ...risk.factors.map((factor) => factor.detail)].join('; ')],
    ['Execution', record.executionId],
    ['Plan hash', record.planHash],
  ];
  const known = rows.flatMap(([name, value]) => (value ? [[name, text(value, characters)]] : []));
  return section('What was asked', table(['', ''], known));
}

export function planned(record: RunRecord, limits: Limits): string {
  const { plan, rehearsal } = record;
  if (plan === undefined) return '';
  const requests = plan.requests.map((request, index) => {
    const rehearsed = rehearsal?.requests[index];
    const outcome = rehearsed && `${rehearsed.outcome}${rehearsed.message ? `: ${rehearsed.message}` : ''}`;
    return text(`${request.summary}${outcome ? ` (rehearsal: ${outcome})` : ''}`, limits.characters);
  });
  const reads = (plan.collects ?? []).map(({ file }) => text(`read ${file}`, limits.characters));
  const steps =
    requests.length + reads.length === 0
      ? ['Nothing to send: the cluster already is as asked.']
      : some([...requests, ...reads], limits.rows);
  const undo =
    plan.undo.kind === 'requests'
      ? plan.undo.requests.map((one) => one.summary).join('; ')
      : plan.undo.reason;
  const findings = (rehearsal?.findings ?? []).map((one) => `${one.severity}: ${one.about}: ${one.message}`);
  const remarks = [...plan.notes, ...findings, `Undo: ${undo || 'nothing to undo'}`];
  return section(
    'Plan',
    steps.map((step, index) => `${index + 1}. ${step}`).join('\n'),
    diff(record, limits),
    some(remarks, limits.rows)
      .map((remark) => `- ${text(remark, limits.characters)}`)
      .join('\n'),
  );
}

function diff({ rehearsal }: RunRecord, { lines: most, characters }: Limits): string {
  const rehearsed = rehearsal?.requests ?? [];
  const isOfSeveral = rehearsed.length > 1;
  const changes = rehearsed.flatMap(({ summary, diff: lines }) => [
    ...(isOfSeveral && lines.length > 0 ? [`# ${summary}`] : []),
    ...lines.flatMap(diffLine),
  ]);
  if (changes.length === 0) return '';
  return fence(
    some(changes, most).map((line) => clip(line, characters)),
    'diff',
  );
}

function diffLine(line: DiffLine): string[] {
  return [
    ...('before' in line ? [`- ${line.pointer}: ${JSON.stringify(line.before)}`] : []),
    ...('after' in line ? [`+ ${line.pointer}: ${JSON.stringify(line.after)}`] : []),
  ];
}

export function permissions(record: RunRecord, { rows, characters, lines }: Limits): string {
  if (record.permissions.length === 0) return '';
  const missingFirst = record.permissions.toSorted((a, b) => rank(a) - rank(b));
  const cells = (row: PermissionRow) =>
    [row.who, row.permission, row.allowed, row.reason ?? ''].map((cell) => text(cell, characters));
  const grants = new Set(
    record.permissions.flatMap((row) => (row.allowed === 'yes' ? [] : (row.grant ?? []))),
  );
  const yaml = [...grants]
    .join('\n---\n')
    .split('\n')
    .map((line) => clip(line, characters));
  return section(
    'Permissions',
    tableOf(['Who', 'Permission', 'Allowed', 'Reason'], missingFirst, { rows, cells }),
    grants.size === 0 ? '' : `To grant what is missing:\n\n${fence(some(yaml, lines), 'yaml')}`,
  );
}

function rank(row: PermissionRow): number {
  return row.allowed === 'yes' ? 1 : 0;
}

export function gates(record: RunRecord, { rows, characters }: Limits): string {
  const said = record.gates.filter((gate) => gate.verdict !== 'pass');
  const cells = (gate: GateVerdict) =>
    [gate.gate, gate.verdict, gate.message, gate.remedy ?? ''].map((cell) => text(cell, characters));
  const header = ['Check', 'Verdict', 'Why', 'What would help'];
  return section('Checks before the change', tableOf(header, said, { rows, cells }));
}

export function timeline(record: RunRecord, { rows, characters }: Limits): string {
  const start = Date.parse(record.startedAt);
  const cells = ({ at, event }: Milestone) => [
    `${((Date.parse(at) - start) / 1000).toFixed(2)} s`,
    text(event, characters),
  ];
  return section('Timeline', tableOf(['After', 'What'], record.timeline, { rows, cells }));
}

export function attempts(record: RunRecord, { rows, characters }: Limits): string {
  const cells = ({ executionId, message, disruption = '' }: EarlierAttempt) =>
    [executionId, message, disruption].map((cell) => text(cell, characters));
  const header = ['Job', 'How it ended', 'What the cluster said'];
  return section('Earlier attempts', tableOf(header, record.attempts, { rows, cells }));
}

export function verification(record: RunRecord, { rows, characters }: Limits): string {
  const cell = (value: unknown) =>
    text(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''), characters);
  const changes = affectedResources(record).flatMap((resource) => {
    const pointers = new Set([...Object.keys(resource.before ?? {}), ...Object.keys(resource.after ?? {})]);
    const object = `${resource.kind ?? resource.resource} ${resource.name}`;
    if (pointers.size === 0) return [[object, '', '', '', `${resource.action}, ${resource.outcome}`]];
    return [...pointers].map((pointer) => [
      object,
      pointer,
      resource.before?.[pointer] ?? '',
      resource.after?.[pointer] ?? '',
      resource.outcome,
    ]);
  });
  const { verdict } = record;
  const checks = [...(verdict?.checks ?? []), ...(verdict?.undo?.checks ?? [])];
  const requests = [...(verdict?.requests ?? []), ...(verdict?.undo?.requests ?? [])];
  const answer = (one: RequestVerdict) => [one.status ?? '', one.message ?? ''].join(' ').trim();
  return section(
    'Before and after',
    tableOf(['Object', 'Field', 'Before', 'After', 'Outcome'], changes, {
      rows,
      cells: (change) => change.map(cell),
    }),
    tableOf(['Request', 'Outcome', 'Answer'], requests, {
      rows,
      cells: (one) => [one.summary, one.outcome, answer(one)].map(cell),
    }),
    tableOf(['Check', 'Met', 'Seen'], checks, {
      rows,
      cells: (one) => [one.summary, one.met ? 'yes' : 'no', one.detail].map(cell),
    }),
  );
}

export function collected({ collected: had }: RunRecord, { rows, characters }: Limits): string {
  if (had === undefined) return '';
  // What is missing comes first, in case not all fit.
  const byOutcome = had.files.toSorted((a, b) => OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome));
  const cells = ({ file, outcome, lines, bytes, note = '' }: CollectedFile) =>
    [file, outcome, String(lines), sayBytes(bytes), note].map((cell) => text(cell, characters));
  return section(
    'Collected',
    `In the artifact: ${text(sayCollected(had.files))}.`,
    tableOf(['File', 'Outcome', 'Lines', 'Size', 'Note'], byOutcome, { rows, cells }),
  );
}

const OUTCOMES = ['failed', 'cut', 'absent', 'complete'];

export function endOfLog({ log }: RunRecord, { lines, characters }: Limits): string {
  if (log === undefined || lines === 0) return '';
  const shown = log.tail.slice(-lines).map((line) => clip(line, characters));
  const gap = log.complete ? '' : 'The end of the log was not seen; what was read is below.\n\n';
  return `${gap}${folded(`End of the log (${log.lines} lines in all)`, fence(shown, 'text'))}`;
}

export function next(record: RunRecord, { rows, characters }: Limits): string {
  const steps = some(nextSteps(record), rows);
  return section('What to do next', steps.map((step) => `- ${text(step, characters)}`).join('\n'));
}

function section(title: string, ...parts: readonly string[]): string {
  const known = parts.filter((part) => part !== '');
  return known.length === 0 ? '' : [`### ${title}`, ...known].join('\n\n');
}

interface Rows<Item> {
  /** At most. */
  readonly rows: number;
  readonly cells: (item: Item) => readonly string[];
}

/** As many as may be shown, and how many more there are; nothing where there are none. */
function tableOf<Item extends object>(
  header: readonly string[],
  items: readonly Item[],
  { rows, cells }: Rows<Item>,
): string {
  if (items.length === 0) return '';
  const rest = header.slice(1).map(() => '');
  const shown = some(items, rows).map((one) => (typeof one === 'string' ? [one, ...rest] : cells(one)));
  return table(header, shown);
}

/** The first of them, and how many more there are. */
export function some<Item>(items: readonly Item[], most: number): readonly (Item | string)[] {
  return items.length > most ? [...items.slice(0, most), `… and ${items.length - most} more`] : items;
}
