/** What can be told wrong without a cluster and without running the product. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, runCommand } from './run-command.ts';

export interface Check {
  readonly name: string;
  /** What to do where it fails. */
  readonly remedy: string;
  readonly command: string;
  readonly args: readonly string[];
}

export const CHECKS: readonly Check[] = [
  { name: 'types', remedy: 'see above', command: 'tsc', args: ['-p', '.'] },
  { name: 'lint', remedy: 'see above', command: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'format', remedy: 'npm run format', command: 'biome', args: ['check'] },
  {
    name: 'generated files',
    remedy: 'npm run generate',
    command: process.execPath,
    args: ['scripts/generate.ts', '--check'],
  },
  { name: 'dist', remedy: 'npm run build', command: process.execPath, args: ['scripts/check-dist.ts'] },
];

/** Our own workflows and those that users copy. Needs actionlint. */
export async function workflowCheck(): Promise<Check> {
  const files = await Promise.all(['.github/workflows', 'examples'].map(listWorkflows));
  return { name: 'workflows', remedy: 'see above', command: 'actionlint', args: ['-color', ...files.flat()] };
}

async function listWorkflows(folder: string): Promise<string[]> {
  if (!existsSync(join(ROOT, folder))) return [];
  const names = await readdir(join(ROOT, folder));
  return names.filter((name) => /\.ya?ml$/.test(name)).map((name) => join(folder, name));
}

/** Prints what a failed check said; true where it passed. */
export async function passes(
  { name, remedy, command, args }: Check,
  say: (line: string) => void,
): Promise<boolean> {
  const { code, output } = await runCommand(command, args);
  if (code === 0) {
    say(`${name}: fine`);
    return true;
  }
  console.log(output.trim());
  say(`${name}: FAILED (${remedy})`);
  return false;
}
