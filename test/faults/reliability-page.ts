/** The results as tables, and the page that holds them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../e2e/harness/runner-environment.ts';
import type { Fault } from './fault.ts';
import type { Result } from './results.ts';
import { ALL_STAGES } from './stages.ts';

const PAGE = join(ROOT, 'docs/reliability.md');
const MARKS = ['<!-- results -->', '<!-- end of results -->'] as const;
const TITLES: Readonly<Record<Fault['kind'], string>> = {
  step: 'The step is stopped, or its clock is wrong',
  executor: "Somebody else ends the executor's pod or Job",
  network: 'Between the step and the API server',
  cluster: 'Parts of the cluster die',
};
const MOMENTS = [...ALL_STAGES, 'ended'] as const;

export function renderTables(results: readonly Result[]): string {
  const kinds = Object.keys(TITLES) as Fault['kind'][];
  const sections = kinds.flatMap((kind) => {
    const own = results.filter((result) => result.kind === kind);
    return own.length === 0 ? [] : [`### ${TITLES[kind]}`, renderTable(own)];
  });
  return sections.join('\n\n');
}

function renderTable(results: readonly Result[]): string {
  const faults = [...new Set(results.map(({ fault }) => fault))];
  const rows = faults.map((fault) =>
    rowOf(
      fault,
      results.filter((result) => result.fault === fault),
    ),
  );
  const header = ['Fault', ...MOMENTS, 'What was told', 'Wrong'];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function rowOf(fault: string, results: readonly Result[]): readonly string[] {
  const times = MOMENTS.map((moment) => results.filter((result) => result.moment === moment).length);
  const ends = results.map(({ result, reasonCode }) =>
    ['', 'ok', result].includes(reasonCode) ? result : `${result} (${reasonCode})`,
  );
  const counted = [...Map.groupBy(ends, (end) => end)].toSorted(([, a], [, b]) => b.length - a.length);
  const wrong = results.filter((result) => result.wrong > 0).length;
  return [
    fault,
    ...times.map((count) => (count === 0 ? '' : String(count))),
    counted.map(([end, all]) => `${all.length} ${end}`).join(', '),
    String(wrong),
  ];
}

/** Replaces what stands between the page's marks. */
export async function writePage(results: readonly Result[], serverVersion: string): Promise<void> {
  const [begin, end] = MARKS;
  const page = await readFile(PAGE, 'utf8');
  const [before, after] = [page.split(begin)[0], page.split(end)[1]];
  const wrong = results.filter((result) => result.wrong > 0).length;
  const day = new Date().toISOString().slice(0, 10);
  const sum = `${results.length} runs on Kubernetes ${serverVersion}, on ${day}; wrong outcomes: ${wrong}.`;
  await writeFile(PAGE, `${before}${begin}\n\n${sum}\n\n${renderTables(results)}\n\n${end}${after}`);
}
