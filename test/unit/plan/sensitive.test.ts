import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, showChange } from '../../../src/plan/sensitive.ts';
import { renderPlan } from '../../../src/run/plan-document.ts';
import { scalePlan } from '../step/scaled-record.ts';

const secret = { group: '', version: 'v1', resource: 'secrets', namespace: 'shop', name: 'db' };
const deployment = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'shop', name: 'web' };
const MARK = 'hunter2hunter2';

describe('a change that may not be shown', () => {
  it.each([
    [secret, '/data/password'],
    [secret, '/data'],
    [secret, ''],
    [secret, '/stringData/x'],
    [secret, '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration'],
    [deployment, '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration'],
    [deployment, '/metadata/annotations/kapp.k14s.io~1original'],
    [deployment, '/metadata/annotations/objectset.rio.cattle.io~1applied'],
    [deployment, '/spec/template/spec/containers/0/env/1/value'],
    [deployment, '/spec/template/spec/containers/0/env'],
    [deployment, '/spec/dbPassword'],
    [deployment, '/spec/api_key'],
  ])('of %j at %s is only whether it changed', (of, pointer) => {
    expect(showChange(of, { pointer, before: MARK, after: `${MARK}!` })).toEqual({
      pointer,
      after: 'changed',
    });
    expect(showChange(of, { pointer, before: MARK, after: MARK })).toEqual({ pointer, after: 'same' });
  });

  it.each([
    ['/spec/replicas', 2, 3],
    ['/spec/template/spec/volumes/0/secret/secretName', 'a', 'b'],
    ['/spec/template/spec/automountServiceAccountToken', true, false],
    ['/spec/template/spec/containers/0/image', 'web:1', 'web:2'],
  ])('leaves %s alone', (pointer, before, after) => {
    expect(showChange(deployment, { pointer, before, after })).toEqual({ pointer, before, after });
  });

  it('of JSON in a text is its redacted form, or only that it changed', () => {
    const copy = (image: string, value: string) => JSON.stringify({ image, env: [{ name: 'A', value }] });
    const pointer = '/metadata/annotations/example.com~1applied';
    const change = { pointer, before: copy('web:1', MARK), after: copy('web:2', MARK) };
    expect(showChange(deployment, change)).toEqual({
      pointer,
      before: copy('web:1', '<<redacted>>'),
      after: copy('web:2', '<<redacted>>'),
    });
    const ofValue = { pointer, before: copy('web:1', MARK), after: copy('web:1', `${MARK}2`) };
    expect(showChange(deployment, ofValue)).toEqual({ pointer, after: 'changed' });
  });

  it('keeps apart what was not there', () => {
    expect(showChange(deployment, { pointer: '/spec/paused', after: true })).toEqual({
      pointer: '/spec/paused',
      after: true,
    });
  });
});

describe('redaction', () => {
  it("leaks nothing that stands under a credential's name, however deep", () => {
    const name = fc.constantFrom('password', 'dbPassword', 'token', 'client_secret', 'apiKey', 'private-key');
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        name.map((key) => ({ [key]: MARK })),
        fc.record({ env: fc.constant([{ name: 'X', value: MARK }]) }),
        tie('tree').map((held) => JSON.stringify({ held })),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(JSON.stringify(redact(value))).not.toContain(MARK);
      }),
    );
  });

  it('changes nothing else', () => {
    const value = { replicas: 3, image: 'web:2', secretName: 'db', list: [1, null, true] };
    expect(redact(value)).toEqual(value);
    const texts = [JSON.stringify(value, undefined, 2), '{not: json', '[section]\nkey=1'];
    expect(texts.map(redact)).toEqual(texts);
  });

  it('shows nothing of JSON that is too deep to be read', () => {
    expect(redact('['.repeat(100_000) + ']'.repeat(100_000))).toBe('<<redacted>>');
  });
});

describe('plan.json', () => {
  it('is the plan as it is where nothing in it is sensitive', () => {
    expect(renderPlan(scalePlan, 'sha256:x')).toEqual({ planHash: 'sha256:x', plan: scalePlan });
  });

  it('shows no sensitive value of a patch', () => {
    const [request] = scalePlan.requests;
    if (request === undefined) throw new Error('the sample has a request');
    const pointer = '/spec/template/spec/containers/0/env/0/value';
    const patched = {
      ...request,
      body: [
        { op: 'test', path: pointer, value: MARK },
        { op: 'replace', path: pointer, value: `${MARK}2` },
        { op: 'remove', path: '/spec/paused' },
      ],
      effect: {
        kind: 'fields' as const,
        object: deployment,
        fields: [{ pointer, before: MARK, after: `${MARK}2` }],
      },
    };
    const shown = JSON.stringify(renderPlan({ ...scalePlan, requests: [patched] }, undefined));
    expect(shown).not.toContain(MARK);
    expect(shown).toContain('{"op":"remove","path":"/spec/paused"}');
  });

  it('shows no sensitive value of what is to be verified', () => {
    const template = (value: string) => ({ spec: { containers: [{ env: [{ name: 'A', value }] }] } });
    const fields = [{ pointer: '/spec/template', before: template(MARK), after: template(`${MARK}2`) }];
    const checks = [{ kind: 'fields-equal' as const, object: deployment, fields }];
    const undo = { kind: 'requests' as const, requests: [], checks };
    const shown = JSON.stringify(renderPlan({ ...scalePlan, checks, undo }, undefined));
    expect(shown).not.toContain(MARK);
    expect(shown).toContain('/spec/template');
  });
});

describe('a change of a command line or a header', () => {
  const CONTAINER = '/spec/template/spec/containers/0';

  it.each([
    [`${CONTAINER}/args/1`, `--db-password=${MARK}`, `--db-password=${MARK}2`],
    [`${CONTAINER}/args/0`, `--url=postgres://u:${MARK}@db/x`, `--url=postgres://u:${MARK}2@db/x`],
    [`${CONTAINER}/command/2`, MARK, `${MARK}2`],
    [`${CONTAINER}/args/-`, undefined, MARK],
    [`${CONTAINER}/args`, ['--token', MARK], ['--token', `${MARK}2`]],
    [`${CONTAINER}/livenessProbe/httpGet/httpHeaders/0/value`, MARK, `${MARK}2`],
    [
      `${CONTAINER}/livenessProbe/httpGet/httpHeaders`,
      [{ name: 'Authorization', value: `Bearer ${MARK}` }],
      [{ name: 'Authorization', value: `Bearer ${MARK}2` }],
    ],
  ])('at %s is only that it changed', (pointer, before, after) => {
    expect(showChange(deployment, { pointer, before, after })).toEqual({ pointer, after: 'changed' });
  });

  it.each([
    [`${CONTAINER}/args/1`, '--replicas=2', '--replicas=3'],
    [`${CONTAINER}/command/0`, 'serve', 'run'],
    [`${CONTAINER}/command`, ['sleep', '60'], ['sleep', '90']],
  ])('at %s is shown where nothing in it is named like a credential', (pointer, before, after) => {
    expect(showChange(deployment, { pointer, before, after })).toEqual({ pointer, before, after });
  });

  it('hides the credential alone where more than it is different', () => {
    const pointer = `${CONTAINER}/args`;
    const before = ['--mode=slow', `--db-password=${MARK}`];
    const after = ['--mode=fast', `--db-password=${MARK}`];
    expect(showChange(deployment, { pointer, before, after })).toEqual({
      pointer,
      before: ['--mode=slow', '--db-password=<<redacted>>'],
      after: ['--mode=fast', '--db-password=<<redacted>>'],
    });
  });

  it('is hidden in a patch too, to the end of the word', () => {
    const [request] = scalePlan.requests;
    if (request === undefined) throw new Error('the sample has a request');
    const body = [
      { op: 'test', path: `${CONTAINER}/args/0`, value: `--db-password=a ${MARK}` },
      { op: 'add', path: `${CONTAINER}/args/2`, value: MARK },
    ];
    const shown = JSON.stringify(renderPlan({ ...scalePlan, requests: [{ ...request, body }] }, undefined));
    expect(shown).not.toContain(MARK);
    expect(shown).toContain('--db-password=<<redacted>>');
  });
});

describe('the redaction of texts', () => {
  it.each([
    { args: [`--db-password=${MARK}`, '--port=80'] },
    { command: ['run', '--token', MARK] },
    { command: ['sh', '-c', `run --token ${MARK}`] },
    { args: [`--url=postgres://u:${MARK}@db/x`] },
    { httpGet: { httpHeaders: [{ name: 'Authorization', value: `Bearer ${MARK}` }] } },
    { exec: { command: ['curl', '-H', `Authorization: Bearer ${MARK}`] } },
    { env: [`PASSWORD=${MARK}`] },
    `postgres://u:${MARK}@db/x`,
  ])('leaves no credential in %j', (value) => {
    expect(JSON.stringify(redact(value))).not.toContain(MARK);
  });
});
