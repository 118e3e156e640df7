import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collectLicences } from '../../../scripts/collect-licences.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'licences-'));
});
afterEach(() => rm(root, { recursive: true }));

/** Resolves with a module of the package. */
async function makePackage(
  path: string,
  manifest: object,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = join(root, 'node_modules', path);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return join(folder, 'lib/index.js');
}

test('every package comes once with all its licence and notice files; our own modules are none', async () => {
  const module = await makePackage(
    '@scope/one',
    { name: '@scope/one', version: '1.0.0', license: 'Apache-2.0' },
    { LICENSE: 'the licence', 'NOTICE.md': 'the notice', 'README.md': 'no licence' },
  );
  const page = await collectLicences([join(root, 'src/main.ts'), module, `${module}?commonjs`]);
  expect(page.match(/@scope\/one 1\.0\.0 \(Apache-2\.0\)/g)).toHaveLength(1);
  expect(page).toContain('the licence\n\nthe notice');
  expect(page).not.toContain('no licence');
});

test('two versions of a package are two entries', async () => {
  const outer = await makePackage(
    'two',
    { name: 'two', version: '2.0.0', license: 'ISC' },
    { LICENSE: 'outer' },
  );
  const inner = await makePackage(
    'one/node_modules/two',
    { name: 'two', version: '1.0.0', license: 'ISC' },
    { LICENSE: 'inner' },
  );
  const page = await collectLicences([outer, inner]);
  expect(page.indexOf('two 1.0.0')).toBeLessThan(page.indexOf('two 2.0.0'));
  expect(page).toContain('inner');
});

test('a package that names MIT and carries no text gets the text with its author', async () => {
  const module = await makePackage('bare', {
    name: 'bare',
    version: '1.0.0',
    license: 'MIT',
    author: { name: 'Ann' },
  });
  expect(await collectLicences([module])).toMatch(/Copyright \(c\) Ann\n\nPermission is hereby granted/);
});

test('a package under no licence fails the build', async () => {
  const module = await makePackage('free', { name: 'free', version: '1.0.0' });
  await expect(collectLicences([module])).rejects.toThrow('node_modules/free/package.json lacks');
});
