import { describe, expect, it } from 'vitest';
import { isLabelSelector } from '../../../src/spec/label-selector.ts';

describe('a label selector', () => {
  it.each([
    'app=web',
    'app==web',
    'app!=web',
    'app=',
    'app',
    '!canary',
    'app.kubernetes.io/name=web, tier in (a, b),!canary',
    'tier notin (a)',
    'app=web,tier in (a,b),env=prod',
  ])('is %s', (text) => {
    expect(isLabelSelector(text)).toBe(true);
  });

  it.each([
    '',
    ' ',
    ',',
    'app=web,',
    'app=we b',
    '=web',
    'app in a,b',
    'tier in (a',
    'tier in (a,b',
    'app>3',
    'a/b/c=d',
    'app=web&limit=1',
    `app=${'x'.repeat(64)}`,
    Array.from({ length: 1000 }, (_, index) => `label-${index}=x`).join(','),
  ])('is not %s', (text) => {
    expect(isLabelSelector(text)).toBe(false);
  });
});
