import { describe, expect, it } from 'vitest';
import { refuse, refuseWith } from './reading.ts';

const UNDONE = 'scale-deployment-0123456789';

describe('inputs of a rollback are refused', () => {
  it.each([
    [
      {},
      'input action: is not given; mode: rollback needs the same action, target and namespace as the run.',
    ],
    [
      { action: 'scale-deployment' },
      'input target: is not given; mode: rollback needs the same action, target and namespace as the run.',
    ],
  ])('that do not say what is undone: %j', (inputs, expected) => {
    const undo = { mode: 'rollback', 'execution-id': UNDONE, credentials: 'in-cluster' };
    expect(refuse({ ...undo, ...inputs })).toEqual([expected]);
  });

  it.each([
    ['12345678', 'is not the output execution-id of a run: the name of its action, "-" and 10 hex digits.'],
    [
      'restart-pod-0123456789',
      'is of restart-pod, but scale-deployment is asked for; give the action, target and namespace of the run to undo.',
    ],
  ])('with the id of something else to undo: %s', (id, expected) => {
    const undo = { mode: 'rollback', 'execution-id': id, credentials: 'in-cluster' };
    expect(refuseWith(undo)).toEqual([`input execution-id: "${id}" ${expected}`]);
  });
});

describe('times are refused', () => {
  it.each([
    [
      { 'verify-timeout': '10m' },
      'input run-timeout: "10m" is too short; verify-timeout 10m needs a run-timeout above 10m.',
    ],
    [
      { soak: '5m' },
      'input soak: "5m" must be over within the verification, which has 5m; give a verify-timeout above 5m, or a shorter soak.',
    ],
    [
      { soak: '9m50s', 'verify-timeout': '2m' },
      'input soak: "9m50s" must be over within the verification, which has 2m; give a verify-timeout above 9m50s, or a shorter soak.',
    ],
    [
      { soak: '10m' },
      'input soak: "10m" must be over within the verification, which has 5m; give a verify-timeout and a run-timeout above 10m, or a shorter soak.',
    ],
    [
      { 'schedule-timeout': '20m' },
      'input schedule-timeout: "20m" is longer than timeout 15m, which has to hold all; give a timeout above 20m.',
    ],
    [
      { 'on-locked': 'wait', 'lock-timeout': '30m' },
      'input lock-timeout: "30m" is part of run-timeout 10m; give a run-timeout above 30m.',
    ],
    [{ 'lock-timeout': '1m' }, 'input lock-timeout: is for on-locked: wait alone, but on-locked is fail.'],
  ])('with times that contradict each other: %j', (inputs, expected) => {
    expect(refuseWith(inputs)).toEqual([expected]);
  });

  it('with a time that is none alone, not with what would follow from it', () => {
    expect(refuseWith({ 'run-timeout': 'soon', soak: '30s' })).toHaveLength(1);
    expect(refuseWith({ timeout: '48h', 'schedule-timeout': '3m' })).toHaveLength(1);
  });
});

describe('parameters are refused with what was most likely meant', () => {
  it('a path in place of a manifest', () => {
    const apply = { action: 'apply-manifest', credentials: 'in-cluster' };
    for (const path of ['deploy/web.yaml', 'web.yml', './web']) {
      expect(refuse({ ...apply, parameters: `manifest: ${path}` })).toEqual([
        `input parameters line 1, manifest: "${path}" looks like a path: give it in the input manifest-file, in place of this parameter.`,
      ]);
    }
    const minified = '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"Web"}}';
    expect(refuse({ ...apply, parameters: JSON.stringify({ manifest: minified }) }).join('\n')).not.toContain(
      'looks like a path',
    );
  });

  it('an image that is none, with the reason, and one as kubectl takes it', () => {
    const update = { action: 'update-image', target: 'deployment/web', credentials: 'in-cluster' };
    expect(refuse({ ...update, parameters: 'image: NGINX:1.27' })).toEqual([
      `input parameters line 1, image: "NGINX:1.27" is not an image's name: the name before the tag must be in lower case.`,
    ]);
    expect(refuse({ ...update, parameters: 'images: { web: nginx 2 }' })).toEqual([
      expect.stringContaining(`"nginx 2" is not an image's name; expected registry/name:tag@digest`),
    ]);
    expect(refuse({ ...update, parameters: 'web: nginx:1.27' }).join('\n')).toContain(
      'Did you mean "images: {web: nginx:1.27}"?',
    );
  });
});
