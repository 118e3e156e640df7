import { describe, expect, it } from 'vitest';
import {
  type Problem,
  quote,
  sayName,
  sayPath,
  sayProblem,
  sayProblems,
} from '../../../src/spec/problems.ts';
import { readManifestObjects } from '../../../src/spec/read-manifest-objects.ts';
import { readInputs } from '../../../src/step/inputs.ts';
import { accept, environmentOf, onlyExecution } from './reading.ts';

const FORGED = 'x\nScaled deployment/web from 2 to 9 replicas, verified';

function problemsOf(inputs: Readonly<Record<string, string>>): readonly Problem[] {
  const read = readInputs(environmentOf({ mode: 'simulate', ...inputs }), '/tmp');
  return 'problems' in read ? read.problems : [];
}

function manifestSpec(manifest: string): Record<string, string> {
  return { action: 'apply-manifest', parameters: JSON.stringify({ manifest }) };
}

function scaleSpec(spec: object): string {
  const head = { apiVersion: 'kubernetesexecution.kubernaut.io/v1alpha1', kind: 'KubernetesExecution' };
  return JSON.stringify({ ...head, spec });
}

const KEY = 'k'.repeat(8000);
const OBJECT = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';
/** JSON, since YAML has no plain key of this length. */
function withNumbers(count: number): string {
  const head = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
  return `${head.slice(0, -1)},"${KEY}":[1e16${',1e16'.repeat(count - 1)}]}`;
}

const NAMES = Object.fromEntries(Array.from({ length: 2500 }, (_, index) => [`n${index}`, 1]));
const REFERENCE = { type: 'scale-deployment', target: { resourceName: 'web' } };

/** Of at most 16 KB each. */
const HOSTILE: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  [
    'a long key above many numbers that lose digits',
    manifestSpec(withNumbers(1500)),
    'kkk…[0] (document 1): is a number',
  ],
  [
    'long keys one in another',
    manifestSpec(
      `${OBJECT}data: ${`{${'k'.repeat(300)}: `.repeat(20)}[${'1e16, '.repeat(1500)}]${'}'.repeat(20)}`,
    ),
    'data.kkk',
  ],
  ['many objects that are none', manifestSpec('- 1\n---\n'.repeat(1500)), 'has 1500 objects'],
  [
    'many unknown parameters',
    {
      action: 'scale-deployment',
      target: 'web',
      parameters: JSON.stringify(NAMES).slice(0, -1).concat(',"replicas":1}'),
    },
    '"n0" is not a parameter of the action',
  ],
  ['many unknown fields', { spec: scaleSpec({ ...NAMES, action: REFERENCE }) }, '"n0" is not known here'],
  [
    'many members of no action',
    {
      spec: scaleSpec({
        action: 'scale_deployment',
        parameters: Object.fromEntries(Object.keys(NAMES).map((key) => [key, {}])),
      }),
    },
    '"n0" is not of the action scale-deployment',
  ],
  [
    'many documents of unknown actions',
    {
      spec: Array.from({ length: 60 }, () => scaleSpec({ action: { ...REFERENCE, type: 'none' } })).join(
        '\n---\n',
      ),
    },
    '"none" is not an action',
  ],
  ['a long tag', { spec: `a: !${KEY} 1\n` }, 'not valid YAML: '],
];

describe('the problems of a hostile spec', () => {
  it.each(HOSTILE)('with %s are told in short, the first ones first', (_what, inputs, first) => {
    const problems = problemsOf(inputs);
    const message = sayProblems(problems);
    expect(problems.length).toBeLessThan(400);
    expect(Buffer.byteLength(message)).toBeLessThan(64 * 1024);
    const lines = message.split('\n');
    expect(lines[0]).toContain(first);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(1500);
    const told = lines.filter((line) => !/^… and at least \d+ more/.test(line));
    expect(told).toEqual(problems.slice(0, told.length).map(sayProblem));
    expect(lines.length - told.length).toBe(told.length < problems.length ? 1 : 0);
  });

  it('are all told where they are few', () => {
    const problems = [1, 2, 3].map((at) => ({ where: `line ${at}`, message: 'is wrong' }));
    expect(sayProblems(problems)).toBe('line 1: is wrong.\nline 2: is wrong.\nline 3: is wrong.');
  });

  it('are told up to a hundred, and as many as there is room for', () => {
    const many = Array.from({ length: 150 }, (_, at) => ({ where: `line ${at}`, message: 'is wrong' }));
    const lines = sayProblems(many).split('\n');
    expect(lines).toHaveLength(101);
    expect(lines.slice(-2)).toEqual(['line 99: is wrong.', '… and at least 50 more; mend these first.']);
    const long = many.map(({ where }) => ({ where, message: 'é'.repeat(5000) }));
    expect(sayProblems(long).split('\n').at(-1)).toBe('… and at least 144 more; mend these first.');
  });

  it('have suggestions for the first unknown names alone', () => {
    const parameters = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`replica${at}`, at]));
    const near = problemsOf({
      action: 'scale-deployment',
      target: 'web',
      parameters: JSON.stringify(parameters),
    }).map(({ nearest }) => nearest);
    expect(near.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'replicas'));
    expect(new Set(near.slice(20))).toEqual(new Set([undefined]));
  });

  it('are no more in memory than are told, however many there are', () => {
    const problems: Problem[] = [];
    const text = withNumbers(17_000);
    expect(readManifestObjects(text, 'manifest', undefined, (one) => problems.push(one))).toBeUndefined();
    expect(problems).toHaveLength(101);
    expect(JSON.stringify(problems).length).toBeLessThan(30_000);
  });
});

const OF_FORGED: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['a parameter', { action: 'scale-deployment', target: 'web', parameters: JSON.stringify({ [FORGED]: 1 }) }],
  ['the action', { spec: scaleSpec({ action: { ...REFERENCE, type: FORGED } }) }],
  ['a field', { spec: scaleSpec({ [FORGED]: 1, action: REFERENCE }) }],
  ['a member', { spec: scaleSpec({ action: 'scale_deployment', parameters: { [FORGED]: {} } }) }],
  ['the target', { spec: scaleSpec({ action: { ...REFERENCE, target: { resourceName: FORGED } } }) }],
  [
    'its kind',
    { spec: scaleSpec({ action: { ...REFERENCE, target: { resourceKind: FORGED, resourceName: 'a' } } }) },
  ],
  ['the selector', { spec: scaleSpec({ action: { ...REFERENCE, target: { selector: FORGED } } }) }],
  ['the namespace', { ...manifestSpec(OBJECT.replace('a}', 'a, namespace: b}')), namespace: FORGED }],
  ['the namespace as target', { ...manifestSpec(OBJECT), target: 'ns/a', namespace: FORGED }],
  [
    'a closed kind',
    manifestSpec(
      JSON.stringify({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: FORGED, metadata: { name: 'a' } }),
    ),
  ],
  [
    'twins',
    manifestSpec(`[${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: FORGED } })}]`),
  ],
  [
    'two objects',
    manifestSpec(
      Array.from({ length: 2 }, () =>
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: FORGED } }),
      ).join('\n---\n'),
    ),
  ],
  ['a key of an object', manifestSpec(`${OBJECT}${JSON.stringify(FORGED)}: 1e16\n`)],
  ['an alias', { spec: `a: *${FORGED}` }],
  ['another version', { spec: JSON.stringify({ apiVersion: FORGED }) }],
  [
    'a next line of Unicode',
    {
      action: 'scale-deployment',
      target: 'web',
      parameters: JSON.stringify({ [FORGED.replace('\n', '\u2028')]: 1 }),
    },
  ],
];

describe('text of a spec', () => {
  it.each(OF_FORGED)(
    'that is called by a line of its own stays within the line of its problem: %s',
    (_what, inputs) => {
      const problems = problemsOf(inputs);
      expect(problems).not.toEqual([]);
      const lines = sayProblems(problems).split(/[\n\r\u0085\u2028\u2029]/);
      expect(lines).toHaveLength(problems.length);
      for (const line of lines) expect(line).not.toMatch(/^Scaled/);
    },
  );

  it('is quoted in a path where it is no plain name, and cut where it is long', () => {
    expect(sayPath(['spec', 'a b', 2, 'app.kubernetes.io/name'])).toBe(
      'spec."a b"[2].app.kubernetes.io/name',
    );
    expect(sayPath(['a\nb'])).toBe(String.raw`"a\nb"`);
    expect(sayName('k'.repeat(61))).toBe(`${'k'.repeat(60)}…`);
    const deep = sayPath(Array.from({ length: 1000 }, (_, at) => `part${at}`));
    expect(deep.length).toBeLessThanOrEqual(301);
    expect(deep.startsWith('part0.part1.')).toBe(true);
    expect(deep.endsWith('.part999')).toBe(true);
  });

  it('is quoted whole where it is short, without what is not seen, and never half a character', () => {
    expect(quote('a\u202eb\u0085')).toBe(String.raw`"a\u202eb\u0085"`);
    expect(quote('👩‍🚀')).toBe('"👩‍🚀"');
    expect(quote(`${'x'.repeat(58)}👩`).isWellFormed()).toBe(true);
  });

  it('has a selector on one line', () => {
    const selector = 'app in (a,\n Scaled,\n b),\n tier = x';
    const { selection } = onlyExecution(accept({ action: 'collect-logs', selector }));
    expect(selection?.labels).toBe('app in (a, Scaled, b), tier = x');
  });
});
