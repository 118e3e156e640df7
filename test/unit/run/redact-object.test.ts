import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactObject } from '../../../src/run/redact-object.ts';

const SECRET = 'pl4nted-value';

function podWith(container: object, metadata: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', uid: 'u-1', ...metadata },
    spec: { containers: [{ name: 'app', image: 'web:1', ...container }] },
  };
}

describe('an object for people', () => {
  it.each<[string, object]>([
    ['the value of an environment variable', { env: [{ name: 'GREETING', value: SECRET }] }],
    ['the option of a command line', { args: [`--db-password=${SECRET}`] }],
    ['the word after an option', { command: ['run', '--token', SECRET] }],
    ['an assignment in a command line', { args: ['env', `API_KEY=${SECRET}`] }],
    ['credentials in an address', { args: [`--url=postgres://shop:${SECRET}@db/shop`] }],
    ['credentials in a single text', { workingDir: `https://${SECRET}@host` }],
    [
      "a probe's header",
      { livenessProbe: { httpGet: { httpHeaders: [{ name: 'Authorization', value: SECRET }] } } },
    ],
    [
      'the address in a list of objects',
      { volumes: [{ csi: { attributes: { url: `smb://a:${SECRET}@b` } } }] },
    ],
  ])('does not hold %s', (_where, container) => {
    expect(JSON.stringify(redactObject(podWith(container)))).not.toContain(SECRET);
  });

  it.each<[string, object]>([
    [
      'the last applied manifest',
      { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': SECRET } },
    ],
    [
      "kapp's copy of the manifest",
      { annotations: { 'kapp.k14s.io/original': `{"env":[{"name":"A","value":"${SECRET}"}]}` } },
    ],
    ["kapp's difference to it", { annotations: { 'kapp.k14s.io/original-diff-full': `- value: ${SECRET}` } }],
    [
      'the copy of any tool that keeps JSON',
      { annotations: { 'example.com/applied': `{"env":[{"name":"A","value":"${SECRET}"}]}` } },
    ],
    ['an annotation named like a credential', { annotations: { 'example.com/auth-token': SECRET } }],
    ['managed fields', { managedFields: [{ manager: SECRET }] }],
  ])('does not hold %s', (_where, metadata) => {
    expect(JSON.stringify(redactObject(podWith({}, metadata)))).not.toContain(SECRET);
  });

  it('holds what is needed to understand it', () => {
    const container = {
      args: ['--replicas=3', '--verbose', 'serve'],
      env: [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
      ports: [{ name: 'http', containerPort: 80 }],
    };
    expect(redactObject(podWith(container, { labels: { app: 'web' } }))).toEqual(
      podWith(container, { labels: { app: 'web' } }),
    );
  });

  it('holds no value of any environment variable', () => {
    const variables = fc.array(fc.record({ name: fc.string(), value: fc.stringMatching(/^[b-y]{12}$/) }));
    fc.assert(
      fc.property(variables, (env) => {
        const text = JSON.stringify(redactObject(podWith({ env })));
        for (const { value } of env) expect(text).not.toContain(value);
      }),
    );
  });
});

describe('what else may be secret in it', () => {
  it.each<[string, object]>([
    ['the option in a line for a shell', { command: ['sh', '-c', `exec app --db-password ${SECRET}`] }],
    ['a header in a command line', { args: ['-H', `Authorization: Bearer ${SECRET}`] }],
    ['an address with an @ in its password', { args: [`amqp://shop:p@${SECRET}@mq`] }],
    ['an assignment in a list of variables', { env: [`PASSWORD=${SECRET}`] }],
  ])('is hidden: %s', (_where, container) => {
    expect(JSON.stringify(redactObject(podWith(container)))).not.toContain(SECRET);
  });
});
