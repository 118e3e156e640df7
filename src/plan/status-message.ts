/**
 * What an API server says of a refusal. Messages are public, and a field error quotes the value that it is about: a
 * Secret, or a pod template with the values of its environment.
 */
import { textAt } from './pointer.ts';

/** A proxy's page says nothing more beyond. */
const LONGEST_TEXT = 1000;

/** Of a `Status`, or a body that is mere text; the empty string where neither says anything. Without quoted objects. */
export function statusMessage(body: unknown): string {
  return typeof body === 'string'
    ? withoutObjects(body).slice(0, LONGEST_TEXT)
    : withoutObjects(textAt(body, '/message'));
}

/** Kinds, names, fields and reasons stay, those of every cause. */
export function withoutObjects(message: string): string {
  let shown = '';
  let rest = message.replaceAll(DIFF, '$1');
  for (let begin = rest.search(OBJECT); begin >= 0; begin = rest.search(OBJECT)) {
    shown += `${rest.slice(0, begin)}(object)`;
    rest = rest.slice(begin + lengthOfObject(rest.slice(begin)));
  }
  return shown + rest;
}

/** Where few fields may change, as a Pod's, what was changed follows line by line, up to the next cause or the end of their list. */
const DIFF = /(: Forbidden: [^\n]*)(?:\n(?![,\]])[^\n]*)+\n?/g;
/** JSON, also as a text, or Go's own writing: `core.PodTemplateSpec{Spec:…}`, `[]core.Container{…}`. */
const OBJECT = /(?<=\b(?:Invalid|Unsupported|Duplicate) value: )(?:"\{|[^\s":{[]*[{[])/;
const TEXT_OR_BRACKET = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|$)|[{}[\]]/gs;
/** The reason, the next cause, the end of the causes. */
const AFTER_OBJECT = /^(?:: |, |\]|\n|$)/;
const NESTING: Readonly<Record<string, number>> = { '{': 1, '[': 1, '}': -1, ']': -1 };

/** All of the text where it has no end: nothing of it may be shown then. */
function lengthOfObject(text: string): number {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(TEXT_OR_BRACKET)) {
    depth += NESTING[token] ?? 0;
    const end = index + token.length;
    if (depth === 0 && AFTER_OBJECT.test(text.slice(end))) return end;
  }
  return text.length;
}
