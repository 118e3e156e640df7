/** The step's own errors and warnings, shown by GitHub beside the run. */
import { error, warning } from '@actions/core';
import { printable } from './printable.ts';

/** The runner cuts longer messages. */
const LONGEST_MESSAGE = 4096;
const LONGEST_TITLE = 200;

/** Prints `::error title=…::…`, escaped, so that the text can neither end the command nor start another. */
export function annotateError(title: string, message: string): void {
  error(clip(message, LONGEST_MESSAGE), { title: clip(title, LONGEST_TITLE) });
}

export function annotateWarning(title: string, message: string): void {
  warning(clip(message, LONGEST_MESSAGE), { title: clip(title, LONGEST_TITLE) });
}

function clip(text: string, most: number): string {
  const shown = printable(text);
  return shown.length > most ? `${shown.slice(0, most - 1)}…`.toWellFormed() : shown;
}
