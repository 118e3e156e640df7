import { describe, expect, it } from 'vitest';
import { accept, onlyExecution, refuse } from './reading.ts';

const UPDATE = { action: 'update-secret', target: 'secret/db', namespace: 'shop' };
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('secret-values', () => {
  it.each([
    ['JSON', '{"password": "a\\"b\\n: #c", "user": "x"}', { password: 'a"b\n: #c', user: 'x' }],
    ['YAML', 'password: plain\nuser: "1"\n', { password: 'plain', user: '1' }],
    ['a block', 'key: |\n  -----BEGIN-----\n  abc\n', { key: '-----BEGIN-----\nabc\n' }],
  ])('are taken as %s, exactly as they are', (_form, text, expected) => {
    const { values } = onlyExecution(accept({ ...UPDATE, 'secret-values': text }));
    const named = Object.entries(expected).map(([key, value]) => [`after/${key}`, base64(value)]);
    expect(values).toEqual(Object.fromEntries(named));
  });

  it.each([
    ['{"password": ""}', 'password: is empty: a secret that is not there'],
    ['password:', 'password: is empty'],
    ['password: 1', 'password: is no text: put it in quotes'],
    ['{"a/b": "secret-text"}', 'is no key'],
    ['secret-text', 'a YAML map'],
    ['password: "secret-text\n x: &secret-text', 'is not a YAML map from key to text'],
    ['password: *secret-text', 'is not a YAML map from key to text'],
  ])('are refused as %j, and nothing of them is repeated', (text, said) => {
    const problems = refuse({ ...UPDATE, 'secret-values': text }).join('\n');
    expect(problems).toContain(said);
    expect(problems).not.toContain('secret-text');
  });

  it('are needed, unless keys are only removed', () => {
    expect(refuse(UPDATE).join()).toMatch(/input secret-values: is not given.*see "Forks" in the README/);
    expect(refuse({ ...UPDATE, parameters: 'remove: [old]' })).toEqual([]);
  });

  it('and what is removed are different keys', () => {
    const both = { ...UPDATE, parameters: 'remove: [a]', 'secret-values': '{"a": "b"}' };
    expect(refuse(both).join()).toContain('is also named in the parameter remove');
  });

  it.each([
    [
      'another action',
      { action: 'scale-deployment', target: 'web', parameters: 'replicas: 1' },
      'takes no values',
    ],
    ['a rollback', { ...UPDATE, mode: 'rollback', 'execution-id': 'x' }, 'an undo puts back'],
  ])('are not for %s', (_what, inputs, said) => {
    expect(refuse({ ...inputs, 'secret-values': '{"a": "b"}' }).join('\n')).toContain(said);
  });

  it('go to one document alone', () => {
    const one = `apiVersion: kubernetesexecution.kubernaut.io/v1alpha1
kind: KubernetesExecution
spec: { action: { type: update-secret, target: { resourceName: db } } }
`;
    const problems = refuse({ spec: `${one}---\n${one}`, 'secret-values': '{"a": "b"}' }).join('\n');
    expect(problems).toContain('several documents take it');
  });

  it('never stand in a spec or in parameters, and what stands there is not repeated', () => {
    const inSpec = `apiVersion: kubernetesexecution.kubernaut.io/v1alpha1
kind: KubernetesExecution
spec: { action: update_secret, parameters: { updateSecret: { secret: db, namespace: shop, data: { a: secret-text } } } }
`;
    for (const problems of [
      refuse({ spec: inSpec }),
      refuse({ ...UPDATE, parameters: 'data: { a: secret-text }' }),
    ]) {
      expect(problems.join('\n')).toContain('Give the values in the input secret-values, which is masked');
      expect(problems.join('\n')).not.toContain('secret-text');
    }
  });
});
