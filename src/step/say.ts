import { shortLines } from './log-view.ts';
import { hiddenTexts } from './mask.ts';

/** Prints what the step itself has to say, whatever of others is in it. */
export function say(text: string): void {
  process.stdout.write(`${shortLines(text, hiddenTexts())}\n`);
}
