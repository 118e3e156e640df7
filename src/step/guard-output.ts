import { printable } from './printable.ts';

/** As `@actions/core` writes them: on one line, with what would end it escaped. */
const OWN_COMMAND = /^::(?:debug|add-mask|warning(?: [^\r\n]*)?)::[^\r\n]*\r?\n$/;

type Callback = (error?: Error | null) => void;

/**
 * Does the work while nothing that is written to standard output can be a workflow command, but for those that a client
 * library writes of its own accord: messages for debugging, warnings, masks. Commands in what it merely passes on, such
 * as a service's error, become text.
 */
export async function guardOutput<T>(work: () => Promise<T>): Promise<T> {
  const { stdout } = process;
  const before = Object.getOwnPropertyDescriptor(stdout, 'write');
  const write = stdout.write.bind(stdout);
  const guarded = (chunk: string | Uint8Array, encoding?: BufferEncoding | Callback, done?: Callback) =>
    write(harmless(chunk), typeof encoding === 'function' ? encoding : done);
  stdout.write = guarded;
  try {
    return await work();
  } finally {
    if (Object.getOwnPropertyDescriptor(stdout, 'write')?.value === guarded) restore(before);
  }
}

/** Not called where somebody else has taken the place meanwhile. */
function restore(before: PropertyDescriptor | undefined): void {
  if (before) Object.defineProperty(process.stdout, 'write', before);
  else Reflect.deleteProperty(process.stdout, 'write');
}

/** Each chunk as lines of its own, since a command could be put together from several. */
function harmless(chunk: string | Uint8Array): string {
  const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
  if (text === '' || OWN_COMMAND.test(text)) return text;
  return `${printable(text.replace(/\r?\n$/, ''))}\n`;
}
