/** Takes secrets out of a stream of bytes, wherever the chunks of the stream may end. */

const REPLACEMENT = Buffer.from('***');
/** Fewer bytes of a secret's beginning tell nothing, and may well be something else. */
const SHORTEST_BEGINNING = 8;

export interface SecretReplacer {
  /** What of the stream is decided by now, perhaps as a part of the chunk. The last bytes wait: they may be the beginning of a secret. */
  push(chunk: Uint8Array): Buffer;
  /** The rest; nothing comes after it. */
  end(): Buffer;
  /** The rest where the stream was cut, without a secret's beginning at its end. */
  endEarly(): Buffer;
}

/**
 * Each occurrence becomes `***`, from left to right, of several at one place the longest; the same for every cut into
 * chunks. The secrets are asked for at each chunk: tokens are renewed, and more become known.
 */
export function openSecretReplacer(secrets: () => readonly string[]): SecretReplacer {
  let needles = needlesOf(secrets());
  let held: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      needles = needlesOf(secrets());
      const bytes = held.length === 0 ? viewOf(chunk) : Buffer.concat([held, chunk]);
      // Where a secret could begin of which not all has come, nothing is decided yet.
      const decided = Math.max(0, bytes.length - (needles[0]?.length ?? 1) + 1);
      const { text, end } = replaceUntil(bytes, decided, needles);
      // A copy: the chunk's memory is somebody else's.
      held = Buffer.from(bytes.subarray(end));
      return text;
    },
    end: () => replaceUntil(held, held.length, needles).text,
    endEarly() {
      const rest = replaceUntil(held, held.length, needles).text;
      const cut = findBeginning(rest, needles);
      return cut === undefined ? rest : Buffer.concat([rest.subarray(0, cut), REPLACEMENT]);
    },
  };
}

/** The text without them. `isCut`: it went on, so that a secret's beginning may stand at its end. */
export function replaceSecrets(text: Uint8Array, secrets: readonly string[], isCut = false): Buffer {
  const replacer = openSecretReplacer(() => secrets);
  return Buffer.concat([replacer.push(text), isCut ? replacer.endEarly() : replacer.end()]);
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The longest first. */
function needlesOf(secrets: readonly string[]): readonly Buffer[] {
  const needles = [...new Set(secrets)]
    .filter((secret) => secret !== '')
    .map((secret) => Buffer.from(secret));
  return needles.toSorted((a, b) => b.length - a.length);
}

/** Of the occurrences that begin before `decided`. `end` is behind the last of them, or `decided`. */
function replaceUntil(
  bytes: Buffer,
  decided: number,
  needles: readonly Buffer[],
): { readonly text: Buffer; readonly end: number } {
  const search = openSearch(bytes, needles);
  const parts: Buffer[] = [];
  let at = 0;
  for (let found = search(at); found.at < decided; found = search(at)) {
    parts.push(bytes.subarray(at, found.at), REPLACEMENT);
    at = found.at + found.length;
  }
  const end = Math.max(at, decided);
  parts.push(bytes.subarray(at, end));
  const [only] = parts;
  return { text: parts.length === 1 && only !== undefined ? only : Buffer.concat(parts), end };
}

/** Where the end of the bytes begins to be the beginning of a secret. */
function findBeginning(bytes: Buffer, needles: readonly Buffer[]): number | undefined {
  for (let at = 0; at <= bytes.length - SHORTEST_BEGINNING; at += 1) {
    const end = bytes.subarray(at);
    const begins = (needle: Buffer) => needle.length > end.length && needle.indexOf(end) === 0;
    if (needles.some(begins)) return at;
  }
  return undefined;
}

interface Occurrence {
  /** Infinity where there is none. */
  readonly at: number;
  readonly length: number;
}

/** Finds the first occurrence from a place on; the places must not go back, so that nothing is searched twice. */
function openSearch(bytes: Buffer, needles: readonly Buffer[]): (from: number) => Occurrence {
  const next = needles.map(() => -1);
  return (from) => {
    let first: Occurrence = { at: Number.POSITIVE_INFINITY, length: 0 };
    for (const [index, needle] of needles.entries()) {
      let at = next[index] ?? -1;
      if (at < from) {
        const found = bytes.indexOf(needle, from);
        at = found === -1 ? Number.POSITIVE_INFINITY : found;
        next[index] = at;
      }
      // The longest comes first, so an equal place does not replace it.
      if (at < first.at) first = { at, length: needle.length };
    }
    return first;
  };
}
