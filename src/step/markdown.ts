/** Text of others in GitHub's Markdown: whatever it says, it stays text. */
import { clip } from '../spec/problems.ts';
import { dropColours, spellOut } from './printable.ts';

/** Not shown; keeps GitHub from making mentions, references and links of what stands around it. */
const BREAK = '\u200b';

/**
 * One line of text for a paragraph, a list item or a table's cell: no markup, HTML, formula, mention, reference or link
 * comes of it. Line breaks become spaces; `most` characters at most.
 */
export function text(untrusted: string, most = 2000): string {
  const line = clip(plain(clip(untrusted, most)).replace(/\s+/g, ' ').trim(), most);
  return line
    .replace(/[\\`*_[\]|~$!#]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/^(\d{1,9})([.)])/, '$1\\$2')
    .replace(/^[-+=]/, '\\$&')
    .replace(/@(?=\w)/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/\bGH-(?=\d)/gi, `$&${BREAK}`)
    .replaceAll('://', `:${BREAK}//`)
    .replace(/www\./gi, `www${BREAK}.`);
}

/** A block of code that none of its lines can end. */
export function fence(lines: readonly string[], language: 'diff' | 'yaml' | 'text'): string {
  const shown = lines.map(plain).join('\n');
  const longestRun = (shown.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const ticks = '`'.repeat(longestRun + 1);
  return `${ticks}${language}\n${shown}\n${ticks}`;
}

/** Header and cells are Markdown already: their own words or `text`. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A block that is folded until it is clicked. */
export function folded(title: string, content: string): string {
  return `<details><summary>${text(title)}</summary>\n\n${content}\n\n</details>`;
}

/** Visible characters alone; every character that some reader takes for a line's end is spelt out. */
function plain(untrusted: string): string {
  return untrusted
    .split(/\r?\n/)
    .map((line) => dropColours(spellOut(line)))
    .join('\n');
}
