export interface LineMark {
  /** Whole seconds since the epoch. */
  readonly second: number;
  /** Within the second. */
  readonly nanos: number;
  /** Of the raw line with its timestamp. */
  readonly hash: number;
}

/** The marks of the last lines. */
export interface LogMarks {
  add(mark: LineMark): void;
  last(): LineMark | undefined;
  /** The oldest first. */
  list(): readonly LineMark[];
}

/** Keeps `most` of them as plain numbers: an object for each line would live long enough to grow the heap by 70 MB. */
export function openLogMarks(most: number): LogMarks {
  const seconds = new Float64Array(most);
  const nanos = new Float64Array(most);
  const hashes = new Float64Array(most);
  let count = 0;
  const markAt = (index: number): LineMark => ({
    second: seconds[index % most] ?? 0,
    nanos: nanos[index % most] ?? 0,
    hash: hashes[index % most] ?? 0,
  });
  return {
    add(mark) {
      const at = count % most;
      seconds[at] = mark.second;
      nanos[at] = mark.nanos;
      hashes[at] = mark.hash;
      count += 1;
    },
    last: () => (count === 0 ? undefined : markAt(count - 1)),
    list: () =>
      Array.from({ length: Math.min(count, most) }, (_, index) => markAt(Math.max(0, count - most) + index)),
  };
}
