/** Puts generated text between `<!-- name:begin -->` and `<!-- name:end -->`, and leaves the rest to people. */
export function replaceMarked(text: string, name: string, generated: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [before, rest, ...more] = text.split(begin);
  const [old, after, ...moreEnds] = rest?.split(end) ?? [];
  if (before === undefined || old === undefined || after === undefined || more.length + moreEnds.length > 0) {
    throw new Error(`expected ${begin} and ${end} once each, in this order`);
  }
  return `${before}${begin}\n${generated.trim()}\n${end}${after}`;
}

/** A Markdown table; cells are one line each and may hold Markdown. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
