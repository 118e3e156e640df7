/** Splits a byte stream at newlines, whatever the chunks are. */
export interface LineSplitter {
  /** Lines that this chunk ended, without their newline. They may share the chunk's memory. */
  push(chunk: Uint8Array): readonly Buffer[];
  /** What came after the last newline. */
  rest(): Buffer;
}

/** Of a longer line the first `maxBytes` are given out; the remainder of it is dropped, so that memory stays bounded. */
export function openLineSplitter(maxBytes: number): LineSplitter {
  let pieces: Buffer[] = [];
  let held = 0;
  const hold = (piece: Buffer): void => {
    const kept = piece.subarray(0, Math.max(maxBytes - held, 0));
    if (kept.length > 0) pieces.push(kept);
    held += piece.length;
  };
  const take = (): Buffer => {
    const [only] = pieces;
    const line = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
    pieces = [];
    held = 0;
    return line;
  };
  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const lines: Buffer[] = [];
      let start = 0;
      for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
        hold(bytes.subarray(start, end));
        lines.push(take());
        start = end + 1;
      }
      if (start < bytes.length) hold(bytes.subarray(start));
      return lines;
    },
    rest: () => take(),
  };
}
