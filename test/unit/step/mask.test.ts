import { afterEach, describe, expect, it, vi } from 'vitest';
import { openAccess } from '../../../src/cluster/credentials/open-access.ts';
import { openSecretReplacer } from '../../../src/run/secret-replacer.ts';
import { hiddenTexts, hideSecretsIn, maskedForms, maskSecrets } from '../../../src/step/mask.ts';
import { maskIn, readAsRunner } from '../../e2e/harness/runner-model.ts';
import { makeCertificate } from '../cluster/certificates.ts';

const KEY = [
  '-----BEGIN PRIVATE KEY-----',
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC',
  'Zm9v',
  '-----END PRIVATE KEY-----',
];

function printed(values: readonly string[]): string[] {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true).mockClear();
  maskSecrets(values);
  return write.mock.calls.map(([text]) => String(text).trimEnd());
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('masking', () => {
  it('hides a token and its base64', () => {
    vi.stubEnv('GITHUB_ACTIONS', 'true');
    const { masks } = readAsRunner(printed(['s3cret-token-value']));
    const base64 = Buffer.from('s3cret-token-value').toString('base64');
    expect(maskIn(`a s3cret-token-value b ${base64}`, masks)).toBe('a *** b ***');
  });

  it('hides the lines of a key but not its first and last, nor short ones', () => {
    const forms = maskedForms([KEY.join('\n')]);
    expect(forms).toContain(KEY[1]);
    expect(forms).not.toContain(KEY[0]);
    expect(forms).not.toContain('Zm9v');
    expect(forms).toContain(Buffer.from(KEY.join('\n')).toString('base64'));
  });

  it('hides a value as it was given and without the white space around it', () => {
    const value = ' first-line \r\nsecond-line\n';
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect([...maskedForms([value])].toSorted()).toEqual(
      [
        'first-line',
        'second-line',
        base64('first-line'),
        base64('second-line'),
        base64(value),
        base64(value.trim()),
      ].toSorted(),
    );
  });

  it('hides what base64 stands for', () => {
    expect(maskedForms([Buffer.from('hidden-in-base64').toString('base64')])).toContain('hidden-in-base64');
  });

  it('leaves common words alone', () => {
    expect([...maskedForms(['true', 'admin', '{', ''])]).toEqual([]);
  });

  it('hides a key of several lines in a file however it was printed there, wherever the chunks end', () => {
    const printed = [KEY.join('\n'), KEY.join('\r\n'), JSON.stringify(KEY.join('\n')), btoa(KEY.join('\n'))];
    const secrets = [...maskedForms([KEY.join('\n')])];
    for (const text of printed) {
      const replacer = openSecretReplacer(() => secrets);
      const bytes = [...Buffer.from(`before ${text} after`)].map((byte) =>
        replacer.push(Buffer.from([byte])),
      );
      const written = Buffer.concat([...bytes, replacer.end()]).toString();
      expect(written).toMatch(/^before .*\*\*\*.* after$/s);
      expect(written).not.toMatch(/MIIE|TUlJR/);
    }
  });

  it('tells the runner of a value once', () => {
    vi.stubEnv('GITHUB_ACTIONS', 'true');
    expect(printed(['s3cret-asked-for-twice'])).not.toEqual([]);
    expect(printed(['s3cret-asked-for-twice'])).toEqual([]);
  });

  it('prints nothing outside GitHub Actions', () => {
    vi.stubEnv('GITHUB_ACTIONS', '');
    expect(printed(['s3cret-token-value'])).toEqual([]);
  });

  it('takes what a kubeconfig holds out of outputs and files, in every form', async () => {
    vi.stubEnv('GITHUB_ACTIONS', '');
    const { key } = makeCertificate('me');
    const users = [
      { name: 'a', user: { token: 'token-of-the-kubeconfig' } },
      { name: 'b', user: { username: 'me', password: 'password-of-b', 'client-key-data': btoa(key) } },
    ];
    const kubeconfig = JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'a' } }],
      clusters: [{ name: 'c', cluster: { server: 'https://api.test:6443' } }],
      users,
    });
    await openAccess({ kind: 'kubeconfig', kubeconfig }, {}, (secret) => maskSecrets([secret]));
    const leaves = ['token-of-the-kubeconfig', 'password-of-b', 'me:password-of-b', key];
    const lines = key.split('\n').slice(1, -2);
    const forms = [...leaves, ...lines].flatMap((leaf) => [leaf, btoa(leaf)]);
    const shown = JSON.stringify(hideSecretsIn({ message: forms.join(' ') }));
    for (const form of [...forms.filter((one) => one !== key), ...lines]) expect(shown).not.toContain(form);
  });

  it('knows what to take out of files, in every form, also outside GitHub Actions', () => {
    vi.stubEnv('GITHUB_ACTIONS', '');
    printed(['s3cret-for-files']);
    expect(hiddenTexts()).toContain('s3cret-for-files');
    expect(hiddenTexts()).toContain(Buffer.from('s3cret-for-files').toString('base64'));
  });
});
