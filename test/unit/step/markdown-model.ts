/** Just enough of GitHub's Markdown to tell what of a text is markup: fences, tables, and what stands outside code. */

export interface ReadMarkdown {
  readonly headings: readonly string[];
  /** Code blocks, without their fences. */
  readonly code: readonly string[];
  /** Everything else, line by line. */
  readonly prose: readonly string[];
  /** Whether a block of code was still open at the end. */
  readonly isOpen: boolean;
}

export function readMarkdown(markdown: string): ReadMarkdown {
  const code: string[] = [];
  const prose: string[] = [];
  let ticks: string | undefined;
  let block: string[] = [];
  for (const line of markdown.split(/\r\n|\r|\n/)) {
    const run = /^ {0,3}(`{3,})([^`]*)$/.exec(line);
    if (ticks === undefined && run) {
      [, ticks = '```'] = run;
      block = [];
    } else if (ticks !== undefined && run && (run[1] ?? '').length >= ticks.length && run[2]?.trim() === '') {
      code.push(block.join('\n'));
      ticks = undefined;
    } else if (ticks === undefined) prose.push(line);
    else block.push(line);
  }
  return { headings: prose.filter((line) => line.startsWith('#')), code, prose, isOpen: ticks !== undefined };
}

/** The cells of a table's row: GitHub splits at each pipe that no backslash precedes. */
export function cellsOf(row: string): readonly string[] {
  return row.split(/(?<!\\)\|/).slice(1, -1);
}

/** What in a line of prose GitHub would make something of: markup, HTML, links, mentions, references, formulas. */
export function activeIn(line: string): readonly string[] {
  const unescaped = line.replace(/\\[!-/:-@[-`{-~]/g, '');
  const markup = unescaped.match(/[`*_[\]~$<>]|!\[/g) ?? [];
  const links = unescaped.match(/:\/\/|www\.|mailto:/gi) ?? [];
  const shown = line.replace(/\\([!-/:-@[-`{-~])/g, '$1');
  const references = shown.match(/@\w|#\d|\bGH-\d|:\/\//gi) ?? [];
  return [...markup, ...links, ...references];
}
