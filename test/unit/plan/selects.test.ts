import { describe, expect, it } from 'vitest';
import { selects } from '../../../src/plan/labels.ts';

const labels = { app: 'web', tier: 'front' };

function expression(key: string, operator: string, ...values: string[]) {
  return { matchExpressions: [{ key, operator, ...(values.length === 0 ? {} : { values }) }] };
}

describe('selects', () => {
  it.each([
    ['nothing', undefined, false],
    ['null', null, false],
    ['an empty selector', {}, true],
    ['an equal label', { matchLabels: { app: 'web' } }, true],
    ['two equal labels', { matchLabels: labels }, true],
    ['one of two equal labels', { matchLabels: { app: 'web', tier: 'back' } }, false],
    ['a label that is not there', { matchLabels: { team: 'shop' } }, false],
    ['In', expression('app', 'In', 'api', 'web'), true],
    ['In without the value', expression('app', 'In', 'api'), false],
    ['In without the label', expression('team', 'In', 'shop'), false],
    ['NotIn', expression('app', 'NotIn', 'api'), true],
    ['NotIn with the value', expression('app', 'NotIn', 'web'), false],
    ['NotIn without the label', expression('team', 'NotIn', 'shop'), true],
    ['Exists', expression('app', 'Exists'), true],
    ['Exists without the label', expression('team', 'Exists'), false],
    ['DoesNotExist', expression('team', 'DoesNotExist'), true],
    ['DoesNotExist with the label', expression('app', 'DoesNotExist'), false],
    ['both forms at odds', { matchLabels: { app: 'web' }, ...expression('tier', 'In', 'back') }, false],
  ])('%s', (_name, selector, taken) => {
    expect(selects(selector, labels)).toBe(taken);
  });
});
