/** YAML and JSON to plain values, with the line of each. Nothing here trusts its input. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Tags,
} from 'yaml';
import { isRecord } from '../plan/json.ts';
import type { Locate, Path, Report } from './problems.ts';
import { clip, quote, sayPath } from './problems.ts';

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
    ...(dialect === 'as-kubectl' ? AS_KUBECTL : ({ schema: 'core' } as const)),
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: lines,
  });
  const documents = Array.isArray(parsed) ? parsed : [];
  return documents.flatMap((document) => readDocument(document, { lines, source, report }));
}

/** Go's reader leaves times, sexagesimal numbers and binaries of YAML 1.1 as text. */
const AS_KUBECTL = {
  schema: 'yaml-1.1',
  customTags: (tags: Tags): Tags =>
    tags.filter(
      (tag) =>
        typeof tag === 'string' ||
        (tag.format !== 'TIME' && !/:(timestamp|binary|set|omap|pairs)$/.test(tag.tag)),
    ),
} as const;

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
  const locate: Locate = (path) => {
    const at = `${source} line ${lines.linePos(offsetOf(document, path)).line}`;
    return path.length === 0 ? at : `${at}, ${sayPath(path)}`;
  };
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
