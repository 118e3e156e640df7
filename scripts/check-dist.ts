/** Rebuilds `dist/` elsewhere and compares every byte; writes nothing into the work tree. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildInto } from './build.ts';

const committed = resolve(import.meta.dirname, '../dist');

/** Names of files that are missing from `dist/`, too many there, or different from what the sources give. */
export async function findDistDifferences(): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kubernetes-executor-dist-'));
  try {
    const rebuilt = join(folder, 'dist');
    await buildInto(rebuilt);
    const [expected, actual] = await Promise.all([readFolder(rebuilt), readFolder(committed)]);
    const names = [...new Set([...expected.keys(), ...actual.keys()])].toSorted();
    return names.filter((name) => expected.get(name) !== actual.get(name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** File names to contents, one character per byte; empty for a folder that is not there. */
async function readFolder(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder).catch(() => []);
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
  return new Map(names.map((name, index) => [name, contents[index] ?? '']));
}

if (import.meta.main) {
  const differences = await findDistDifferences();
  if (differences.length > 0) {
    console.error(
      `dist/ is not what the sources give: ${differences.join(', ')}. Run "npm run build" and commit it.`,
    );
    process.exitCode = 1;
  }
}
