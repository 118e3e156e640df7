import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readInputs } from '../../../src/step/inputs.ts';
import { acceptWith, environmentOf, refuseWith } from './reading.ts';

const ASKED = { action: 'scale-deployment', target: 'web', parameters: 'replicas: 3' };
const SERVER = 'https://cluster.example.com:6443';

function read(inputs: Readonly<Record<string, string>>): ReturnType<typeof readInputs> {
  return readInputs(environmentOf({ ...ASKED, ...inputs }), tmpdir());
}

describe('credentials', () => {
  it.each([
    [{ kubeconfig: 'text' }, { kind: 'kubeconfig', kubeconfig: 'text' }],
    [
      { kubeconfig: 'text', context: 'prod' },
      { kind: 'kubeconfig', kubeconfig: 'text', context: 'prod' },
    ],
    [
      { server: SERVER, 'cluster-token': 'abc\n' },
      { kind: 'token', server: SERVER, token: 'abc' },
    ],
    [
      { server: SERVER, 'cluster-token': 'abc', 'certificate-authority': 'pem' },
      { kind: 'token', server: SERVER, token: 'abc', certificateAuthority: 'pem' },
    ],
    [
      { server: SERVER, 'oidc-audience': 'me' },
      { kind: 'oidc', server: SERVER, audience: 'me' },
    ],
    [
      { credentials: 'environment', context: 'kind' },
      { kind: 'environment', context: 'kind' },
    ],
    [{ credentials: 'in-cluster', kubeconfig: '' }, { kind: 'in-cluster' }],
  ])('follow from %j', (inputs, credentials) => {
    expect(read(inputs)).toMatchObject({ credentials });
  });

  it.each([
    [{}],
    [{ kubeconfig: '' }],
    [{ kubeconfig: '', context: 'prod' }],
    [{ server: SERVER, 'cluster-token': '' }],
    [{ credentials: 'kubeconfig', kubeconfig: '' }],
    [{ credentials: 'token', server: SERVER }],
    [{ credentials: 'oidc', server: SERVER }],
  ])('that are missing are said to be, with the sentence about forks: %j', (inputs) => {
    expect(read(inputs)).toEqual({
      reasonCode: 'credentials-missing',
      problems: [
        {
          where: 'input credentials',
          message: expect.stringMatching(
            /empty\. Does the secret exist, under this name, in this repository or in the job's environment\? On pull requests from forks and on Dependabot runs secrets are empty/,
          ),
        },
      ],
    });
  });

  it('are never taken from the machine unless named', () => {
    const ambient = { KUBECONFIG: '/root/.kube/config', KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    expect(readInputs({ ...environmentOf(ASKED), ...ambient }, tmpdir())).toMatchObject({
      reasonCode: 'credentials-missing',
    });
  });

  it('that are missing beside other problems are one of them', () => {
    expect(read({ timeout: 'soon' })).toMatchObject({
      reasonCode: 'input-invalid',
      problems: [{ where: 'input timeout' }, { where: 'input credentials' }],
    });
  });

  it.each([
    [{ server: '', 'oidc-audience': 'me' }, 'oidc-audience'],
    [{ 'cluster-token': 'abc' }, 'cluster-token'],
  ])('for no server say so, and nothing of forks: %j', (inputs, needing) => {
    expect(read(inputs)).toEqual({
      reasonCode: 'credentials-missing',
      problems: [
        {
          where: 'input server',
          message: `is not given; ${needing} needs the API server's address`,
        },
      ],
    });
  });

  it.each([{ 'secret-values': '' }, { 'secret-values': '{"password": ""}' }])(
    'that are missing are what counts where all else is empty secrets too: %j',
    (inputs) => {
      const update = { action: 'update-secret', target: 'db', parameters: '' };
      const all = [{ where: expect.stringContaining('secret-values') }, { where: 'input credentials' }];
      expect(read({ ...update, ...inputs })).toMatchObject({
        reasonCode: 'credentials-missing',
        problems: all,
      });
      expect(read({ ...update, ...inputs, timeout: 'soon' })).toMatchObject({ reasonCode: 'input-invalid' });
      expect(read({ ...update, ...inputs, kubeconfig: 'x' })).toMatchObject({ reasonCode: 'input-invalid' });
    },
  );

  it('are not needed to simulate', () => {
    expect(acceptWith({})).not.toHaveProperty('credentials');
    expect(acceptWith({ kubeconfig: 'text' })).not.toHaveProperty('credentials');
  });

  it.each([
    [
      { kubeconfig: 'a', 'cluster-token': 'b' },
      'kubeconfig and cluster-token are two kinds of credentials at once',
    ],
    [
      { server: SERVER, 'cluster-token': 'b', 'oidc-audience': 'c' },
      'cluster-token and oidc-audience are two kinds',
    ],
    [{ kubeconfig: 'a', server: SERVER }, 'input server: does not go with credentials of kind kubeconfig'],
    [
      { credentials: 'in-cluster', kubeconfig: 'a' },
      'input kubeconfig: does not go with credentials of kind in-cluster',
    ],
    [
      { server: SERVER, 'cluster-token': 'b', context: 'x' },
      'input context: does not go with credentials of kind token',
    ],
    [{ credentials: 'kubconfig', kubeconfig: 'a' }, 'Did you mean "kubeconfig"?'],
    [
      { server: 'http://example.com', 'cluster-token': 'b' },
      'input server: is not an address such as https://',
    ],
    [{ server: 'https://me:secret@example.com', 'cluster-token': 'b' }, 'input server: is not an address'],
  ])('of several kinds or none are refused: %j', (inputs, expected) => {
    expect(refuseWith(inputs).join('\n')).toContain(expected);
  });

  it('appear in no problem', () => {
    const secret = fc.uuid();
    const secretInput = fc.constantFrom(
      'kubeconfig',
      'cluster-token',
      'certificate-authority',
      'github-token',
      'server',
    );
    const others = fc.dictionary(
      fc.constantFrom('timeout', 'mode', 'spec', 'credentials', 'oidc-audience'),
      fc.string(),
    );
    fc.assert(
      fc.property(secret, fc.uniqueArray(secretInput), others, (value, names, rest) => {
        const secrets = Object.fromEntries(names.map((name) => [name, value]));
        expect(JSON.stringify(read({ ...rest, ...secrets, targt: 'x' }))).not.toContain(value);
      }),
    );
  });
});
