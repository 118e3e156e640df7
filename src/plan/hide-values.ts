/** Keeps values of Secrets out of texts: what the API server or a webhook says may repeat what it was sent. */

/** Shorter ones are parts of common words; no text of ours has a value in it, and the server's rarely. */
const SHORTEST = 4;
const HIDDEN = '***';

export interface ValueHider {
  /** Values in base64, which are hidden from now on as they are, decoded, and as JSON writes them. */
  add(values: Iterable<string>): void;
  readonly hide: (text: string) => string;
}

export function openValueHider(): ValueHider {
  const forms = new Set<string>();
  let longestFirst: readonly string[] = [];
  const hide = (text: string): string => longestFirst.reduce((so, form) => so.replaceAll(form, HIDDEN), text);
  return {
    add: (values) => {
      for (const value of values) for (const form of formsOf(value)) forms.add(form);
      longestFirst = [...forms].toSorted((a, b) => b.length - a.length);
    },
    hide,
  };
}

/** A value of several lines may be repeated line by line. */
function formsOf(base64: string): readonly string[] {
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const plain = [text, text.trim(), ...lines];
  const escaped = plain.map((form) => JSON.stringify(form).slice(1, -1));
  return [base64, base64.replace(/=+$/, ''), ...plain, ...escaped].filter((form) => form.length >= SHORTEST);
}
