/**
 * What GitHub's runner makes of the lines a step prints: which of them it obeys as commands, what it then masks,
 * shows and fails. Written from the behaviour of actions/runner 2.336 (`ActionCommand`, `ActionCommandManager`,
 * `OutputManager`). act differs in masking, in `##[` inside a line and in stopping, so it can't stand in for it.
 */

export interface RunnerLog {
  /** The commands that were obeyed, in order; a stopped or malformed one is none. */
  readonly commands: readonly Command[];
  /** What `::set-output` set: it still works, so hostile text must not reach it. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What `::save-state` saved. */
  readonly state: Readonly<Record<string, string>>;
  readonly masks: readonly string[];
  readonly annotations: readonly Annotation[];
  /** The lines that people see: masked, without the obeyed commands that leave no trace. */
  readonly shown: readonly string[];
  /** A command that the runner refuses (`set-env`, `add-path`) fails the step, whatever its exit code. */
  readonly failed: boolean;
  /** Commands are still stopped at the end: masks and annotations that came later were lost. */
  readonly stopped: boolean;
}

export interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  /** Cut at 4096 characters. */
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: string;
  /** The runner shows ten of each level for a step and hides the rest without a word. */
  readonly visible: boolean;
}

/** The runner ends a line at a carriage return too, so what follows one can be a command. */
export const LINE_END = /\r\n|\n|\r/;

const STOP = 'stop-commands';
const KNOWN = new Set([
  STOP,
  'set-env',
  'set-output',
  'save-state',
  'add-path',
  'add-mask',
  'add-matcher',
  'remove-matcher',
  'debug',
  'warning',
  'error',
  'notice',
  'group',
  'endgroup',
  'echo',
]);
const REFUSED = new Set(['set-env', 'add-path']);
const ANNOTATION_LIMIT = 4096;
const VISIBLE_PER_LEVEL = 10;

interface Progress {
  readonly commands: Command[];
  readonly outputs: Record<string, string>;
  readonly state: Record<string, string>;
  readonly masks: string[];
  readonly annotations: Annotation[];
  readonly shown: string[];
  failed: boolean;
  stopToken?: string;
}

/** `lines`: stdout and stderr as they arrived. The runner reads both and obeys both. */
export function readAsRunner(lines: readonly string[]): RunnerLog {
  const progress: Progress = {
    commands: [],
    outputs: {},
    state: {},
    masks: [],
    annotations: [],
    shown: [],
    failed: false,
  };
  for (const line of lines) readLine(progress, line);
  const { stopToken, ...log } = progress;
  return { ...log, stopped: stopToken !== undefined };
}

function readLine(progress: Progress, line: string): void {
  const token = progress.stopToken?.toLowerCase();
  const known = (name: string) => KNOWN.has(name.toLowerCase()) || name.toLowerCase() === token;
  const command = parseCommand(line, known);
  if (command === undefined) {
    progress.shown.push(maskIn(line, progress.masks));
  } else if (token === undefined) {
    obey(progress, command, line);
  } else {
    progress.shown.push(maskIn(line, progress.masks));
    if (command.name.toLowerCase() === token) delete progress.stopToken;
  }
}

function obey(progress: Progress, command: Command, line: string): void {
  progress.commands.push(command);
  const name = command.name.toLowerCase();
  if (name === STOP) stop(progress, command, line);
  else if (name === 'add-mask') addMask(progress, command.data);
  else if (name === 'set-output') setNamed(progress, progress.outputs, command);
  else if (name === 'save-state') setNamed(progress, progress.state, command);
  else if (name === 'error' || name === 'warning' || name === 'notice') annotate(progress, name, command);
  else if (REFUSED.has(name)) progress.failed = true;
  else if (name === 'group') progress.shown.push(maskIn(command.data, progress.masks));
}

/** An empty or known token would let any line start commands again; the runner fails on it. */
function stop(progress: Progress, command: Command, line: string): void {
  if (command.data === '' || KNOWN.has(command.data.toLowerCase())) {
    progress.failed = true;
    return;
  }
  progress.shown.push(maskIn(line, progress.masks));
  progress.stopToken = command.data;
  if (command.data.length > 6) progress.masks.push(command.data);
}

/** Each line of a mask of several lines is masked as well. */
function addMask(progress: Progress, value: string): void {
  if (value.trim() === '') return;
  progress.masks.push(value);
  const parts = value.split(/[\r\n]+/);
  if (parts.length > 1) progress.masks.push(...parts.filter((part) => part.trim() !== ''));
}

function setNamed(progress: Progress, values: Record<string, string>, command: Command): void {
  const name = command.properties['name'];
  if (name === undefined || name === '') progress.failed = true;
  else values[name] = command.data;
}

function annotate(progress: Progress, level: Annotation['level'], command: Command): void {
  const before = progress.annotations.filter((annotation) => annotation.level === level).length;
  const message = maskIn(command.data, progress.masks).slice(0, ANNOTATION_LIMIT);
  const { title, file, line } = command.properties;
  progress.annotations.push({
    level,
    message,
    visible: before < VISIBLE_PER_LEVEL,
    ...(title === undefined ? {} : { title }),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
  });
  progress.shown.push(`##[${level}]${message}`);
}

/** The text with every mask's occurrences as `***`, the longest first. */
export function maskIn(text: string, masks: readonly string[]): string {
  return masks
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, mask) => masked.replaceAll(mask, '***'), text);
}

/** Names are compared without case. `::name k=v,k=v::data` counts at a trimmed line's start, `##[name k=v;k=v]data` anywhere. */
function parseCommand(line: string, known: (name: string) => boolean): Command | undefined {
  return parseColons(line.trimStart(), known) ?? parseBrackets(line, known);
}

function parseColons(line: string, known: (name: string) => boolean): Command | undefined {
  if (!line.startsWith('::')) return undefined;
  const end = line.indexOf('::', 2);
  if (end < 0) return undefined;
  const unescapeProperty = (text: string) => unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
  const head = parseHead(line.slice(2, end), ',', unescapeProperty);
  return known(head.name) ? { ...head, data: unescapeData(line.slice(end + 2)) } : undefined;
}

function parseBrackets(line: string, known: (name: string) => boolean): Command | undefined {
  const start = line.indexOf('##[');
  const end = start < 0 ? -1 : line.indexOf(']', start);
  if (end < 0) return undefined;
  const unescape = (text: string) => unescapeData(text.replaceAll('%3B', ';').replaceAll('%5D', ']'));
  const head = parseHead(line.slice(start + 3, end), ';', unescape);
  return known(head.name) ? { ...head, data: unescape(line.slice(end + 1)) } : undefined;
}

function parseHead(
  head: string,
  separator: string,
  unescape: (text: string) => string,
): Omit<Command, 'data'> {
  const space = head.indexOf(' ');
  if (space < 0) return { name: head, properties: {} };
  const pairs = head
    .slice(space + 1)
    .trim()
    .split(separator)
    .map((pair) => pair.split(/=(.*)/s))
    .flatMap(([key, value]) => (key && value ? [[key, unescape(value)] as const] : []));
  return { name: head.slice(0, space), properties: Object.fromEntries(pairs) };
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}
