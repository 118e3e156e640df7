/**
 * Writes the files that follow from the sources, or says which of them are out of date.
 *
 *     node scripts/generate.ts [--check]
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { docsGenerator } from './docs/index.ts';
import type { GeneratedFiles, Generator } from './generated-files.ts';
import { generateManifests } from './manifests/generate-manifests.ts';

export const generators: readonly Generator[] = [generateManifests, docsGenerator];

const root = resolve(import.meta.dirname, '..');

/** The paths whose files are not what they should be, in order. */
export async function findStale(files: GeneratedFiles): Promise<readonly string[]> {
  const compared = await Promise.all(
    [...files].map(async ([path, text]) => ({ path, stale: (await readIfThere(join(root, path))) !== text })),
  );
  return compared.flatMap(({ path, stale }) => (stale ? [path] : [])).toSorted();
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function write(path: string, text: string | null): Promise<void> {
  const file = join(root, path);
  if (text === null) return await rm(file);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function main(args: readonly string[]): Promise<void> {
  const files = new Map(
    (await Promise.all(generators.map((generate) => generate()))).flatMap((some) => [...some]),
  );
  const stale = await findStale(files);
  if (args.includes('--check')) {
    if (stale.length === 0) return;
    console.error(`Out of date, run \`npm run generate\`:\n${stale.map((path) => `  ${path}`).join('\n')}`);
    process.exitCode = 1;
    return;
  }
  for (const path of stale) await write(path, files.get(path) ?? null);
  console.log(stale.length === 0 ? 'Everything is up to date.' : `Written: ${stale.join(', ')}`);
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
