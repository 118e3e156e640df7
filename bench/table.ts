/** The rows of docs/benchmarks.md, and how they get there. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../scripts/run-command.ts';

export interface Row {
  readonly what: string;
  readonly measured: string;
  /** `≤ 0.7`; absent where nothing is held. */
  readonly target?: string;
  readonly holds?: boolean;
  /** The figures behind a ratio. */
  readonly detail: string;
}

/** A row whose measured value may not be above `limit`. */
export function heldRow(
  row: Pick<Row, 'what' | 'measured' | 'detail'>,
  value: number,
  limit: number,
  unit = '',
): Row {
  return { ...row, target: `≤ ${limit}${unit}`, holds: value <= limit };
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

export function renderSections(sections: readonly Section[]): string {
  return sections.map(renderSection).join('\n\n');
}

function renderSection({ title, rows }: Section): string {
  const lines = rows.map(({ what, measured, target, holds, detail }) => {
    const judged = target === undefined ? '' : `${target} ${holds === true ? '✓' : '✗'}`;
    return `| ${[what, measured, judged, detail].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [`### ${title}`, '', '| what | measured | target | behind it |', '|---|---|---|---|', ...lines].join(
    '\n',
  );
}

const FILE = join(ROOT, 'docs/benchmarks.md');
const BEGIN = '<!-- written by npm run bench -->';
const END = '<!-- end -->';

/** Replaces these sections between the two marks in docs/benchmarks.md, each with what it was measured on; others stay. */
export async function writeDocument(machine: string, sections: readonly Section[]): Promise<void> {
  const document = await readFile(FILE, 'utf8');
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin)
    throw new Error(`docs/benchmarks.md has no place between ${BEGIN} and ${END}`);
  const before = document.slice(0, begin + BEGIN.length);
  const measured = new Map(
    document
      .slice(before.length, end)
      .split(/^(?=### )/m)
      .map(titled),
  );
  for (const section of sections) {
    const [heading, ...table] = renderSection(section).split('\n');
    measured.set(section.title, [heading, '', machine, ...table].join('\n'));
  }
  const texts = [...measured.values()].map((text) => text.trim()).filter((text) => text !== '');
  await writeFile(FILE, `${before}\n${texts.join('\n\n')}\n${document.slice(end)}`);
}

/** What stands before the first section has no title. */
function titled(text: string): readonly [string, string] {
  return [/^### (.*)/.exec(text)?.[1] ?? '', text];
}
