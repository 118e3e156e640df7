/** What many runs of the same thing come to. */
export interface Distribution {
  readonly median: number;
  /** The middle half lies between these two. */
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** Throws for no values: nothing was measured then. */
export function summarise(values: readonly number[]): Distribution {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    lower: quantile(sorted, 0.25),
    upper: quantile(sorted, 0.75),
    count: sorted.length,
  };
}

/** Of each pair of neighbours in time, so that a machine that grows slower meanwhile weighs on both alike. */
export function summariseRatios(ours: readonly number[], theirs: readonly number[]): Distribution {
  return summarise(ours.map((value, index) => value / (theirs[index] ?? Number.NaN)));
}

/** `0.62 (0.58–0.66)`: median and the middle half. */
export function say({ median, lower, upper }: Distribution, digits = 2): string {
  return `${median.toFixed(digits)} (${lower.toFixed(digits)}–${upper.toFixed(digits)})`;
}

/** The same of milliseconds. */
export function sayMilliseconds(milliseconds: Distribution): string {
  return `${say(milliseconds, 0)} ms`;
}

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}
