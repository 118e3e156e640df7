import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBareWord, redactText, redactWord, redactWords } from '../../../src/plan/redact-words.ts';

const MARK = 'hunter2hunter2';

describe('a text', () => {
  it.each([
    [`postgres://shop:${MARK}@db/shop`, 'postgres://<<redacted>>@db/shop'],
    [`amqp://a:${MARK}@mq-1,b:${MARK}@mq-2/x`, 'amqp://<<redacted>>@mq-2/x'],
    [`https://u:p@${MARK}@db`, 'https://<<redacted>>@db'],
    [`https://api.test/?user=a&token=${MARK}`, 'https://api.test/?user=a&token=<<redacted>>'],
    [`Authorization: Bearer ${MARK}`, 'Authorization: <<redacted>>'],
    [`authorization: Basic ${MARK}`, 'authorization: <<redacted>>'],
    [`Bearer ${MARK}`, 'Bearer <<redacted>>'],
    [`exec app --db-password=${MARK} --replicas=3`, 'exec app --db-password=<<redacted>> --replicas=3'],
    [`exec app --db-password ${MARK} --verbose`, 'exec app --db-password <<redacted>> --verbose'],
    [`PASSWORD="a ${MARK}" app`, 'PASSWORD=<<redacted>> app'],
    [`{"apiKey":"${MARK}","port":80}`, '{"apiKey":<<redacted>>,"port":80}'],
    [`host: db\npassword: ${MARK}\nport: 80`, 'host: db\npassword: <<redacted>>\nport: 80'],
  ])('%s is shown as %s', (text, shown) => {
    expect(redactText(text)).toBe(shown);
  });

  it.each([
    'web:1',
    'registry.test/web@sha256:0123456789abcdef',
    '--db-password-file=/etc/db/password',
    'secret:\n  secretName: db',
    'system:serviceaccount:shop:token-reader',
    'https://web.shop.svc:8443/ready?full=1',
    'the bearer of this',
  ])('%s is shown as it is', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('leaks no credential, whatever other words stand around it', () => {
    const credential = fc.constantFrom(
      `--db-password=${MARK}`,
      `--api-key ${MARK}`,
      `TOKEN='${MARK} x'`,
      `"secret": "x\\"${MARK}"`,
      `Authorization: Bearer ${MARK}`,
      `https://u:${MARK}@db/x`,
    );
    const others = fc.array(fc.stringMatching(/^[a-z0-9:/@.,{}-]{0,12}$/), { maxLength: 4 });
    fc.assert(
      fc.property(others, credential, others, (before, secret, after) => {
        expect(redactText([...before, secret, ...after].join(' '))).not.toContain(MARK);
      }),
    );
  });
});

describe('a command line', () => {
  it('hides the word after an option that is named like a credential', () => {
    expect(redactWords(['run', '--token', MARK, '--port', '80'])).toEqual([
      'run',
      '--token',
      '<<redacted>>',
      '--port',
      '80',
    ]);
  });

  it('takes what is assigned in a word as one value, whatever is in it', () => {
    expect(redactWord(`--db-password=a ${MARK}`)).toBe('--db-password=<<redacted>>');
    expect(redactWord(`--motto=a ${MARK}`)).toBe(`--motto=a ${MARK}`);
  });

  it.each([
    ['--token', false],
    ['--replicas=3', false],
    ['MODE=fast', false],
    ['3600', true],
    ['c2VjcmV0Cg==', true],
    ['-hunter2', true],
  ])('has %s as a word that may be the value of another: %s', (word, isBare) => {
    expect(isBareWord(word)).toBe(isBare);
  });
});
