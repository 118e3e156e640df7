/** The step's own errors and warnings, shown by GitHub beside the run. */
import { error, warning } from '@actions/core';
import { clip } from '../spec/problems.ts';
import { printable } from './printable.ts';

/** The runner cuts longer messages. */
const LONGEST_MESSAGE = 4096;
const LONGEST_TITLE = 200;

/** Prints `::error title=…::…`, escaped, so that the text can neither end the command nor start another. */
export function annotateError(title: string, message: string): void {
  error(short(message, LONGEST_MESSAGE), { title: short(title, LONGEST_TITLE) });
}

export function annotateWarning(title: string, message: string): void {
  warning(short(message, LONGEST_MESSAGE), { title: short(title, LONGEST_TITLE) });
}

function short(text: string, most: number): string {
  return clip(printable(text), most - 1);
}
