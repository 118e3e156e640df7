import { scaleDeployment } from '../../src/catalog/scale-deployment.ts';
import type { InputDefinition } from '../../src/step/input-definition.ts';
import { INPUT_DEFINITIONS } from '../../src/step/input-registry.ts';
import { OUTPUT_DEFINITIONS } from '../../src/step/output-registry.ts';
import { optIn } from '../manifests/access.ts';
import { renderManifests } from '../manifests/yaml.ts';
import { renderTable } from './marked-text.ts';

const GROUPS: readonly (readonly [InputDefinition['group'], string])[] = [
  ['what', 'What to do'],
  ['how', 'How'],
  ['who', 'As whom'],
];

/** The README's tables of inputs, one per group. */
export function renderInputs(): string {
  return GROUPS.map(([group, title]) => {
    const rows = INPUT_DEFINITIONS.filter((input) => input.group === group).map(
      ({ name, default: value, description }) => [
        `\`${name}\``,
        value === undefined ? '' : `\`${value}\``,
        description,
      ],
    );
    return `**${title}**\n\n${renderTable(['input', 'default', 'meaning'], rows)}`;
  }).join('\n\n');
}

export function renderOutputs(): string {
  return renderTable(
    ['output', 'meaning'],
    OUTPUT_DEFINITIONS.map(({ name, description }) => [`\`${name}\``, description]),
  );
}

/** The bindings of one action, as `manifests/opt-in/` has them, without the file's two lines of comment. */
export function renderOptIn(): string {
  const [, , ...lines] = renderManifests('', optIn(scaleDeployment)).split('\n');
  return `\`\`\`yaml\n${lines.join('\n')}\`\`\``;
}
