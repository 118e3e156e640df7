import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { docsGenerator } from '../../scripts/docs/index.ts';
import { REASON_CODES } from '../../src/plan/reason-codes.ts';
import { GRANTED_BY_INPUT } from '../../src/spec/authority.ts';
import { sayProblem } from '../../src/spec/problems.ts';
import { INPUT_DEFINITIONS } from '../../src/step/input-registry.ts';
import { inputValues } from '../../src/step/input-values.ts';
import { readInputs } from '../../src/step/inputs.ts';
import { OUTPUT_DEFINITIONS } from '../../src/step/output-registry.ts';

const root = resolve(import.meta.dirname, '..', '..');

const actionMetadata = z.object({
  inputs: z.record(
    z.string(),
    z.object({ description: z.string().min(1), required: z.literal(false), default: z.string().optional() }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string().min(1) })),
  runs: z.record(z.string(), z.string()),
});

const metadata = actionMetadata.parse(parse(read('action.yml')));
const readme = read('README.md');

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** First cells of the table rows between two markers. */
function tableNames(marker: string): string[] {
  const between = readme.split(`<!-- ${marker}:begin -->`)[1]?.split(`<!-- ${marker}:end -->`)[0] ?? '';
  return Array.from(between.matchAll(/^\| `([a-z-]+)` \|/gm), ([, name]) => name ?? '');
}

describe('action.yml', () => {
  it('declares the inputs that the code reads, with their defaults', () => {
    expect(Object.entries(metadata.inputs).map(([name, input]) => [name, input.default])).toEqual(
      INPUT_DEFINITIONS.map((input) => [input.name, input.default]),
    );
  });

  it('has no expression in a description, where the runner allows none', () => {
    expect(read('action.yml').match(/description:.*\$\{\{/)).toBeNull();
  });

  it('declares the outputs that the code writes', () => {
    expect(Object.keys(metadata.outputs)).toEqual(OUTPUT_DEFINITIONS.map(({ name }) => name));
  });

  it('runs main and post on node24, post in any case', () => {
    expect(metadata.runs).toEqual({
      using: 'node24',
      main: 'dist/index.js',
      post: 'dist/post.js',
      'post-if': 'always()',
    });
  });

  it('has names in kebab-case alone', () => {
    for (const name of [...Object.keys(metadata.inputs), ...Object.keys(metadata.outputs)]) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    }
  });
});

describe('the README', () => {
  it('lists every input and output once', () => {
    expect(tableNames('inputs').toSorted()).toEqual(Object.keys(metadata.inputs).toSorted());
    expect(tableNames('outputs')).toEqual(Object.keys(metadata.outputs));
  });

  it('uses in its workflow what the action declares', () => {
    const [, workflow] = /```yaml\n(name: [\s\S]*?)```/.exec(readme) ?? [];
    const step = z.object({ with: z.record(z.string(), z.unknown()) });
    const job = z.object({ steps: z.tuple([step], z.unknown()) });
    const { jobs } = z.object({ jobs: z.object({ scale: job }) }).parse(parse(workflow ?? ''));
    expect(Object.keys(metadata.inputs)).toEqual(
      expect.arrayContaining(Object.keys(jobs.scale.steps[0].with)),
    );
    const outputs = Array.from(readme.matchAll(/steps\.\w+\.outputs\.([a-z-]+)/g), ([, name]) => name);
    expect(outputs.length).toBeGreaterThan(0);
    expect(Object.keys(metadata.outputs)).toEqual(expect.arrayContaining(outputs));
  });
});

describe('documents', () => {
  it('show manifests that are accepted', () => {
    const blocks = Array.from(
      read('docs/spec.md').matchAll(/```yaml\n([\s\S]*?)```/g),
      ([, text]) => text ?? '',
    );
    expect(blocks.length).toBeGreaterThan(2);
    for (const spec of blocks) {
      expect(readInputs({ INPUT_MODE: 'simulate', INPUT_SPEC: spec }, root)).toHaveProperty('request');
    }
  });

  it('show refusals as they are', () => {
    const [, shown] = /```text\n([\s\S]*?)```/.exec(readme) ?? [];
    const wrong = {
      INPUT_MODE: 'simulate',
      INPUT_ACTION: 'scale-deployment',
      INPUT_TARGET: 'web',
      INPUT_TARGT: '',
      INPUT_NAMESPACE: 'shop/web',
      INPUT_PARAMETERS: 'replicas: abc',
    };
    const result = readInputs(wrong, root);
    const problems = 'problems' in result ? result.problems : [];
    expect(shown?.trim().split('\n').toSorted()).toEqual(problems.map(sayProblem).toSorted());
  });

  it('are as the sources have them', async () => {
    for (const [path, text] of await docsGenerator()) {
      expect(read(path), `${path} is out of date: npm run generate`).toBe(text);
    }
  });

  it.each(['README.md', 'docs/spec.md', 'docs/actions.md', 'docs/reason-codes.md'])(
    '%s links to what there is',
    (path) => {
      const links = Array.from(read(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g), ([, link]) => link ?? '');
      expect(links.filter((link) => !existsSync(join(root, dirname(path), link)))).toEqual([]);
    },
  );

  it('name reason codes that there are', () => {
    for (const code of ['credentials-missing', 'plan-changed']) {
      expect(readme).toContain(`\`${code}\``);
      expect(Object.keys(REASON_CODES)).toContain(code);
    }
  });
});

describe('the registry', () => {
  it('leaves to a spec only what says what to do, and the one time limit it may shorten', () => {
    const granting = INPUT_DEFINITIONS.filter(
      ({ group, name, ...more }) => (group !== 'what' || 'secret' in more) && name !== 'timeout',
    );
    expect([...GRANTED_BY_INPUT].toSorted()).toEqual(granting.map(({ name }) => name).toSorted());
  });

  it('has defaults that the code accepts', () => {
    const problems: unknown[] = [];
    const given = {
      differs: () => false,
      text: () => undefined,
      orDefault: (name: string) => metadata.inputs[name]?.default ?? '',
    };
    const values = inputValues(given, (problem) => problems.push(problem));
    for (const name of ['timeout', 'schedule-timeout', 'run-timeout', 'soak', 'lock-timeout'] as const) {
      expect(values.seconds(name, 0)).toBeGreaterThanOrEqual(0);
    }
    expect([values.isOn('force'), values.isOn('stream-logs')]).toEqual([false, true]);
    expect(problems).toEqual([]);
  });
});
