/** What GitHub's runner makes of the files that a step writes: outputs, state, environment and summary. */

export const SUMMARY_LIMIT_BYTES = 1024 * 1024;

export interface FileCommands {
  readonly values: Readonly<Record<string, string>>;
  /** Why the runner fails the step over this file. */
  readonly error?: string;
}

/** Reads `name=value` lines and `name<<delimiter` blocks; what stood before a mistake counts. */
export function readFileCommands(text: string): FileCommands {
  const values: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const block = line.indexOf('<<');
    if (block > 0 && (equals < 0 || block < equals)) {
      const end = lines.indexOf(line.slice(block + 2), at + 1);
      if (block + 2 === line.length || end < 0) return { values, error: `no delimiter for ${line}` };
      values[line.slice(0, block)] = lines.slice(at + 1, end).join('\n');
      at = end;
    } else if (equals > 0) {
      values[line.slice(0, equals)] = line.slice(equals + 1);
    } else {
      return { values, error: `invalid format: ${line}` };
    }
  }
  return { values };
}

/** The summary as the runner publishes it: a file above the limit is dropped whole. */
export function publishedSummary(text: string): string | undefined {
  return Buffer.byteLength(text) > SUMMARY_LIMIT_BYTES ? undefined : text;
}
