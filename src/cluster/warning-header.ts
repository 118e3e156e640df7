const WARNING = /\b299 \S+ "((?:[^"\\]|\\.)*)"/g;

/** Texts of the `Warning: 299 - "…"` headers (RFC 7234, section 5.5), which may stand several in one line. */
export function readWarnings(rawHeaders: readonly string[]): string[] {
  const texts: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'warning') continue;
    for (const [, quoted = ''] of (rawHeaders[at + 1] ?? '').matchAll(WARNING)) {
      texts.push(quoted.replaceAll(/\\(.)/g, '$1'));
    }
  }
  return texts;
}
