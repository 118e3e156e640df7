const SECONDS_PER: Readonly<Record<string, number>> = {
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ns: 1e-9,
};
/** One or more of number and unit, as in Go's `time.ParseDuration`, without a sign. */
export const DURATION = /^(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|m|s|us|µs|μs|ns))+)$/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|μs|ns)/g;

export const DURATION_EXPECTED = 'a duration such as 90s, 5m or 1h30m';

/** Whole seconds; a fraction is rounded up, since Jobs count whole seconds. `undefined` where it is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  const seconds = Array.from(text.matchAll(PART), ([, amount, unit]) => secondsOf(amount, unit));
  const total = seconds.reduce((sum, part) => sum + part, 0);
  return Number.isSafeInteger(Math.ceil(total)) ? Math.ceil(roundNanoseconds(total)) : undefined;
}

/** As people write it: `1h30m`, `90s` as `1m30s`, `0s`. */
export function renderDuration(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const;
  const text = parts.map(([amount, unit]) => (amount === 0 ? '' : `${amount}${unit}`)).join('');
  return text === '' ? '0s' : text;
}

function secondsOf(amount = '0', unit = 's'): number {
  return Number(amount) * (SECONDS_PER[unit] ?? 1);
}

/** 0.1 s + 0.9 s is a little more than 1 s in floating point; Go counts nanoseconds. */
function roundNanoseconds(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e9;
}
