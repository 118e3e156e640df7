import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly author?: string | { readonly name?: string };
}

interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly texts: readonly string[];
}

const MIT_TEXT = `Copyright (c) HOLDER

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/**
 * The licence page for what a bundle holds: name, version, SPDX identifier and every licence and notice file of each
 * npm package that one of `moduleFiles` belongs to. Two versions of a package are two entries.
 */
export async function collectLicences(moduleFiles: readonly string[]): Promise<string> {
  const folders = new Set(moduleFiles.flatMap((file) => packageFolderOf(file) ?? []));
  const packages = await Promise.all([...folders].map(readPackage));
  const pages = new Map(packages.map((found) => [`${found.name}@${found.version}`, renderPackage(found)]));
  return [...pages.keys()]
    .toSorted()
    .map((key) => pages.get(key))
    .join('\n');
}

/** The folder right under the last `node_modules`; nested package.json files that only say `type` don't count. */
function packageFolderOf(file: string): string | undefined {
  const path = file.replace(/^\0/, '').replace(/\?.*$/, '');
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(path)?.[0];
}

async function readPackage(folder: string): Promise<BundledPackage> {
  const manifest: Manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { name, version, license } = manifest;
  if (!name || !version || !license)
    throw new Error(`${folder}/package.json lacks a name, a version or a licence`);
  const texts = await readLicenceFiles(folder);
  return { name, version, license, texts: texts.length > 0 ? texts : [standardText(manifest)] };
}

async function readLicenceFiles(folder: string): Promise<string[]> {
  const files = (await readdir(folder))
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .toSorted();
  return Promise.all(
    files.map(async (file) => (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n').trim()),
  );
}

/** For packages that name their licence and don't carry its text. Only MIT occurs; anything else is for a person to decide. */
function standardText({ name, license, author }: Manifest): string {
  const holder = typeof author === 'string' ? author : author?.name;
  if (license !== 'MIT' || !holder)
    throw new Error(`${name} carries no text of its licence ${license}: find it and add it here`);
  return MIT_TEXT.replace('HOLDER', holder);
}

function renderPackage({ name, version, license, texts }: BundledPackage): string {
  return [`${name} ${version} (${license})`, '='.repeat(72), ...texts, ''].join('\n\n');
}
