import type { CollectedFile } from './record.ts';

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'] as const;

/** `512 bytes`, `1.2 MiB`. */
export function sayBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 || Number.isInteger(amount) ? amount : amount.toFixed(1)} ${UNITS[power] ?? ''}`;
}

/** `6 files, 1.2 MiB; 1 cut; 1 absent`. */
export function sayCollected(files: readonly CollectedFile[]): string {
  const written = files.filter(({ outcome }) => outcome === 'complete' || outcome === 'cut');
  const bytes = written.reduce((sum, file) => sum + file.bytes, 0);
  const count = (outcome: CollectedFile['outcome']) =>
    files.filter((file) => file.outcome === outcome).length;
  const others = (['cut', 'absent', 'failed'] as const)
    .filter((outcome) => count(outcome) > 0)
    .map((outcome) => `; ${count(outcome)} ${outcome}`);
  return `${written.length} file${written.length === 1 ? '' : 's'}, ${sayBytes(bytes)}${others.join('')}`;
}
