/** Each costs time, and who has more wrong names than these is not helped by them. */
export const MOST_SUGGESTIONS = 20;

/** The candidate that `word` was most likely meant to be, or nothing where none is near. Case and separators count little. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(word);
  const mostEdits = Math.max(1, Math.floor(wanted.length / 3));
  let best: { readonly candidate: string; readonly edits: number } | undefined;
  for (const candidate of candidates) {
    const folded = fold(candidate);
    // So many edits it takes at least.
    if (Math.abs(folded.length - wanted.length) > mostEdits) continue;
    const edits = editDistance(wanted, folded);
    if (edits <= mostEdits && (best === undefined || edits < best.edits)) best = { candidate, edits };
  }
  return best?.candidate;
}

/** Where none is near: the only candidate that has all words of `word` among its own, as `tail-lines` has `tail`. */
export function nearestOrFuller(word: string, candidates: readonly string[]): string | undefined {
  const near = nearest(word, candidates);
  if (near !== undefined) return near;
  const words = wordsOf(word);
  const [fuller, another] = candidates.filter((candidate) => {
    const theirs = new Set(wordsOf(candidate));
    return words.length > 0 && words.every((one) => theirs.has(one));
  });
  return another === undefined ? fuller : undefined;
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const cost = from[row - 1] === to[column - 1] ? 0 : 1;
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + cost,
          swapped ? at(beforeLast, column - 2) + 1 : Infinity,
        ),
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

function wordsOf(name: string): readonly string[] {
  return name
    .toLowerCase()
    .split(/[-_. ]/)
    .filter((one) => one !== '');
}

/** Very long words are cut: they are near nothing, and the distance costs their product. */
function fold(word: string): string {
  return word
    .slice(0, 256)
    .toLowerCase()
    .replaceAll(/[-_. ]/g, '')
    .slice(0, 64);
}
