/** Documents that follow from the sources: tables of inputs and outputs, the catalogue, reason codes, manifests. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { catalog } from '../../src/catalog/index.ts';
import { renderActionMetadata } from './action-metadata.ts';
import { renderActions } from './actions-page.ts';
import { renderInputs, renderOptIn, renderOutputs } from './interface-tables.ts';
import { renderJsonSchema, renderManifestFields } from './manifest-fields.ts';
import { replaceMarked } from './marked-text.ts';
import { renderReasonCodes } from './reason-codes-page.ts';

const root = resolve(import.meta.dirname, '..', '..');

const README_PARTS = new Map([
  ['opt-in', renderOptIn()],
  ['inputs', renderInputs()],
  ['outputs', renderOutputs()],
]);

/** Paths from the repository's root to the text that belongs there. */
export async function docsGenerator(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['action.yml', renderActionMetadata()],
    ['README.md', await fillMarked('README.md', README_PARTS)],
    ['docs/spec.md', await fillMarked('docs/spec.md', renderManifestFields())],
    ['docs/actions.md', renderActions(catalog)],
    ['docs/reason-codes.md', renderReasonCodes()],
    ['schema/kubernetes-execution.schema.json', renderJsonSchema()],
  ]);
}

async function fillMarked(path: string, parts: ReadonlyMap<string, string>): Promise<string> {
  const text = await readFile(join(root, path), 'utf8');
  return [...parts].reduce((filled, [name, part]) => replaceMarked(filled, name, part), text);
}
