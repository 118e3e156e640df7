/** What Go's encoder writes as an escape and JavaScript's does not. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/**
 * JSON as the API server itself writes it: the `test` of a JSON patch holds strings against the object byte by byte,
 * escapes and all, so `"a & b"` would never be equal to the server's `"a \u0026 b"`.
 */
export function wireJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
