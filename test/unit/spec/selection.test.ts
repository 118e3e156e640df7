import { describe, expect, it } from 'vitest';
import { sayTarget } from '../../../src/spec/request.ts';
import { accept, onlyExecution, refuse } from './reading.ts';

const LOGS = { action: 'collect-logs', selector: 'app=web' };

function v1(resource: object): string {
  return JSON.stringify({
    apiVersion: 'executor.kubernaut.io/v1',
    kind: 'KubernetesExecution',
    spec: { actionDefinition: { actionType: 'collect_logs', targetResource: resource } },
  });
}

function v1alpha1(target: object, type = 'collect-logs'): string {
  return JSON.stringify({
    apiVersion: 'kubernetesexecution.kubernaut.io/v1alpha1',
    kind: 'KubernetesExecution',
    spec: { action: { type, target } },
  });
}

describe('a selector as input', () => {
  it('takes the place of a target, ten objects at most', () => {
    const execution = onlyExecution(accept(LOGS));
    expect(execution).toMatchObject({ name: '', selection: { labels: 'app=web', maxTargets: 10 } });
    expect(sayTarget(execution)).toBe('pods with app=web');
  });

  it('takes as many as max-targets says', () => {
    expect(onlyExecution(accept({ ...LOGS, 'max-targets': '25' })).selection?.maxTargets).toBe(25);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'that is none',
      { ...LOGS, selector: 'app web' },
      'input selector: "app web" is not a label selector such as "app=web", "app=web,tier in (a,b)" or "app=web,!canary".',
    ],
    [
      'beside a target',
      { ...LOGS, target: 'pod/web' },
      'input selector: and target are both given; give one of them.',
    ],
    [
      'of an action that takes one object',
      { action: 'rollout-restart', selector: 'app=web' },
      'input selector: rollout-restart takes one object and no selector; name it as the target.',
    ],
    [
      'of nothing at all',
      { ...LOGS, 'max-targets': '0' },
      'input max-targets: "0" is not a whole number from 1 to 1000.',
    ],
    [
      'that is not there, but bounded',
      { action: 'collect-logs', target: 'pod/web', 'max-targets': '3' },
      'input max-targets: bounds a selector, but a target is named.',
    ],
    [
      'that a spec raises by itself',
      { ...LOGS, parameters: 'maxTargets: 50' },
      'input parameters line 1, maxTargets: 50 is refused: only the workflow may set this: use the input "max-targets".',
    ],
  ])('%s is refused', (_what, inputs, expected) => {
    expect(refuse(inputs)).toEqual([expected]);
  });

  it('is not the only thing to choose by', () => {
    expect(refuse({ ...LOGS, parameters: 'tail: 10' }).join()).toContain('Did you mean "tail-lines"?');
  });

  it('is missed where nothing says what is meant', () => {
    expect(refuse({ action: 'collect-logs' })).toEqual([
      'input target: is not given; expected an object such as deployment/web.',
    ]);
  });
});

describe('labels in a manifest of v1', () => {
  it('select where there is no name', () => {
    const spec = v1({ kind: 'Deployment', namespace: 'shop', labels: { tier: 'front', app: 'web' } });
    expect(onlyExecution(accept({ spec, 'max-targets': '2' }))).toMatchObject({
      kind: { kind: 'Deployment' },
      namespace: 'shop',
      selection: { labels: 'app=web,tier=front', maxTargets: 2 },
    });
  });

  it('have no effect beside a name', () => {
    const spec = v1({ kind: 'Pod', name: 'web-1', labels: { app: 'web' } });
    const execution = onlyExecution(accept({ spec }));
    expect(execution.name).toBe('web-1');
    expect(execution).not.toHaveProperty('selection');
  });

  it.each([{}, { labels: {} }])('must be there where there is no name: %o', (more) => {
    expect(refuse({ spec: v1({ kind: 'Pod', ...more }) }).join()).toContain(
      'names no target; expected name, or labels',
    );
  });
});

describe('labels in a manifest of v1 that no object can have', () => {
  it.each([
    ['app', 'web,tier', 'spec.actionDefinition.targetResource.labels.app: no label can have such a value'],
    ['app', 'web,!canary', 'no label can have such a value'],
    ['app=web,tier', 'front', 'no label can have such a key'],
  ])('are refused: %s=%s', (key, value, message) => {
    const problems = refuse({ spec: v1({ kind: 'Pod', labels: { [key]: value } }) });
    expect(problems).toEqual([expect.stringContaining(message)]);
  });
});

describe('a selector in a manifest of v1alpha1', () => {
  it('takes the place of the name', () => {
    const spec = v1alpha1({ namespace: 'shop', selector: 'app in (web,api)' });
    expect(onlyExecution(accept({ spec })).selection?.labels).toBe('app in (web,api)');
  });

  it.each([{}, { resourceName: 'web', selector: 'app=web' }])('is one of the two: %o', (target) => {
    expect(refuse({ spec: v1alpha1(target) }).join()).toContain('one of resourceName and selector');
  });

  it('is refused by an action that takes one object', () => {
    const spec = v1alpha1({ selector: 'app=web' }, 'rollout-restart');
    expect(refuse({ spec }).join()).toContain('rollout-restart takes one object and no selector');
  });
});
