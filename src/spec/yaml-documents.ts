/** YAML and JSON to plain values, with the line of each. Nothing here trusts its input. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
} from 'yaml';
import { isRecord } from '../plan/json.ts';
import { kubectlTags } from './kubectl-tags.ts';
import type { Locate, Path, Report } from './problems.ts';
import { clip, limitProblems, quote, sayPath } from './problems.ts';

export interface YamlDocument {
  /** Plain JSON: no shared or circular parts. */
  readonly value: unknown;
  readonly locate: Locate;
}

export const MOST_BYTES = 100 * 1024;
/** The rest of a broken document tells nothing new. */
const MOST_SYNTAX_ERRORS = 5;
/** The parser quotes tags and anchors whole. */
const LONGEST_FAULT = 300;
/** Alias resolutions, counted as the library does: each times what it brings along. */
const MOST_ALIASES = 100;

/** `as-kubectl`: YAML 1.1 as the tools of Kubernetes read it, so that `0644` is 420 and `on` is true. */
export type YamlDialect = 'yaml-1.2' | 'as-kubectl';

/** The documents that are not empty. `source` is how problems call the text: `spec`, `spec-file ops/scale.yaml`. */
export function readYamlDocuments(
  text: string,
  source: string,
  report: Report,
  dialect: YamlDialect = 'yaml-1.2',
): YamlDocument[] {
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) {
    report({ where: source, message: sayTooLarge(bytes) });
    return [];
  }
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text.replace(/^\uFEFF/, ''), {
    ...(dialect === 'as-kubectl'
      ? ({ schema: 'yaml-1.1', customTags: kubectlTags } as const)
      : ({ schema: 'core' } as const)),
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: lines,
  });
  const documents = Array.isArray(parsed) ? parsed : [];
  return documents.flatMap((document) => readDocument(document, { lines, source, report }));
}

export function sayTooLarge(bytes: number): string {
  return `has ${bytes} bytes; at most ${MOST_BYTES} (100 KiB) are read`;
}

interface Reading {
  readonly lines: LineCounter;
  readonly source: string;
  readonly report: Report;
}

function readDocument(document: Document.Parsed, { lines, source, report }: Reading): YamlDocument[] {
  const faults = [...document.errors, ...document.warnings].slice(0, MOST_SYNTAX_ERRORS);
  for (const { message, pos } of faults) {
    report({ where: `${source} line ${lines.linePos(pos[0]).line}`, message: sayInvalid(message) });
  }
  if (faults.length > 0) return [];
  const place = (offset: number, path: Path): string => {
    const at = `${source} line ${lines.linePos(offset).line}`;
    return path.length === 0 ? at : `${at}, ${sayPath(path)}`;
  };
  if (!areFinite(document, place, report)) return [];
  const locate: Locate = (path) => place(offsetOf(document, path), path);
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    // The round trip ends sharing and refuses circles: an alias may stand for what it is inside of.
    return value === null || value === undefined
      ? []
      : [{ value: JSON.parse(JSON.stringify(value)), locate }];
  } catch (error) {
    report({ where: locate([]), message: sayUnreadable(error) });
    return [];
  }
}

/** JSON would make null of the others, and null removes what it is written for. Reports each. */
function areFinite(
  document: Document.Parsed,
  place: (offset: number, path: Path) => string,
  report: Report,
): boolean {
  const limited = limitProblems(report);
  let areAll = true;
  visit(document, {
    Scalar(_, node, ancestors) {
      if (typeof node.value !== 'number' || Number.isFinite(node.value)) return;
      areAll = false;
      if (limited.isFull()) return;
      limited.report({
        where: place(startOf(node) ?? 0, pathOf([...ancestors, node])),
        message: 'is no number that can be kept; write it in quotes',
      });
    },
  });
  return areAll;
}

/** Of the last of these nodes, each of which stands in the one before it. */
function pathOf(nodes: readonly unknown[]): Path {
  return nodes.flatMap((node, index): Path => {
    if (isPair(node)) return isScalar(node.key) ? [node.key.source ?? String(node.key.value)] : [];
    return isSeq(node) ? [node.items.indexOf(nodes[index + 1])] : [];
  });
}

function sayUnreadable(error: unknown): string {
  if (!(error instanceof Error)) return 'can not be read';
  if (error.message.includes('alias count')) {
    return `its aliases expand to more than ${MOST_ALIASES} copies; write the values out`;
  }
  if (error.message.includes('circular')) return 'an alias stands for something that it is a part of';
  return sayInvalid(error.message.split('\n')[0] ?? '');
}

function sayInvalid(why: string): string {
  return `not valid YAML: ${clip(why, LONGEST_FAULT)}`;
}

/** Where the deepest existing part of `path` begins: at its key, if it has one. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? document.range[0];
  for (const step of path) {
    const inside = isAlias(node) ? node.resolve(document) : node;
    const found = isMap(inside)
      ? inside.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      : undefined;
    node = found ? found.value : isSeq(inside) ? inside.items[Number(step)] : undefined;
    const begins = startOf(found ? found.key : node);
    if (begins === undefined) break;
    offset = begins;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** The one map of a text that may hold only one; an empty text is an empty map. */
export function readYamlMap(
  text: string,
  source: string,
  report: Report,
): { readonly values: Readonly<Record<string, unknown>>; readonly locate: Locate } {
  const nowhere: Locate = (path) => (path.length === 0 ? source : `${source}, ${sayPath(path)}`);
  const [first, second] = readYamlDocuments(text, source, report);
  if (second) report({ where: second.locate([]), message: 'a second document; expected one YAML map' });
  if (!first) return { values: {}, locate: nowhere };
  if (isRecord(first.value)) return { values: first.value, locate: first.locate };
  report({
    where: first.locate([]),
    message: `${quote(first.value)} is not a YAML map such as "replicas: 3"`,
  });
  return { values: {}, locate: nowhere };
}
