/** What the cluster says of objects, for people: Events as a table, conditions and containers as Markdown. Pure. */
import { sayInvolved, timeOf, timesOf } from '../plan/events.ts';
import { isRecord } from '../plan/json.ts';
import { type KubernetesObject, say } from '../plan/objects.ts';
import { containerStatusesOf } from '../plan/pods.ts';
import { numberAt, readPointer, textAt } from '../plan/pointer.ts';

const MOST_WARNINGS = 50;

/** A line per Event, the newest last, in columns. */
export function renderEvents(events: readonly KubernetesObject[]): string {
  if (events.length === 0)
    return 'No Events of these objects; the cluster forgets them after an hour or so.\n';
  const rows = byTime(events).map((event) => [
    timeOf(event),
    String(timesOf(event)),
    textAt(event, '/type'),
    textAt(event, '/reason'),
    sayInvolved(event),
    oneLine(textAt(event, '/message')),
  ]);
  const all = [['LAST SEEN', 'COUNT', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'], ...rows];
  const width = (column: number) => Math.max(...all.map((row) => row[column]?.length ?? 0));
  const widths = [0, 1, 2, 3, 4].map(width);
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${all.map(line).join('\n')}\n`;
}

/** A section per object, and the warnings of all. */
export function renderOverview(
  objects: readonly KubernetesObject[],
  events: readonly KubernetesObject[],
): string {
  const warnings = byTime(events)
    .filter((event) => textAt(event, '/type') === 'Warning')
    .slice(-MOST_WARNINGS)
    .map(
      (event) =>
        `- ${timeOf(event)} ${sayInvolved(event)}: ${textAt(event, '/reason')} (${timesOf(event)} times): ${textAt(event, '/message')}`,
    );
  const parts = [
    '# Diagnostics',
    ...objects.map(renderObject),
    '## Warnings',
    warnings.length === 0 ? 'None.' : warnings.map(plain).join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

function renderObject(object: KubernetesObject): string {
  const { name, creationTimestamp, deletionTimestamp } = object.metadata;
  const facts = [
    ...fact('Created', creationTimestamp),
    ...fact('Being deleted since', deletionTimestamp),
    ...fact('Phase', textAt(object, '/status/phase')),
    ...fact('Reason', textAt(object, '/status/reason')),
    ...fact('Message', textAt(object, '/status/message')),
    ...fact('Node', textAt(object, '/spec/nodeName')),
    ...fact('Replicas', replicas(object)),
  ];
  const tables = [
    table(
      ['Condition', 'Status', 'Since', 'Reason', 'Message'],
      records(readPointer(object, '/status/conditions')).map((one) =>
        ['type', 'status', 'lastTransitionTime', 'reason', 'message'].map((key) => textAt(one, `/${key}`)),
      ),
    ),
    table(
      ['Container', 'Ready', 'Restarts', 'State', 'Before that', 'Image'],
      containerStatusesOf(object).filter(isRecord).map(containerRow),
    ),
  ];
  const title = `## ${say({ kind: object.kind ?? 'object', name })}`;
  return [title, facts.map(plain).join('\n'), ...tables].filter((part) => part !== '').join('\n\n');
}

function fact(name: string, value = ''): readonly string[] {
  return value === '' ? [] : [`- ${name}: ${value}`];
}

/** `2 wanted, 1 ready, 1 available, 2 updated`. */
function replicas(object: KubernetesObject): string {
  const counts = [
    ['wanted', '/spec/replicas'],
    ['wanted', '/status/desiredNumberScheduled'],
    ['ready', '/status/readyReplicas'],
    ['ready', '/status/numberReady'],
    ['available', '/status/availableReplicas'],
    ['updated', '/status/updatedReplicas'],
    ['unavailable', '/status/unavailableReplicas'],
  ] as const;
  return counts
    .flatMap(([word, pointer]) => {
      const count = textAt(object, pointer);
      return count === '' ? [] : [`${count} ${word}`];
    })
    .join(', ');
}

function containerRow(status: Readonly<Record<string, unknown>>): readonly string[] {
  return [
    textAt(status, '/name'),
    status['ready'] === true ? 'yes' : 'no',
    String(numberAt(status, '/restartCount')),
    sayState(status['state']),
    sayState(status['lastState']),
    textAt(status, '/image'),
  ];
}

/** `running since 10:00`, `waiting: ImagePullBackOff: …`, `terminated with 137: OOMKilled at 10:00`. */
function sayState(state: unknown): string {
  const [entry] = isRecord(state) ? Object.entries(state) : [];
  if (entry === undefined) return '';
  const [word, detail] = entry;
  const code = textAt(detail, '/exitCode');
  const times = [
    ['since', '/startedAt'],
    ['until', '/finishedAt'],
  ].flatMap(([name = '', pointer = '']) => {
    const time = textAt(detail, pointer);
    return time === '' ? [] : [`${name} ${time}`];
  });
  const head = [word, ...(code === '' ? [] : [`with exit code ${code}`]), ...times].join(' ');
  return [head, textAt(detail, '/reason'), textAt(detail, '/message')]
    .filter((part) => part !== '')
    .join(': ');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** One line that begins no markup of its own. */
function plain(untrusted: string): string {
  return oneLine(untrusted).replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('`', "'");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\p{Cc}\p{Zl}\p{Zp}]+\s*/gu, ' ').trim();
}

function byTime(events: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return events.toSorted((a, b) => Date.parse(timeOf(a)) - Date.parse(timeOf(b)));
}

function records(list: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
