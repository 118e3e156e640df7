import { stringify } from 'yaml';
import { INPUT_DEFINITIONS } from '../../src/step/input-registry.ts';
import { OUTPUT_DEFINITIONS } from '../../src/step/output-registry.ts';

/** The text of `action.yml`. */
export function renderActionMetadata(): string {
  const metadata = {
    name: 'Kubernetes Executor',
    description: 'Rehearses, executes, verifies and undoes operations on Kubernetes clusters',
    author: 'Kubernetes Executor maintainers',
    branding: { icon: 'anchor', color: 'blue' },
    inputs: Object.fromEntries(
      INPUT_DEFINITIONS.map(({ name, description, default: value }) => [
        name,
        {
          description: plain(description),
          required: false,
          ...(value === undefined ? {} : { default: value }),
        },
      ]),
    ),
    outputs: Object.fromEntries(
      OUTPUT_DEFINITIONS.map(({ name, description }) => [name, { description: plain(description) }]),
    ),
    runs: { using: 'node24', main: 'dist/index.js', post: 'dist/post.js', 'post-if': 'always()' },
  };
  return `# Generated from src/step by \`npm run generate\`.\n${stringify(metadata, { lineWidth: 0 })}`;
}

/** `action.yml` is shown as plain text, and its links would lead nowhere. */
function plain(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1').replaceAll('`', '');
}
