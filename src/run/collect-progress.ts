import { sayBytes } from './say-collected.ts';

const EVERY_MS = 10_000;

export interface CollectProgress extends Disposable {
  /** Takes down how many bytes more were read. */
  begin(file: string): (bytes: number) => void;
  end(file: string): void;
}

/** Says every ten seconds how far the files are that are being read, so that a long log is no long silence. */
export function openCollectProgress(report: (text: string) => void, everyMs = EVERY_MS): CollectProgress {
  const reading = new Map<string, number>();
  const timer = setInterval(() => {
    for (const [file, bytes] of reading) report(`${file}: ${sayBytes(bytes)} so far`);
  }, everyMs);
  return {
    begin: (file) => {
      reading.set(file, 0);
      return (bytes) => reading.set(file, (reading.get(file) ?? 0) + bytes);
    },
    end: (file) => {
      reading.delete(file);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
