import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalog } from '../../../src/catalog/index.ts';
import { findAction, refuseAction } from '../../../src/spec/find-action.ts';
import { editDistance, nearest, nearestOrFuller } from '../../../src/spec/nearest.ts';
import type { Problem } from '../../../src/spec/problems.ts';
import { camelOf, isSameName, kebabOf } from '../../../src/spec/spelling.ts';

const word = fc.stringMatching(/^[a-z]{2,8}$/);
const kebabName = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('-'));

function styles(kebab: string): string[] {
  const camel = camelOf(kebab);
  return [kebab, kebab.replaceAll('-', '_'), camel, camel.charAt(0).toUpperCase() + camel.slice(1)];
}

function find(text: string): string | undefined {
  return findAction(text, catalog)?.action.name;
}

function refuse(text: string): readonly Problem[] {
  const problems: Problem[] = [];
  refuseAction({ text, where: 'input action' }, catalog, (problem) => problems.push(problem));
  return problems;
}

describe('styles of names', () => {
  it('are all the same name', () => {
    fc.assert(
      fc.property(kebabName, (kebab) => {
        for (const style of styles(kebab)) {
          expect(kebabOf(style)).toBe(kebab);
          expect(isSameName(style, kebab)).toBe(true);
        }
      }),
    );
  });

  it('keep abbreviations and compounds together', () => {
    expect(kebabOf('RelaxPDB')).toBe('relax-pdb');
    expect(kebabOf('IncreaseCPULimits')).toBe('increase-cpu-limits');
    expect(isSameName('UpdateConfigMap', 'update-configmap')).toBe(true);
  });

  it.each(['scale deployment', 'scale--deployment', '-scale', 'scale/deployment', 'scale.deployment', ''])(
    'do not include %j',
    (text) => {
      expect(kebabOf(text)).toBeUndefined();
    },
  );

  it('do not run words together', () => {
    expect(isSameName('scaledeployment', 'scale-deployment')).toBe(false);
  });
});

describe('actions', () => {
  const names = catalog.flatMap((action) =>
    [action.name, ...action.aliases].map((name) => [name, action.name] as const),
  );

  it.each(names)('%s means %s in every style', (name, expected) => {
    for (const style of styles(name)) expect(find(style)).toBe(expected);
  });

  it('share no name or alias', () => {
    const folded = names.map(([name]) => name.replaceAll('-', ''));
    expect(new Set(folded).size).toBe(folded.length);
  });

  it.each([
    'rolling_restart_deployment',
    'RestartDeployment',
    'ScaleReplicas',
    'RestartPod',
    'rollout_restart',
  ])('have the name %s of the sources', (name) => {
    expect(find(name)).toBeDefined();
  });

  it('that are unknown are refused with the nearest, not mapped to it', () => {
    expect(find('scale-deploymnet')).toBeUndefined();
    expect(refuse('scale-deploymnet')).toEqual([
      {
        where: 'input action',
        message: `"scale-deploymnet" is not an action; there are ${catalog.map(({ name }) => name).join(', ')}`,
        nearest: 'scale-deployment',
      },
    ]);
  });

  it.each([
    ['restart', 'rollout-restart'],
    ['logs', 'collect-logs'],
    ['drian-node', 'drain-node'],
    ['scaledeploymnet', 'scale-deployment'],
    ['scale-deploy', 'scale-deployment'],
    ['ScaleDeploy', 'scale-deployment'],
    ['restart-s', 'restart-statefulset'],
  ])('that are unknown are refused with what is most likely meant: %s, %s', (text, expected) => {
    expect(refuse(text)).toEqual([expect.objectContaining({ nearest: expected })]);
  });

  it.each(['scale-statefulset', 'delete-pod'])('are never suggested for another verb: %s', (text) => {
    expect(refuse(text)).toEqual([expect.not.objectContaining({ nearest: expect.anything() })]);
  });

  it.each(['notify_only', 'update', 'roll'])(
    'that are near to nothing, or to several, get no suggestion: %s',
    (text) => {
      expect(refuse(text)).toEqual([expect.not.objectContaining({ nearest: expect.anything() })]);
    },
  );
});

describe('the nearest name', () => {
  it.each([
    ['namspace', 'namespace'],
    ['plan_hash', 'plan-hash'],
    ['KubeConfig', 'kubeconfig'],
    ['tragets', 'target'],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, ['namespace', 'plan-hash', 'kubeconfig', 'target', 'timeout'])).toBe(expected);
  });

  it('is none where nothing is near', () => {
    expect(nearest('colour', ['namespace', 'plan-hash', 'mode'])).toBeUndefined();
  });

  it('is where none is near the only one that has the word', () => {
    expect(nearestOrFuller('tail', ['tail-lines', 'limit-bytes'])).toBe('tail-lines');
    expect(nearestOrFuller('file', ['spec-file', 'manifest-file'])).toBeUndefined();
    expect(nearestOrFuller('_', ['spec-file'])).toBeUndefined();
    expect(nearestOrFuller('targt', ['target', 'max-targt'])).toBe('target');
  });

  it('is found by a distance that is one', () => {
    const text = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(editDistance(a + c, b + c)).toBeLessThanOrEqual(editDistance(a, b));
      }),
    );
  });

  it('counts a swap of neighbours as one slip', () => {
    expect(editDistance('taget', 'atget')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });
});
