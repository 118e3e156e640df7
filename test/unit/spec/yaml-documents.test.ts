import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../src/spec/problems.ts';
import { readYamlDocuments, type YamlDialect, type YamlDocument } from '../../../src/spec/yaml-documents.ts';

function read(
  text: string,
  dialect?: YamlDialect,
): { readonly documents: YamlDocument[]; readonly problems: Problem[] } {
  const problems: Problem[] = [];
  const documents = readYamlDocuments(text, 'spec', (problem) => problems.push(problem), dialect);
  return { documents, problems };
}

const levels = Array.from({ length: 9 }, (_, level) => level + 1);
const LAUGHS = `a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]
${levels.map((level) => `a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`).join('\n')}
`;

describe('YAML documents', () => {
  it('are read in order, without the empty ones, each with its lines', () => {
    const { documents, problems } = read('---\n---\na: 1\n---\n# comment\nb:\n  - c: x\n  - c: y\n...\n');
    expect(problems).toEqual([]);
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: [{ c: 'x' }, { c: 'y' }] }]);
    expect(documents[0]?.locate(['a'])).toBe('spec line 3, a');
    expect(documents[1]?.locate(['b', 1, 'c'])).toBe('spec line 8, b[1].c');
  });

  it('locate what is missing at what would hold it', () => {
    expect(read('a:\n  b: 1\n').documents[0]?.locate(['a', 'c'])).toBe('spec line 1, a.c');
  });

  it('may be JSON, tabs and byte order mark included', () => {
    const { documents, problems } = read('\uFEFF{\n\t"a": {"b": [1,\n\t\t2]}\n}');
    expect(problems).toEqual([]);
    expect(documents[0]?.value).toEqual({ a: { b: [1, 2] } });
    expect(documents[0]?.locate(['a', 'b', 1])).toBe('spec line 3, a.b[1]');
  });

  it('follow YAML 1.2: yes and on are text, whatever the document says of itself', () => {
    expect(read('%YAML 1.1\n---\na: yes\nb: on\nc: true\n').documents[0]?.value).toEqual({
      a: 'yes',
      b: 'on',
      c: true,
    });
  });

  it('may use an alias, whose lines are those of the anchor', () => {
    const { documents } = read('a: &x\n  b: 1\nc: *x\n');
    expect(documents[0]?.value).toEqual({ a: { b: 1 }, c: { b: 1 } });
    expect(documents[0]?.locate(['c', 'b'])).toBe('spec line 2, c.b');
  });

  it.each([
    ['aliases that explode', LAUGHS, 'spec line 1: its aliases expand to more than 100 copies'],
    [
      'an alias inside of itself',
      'a: &x\n  b: *x\n',
      'spec line 1: an alias stands for something that it is a part of',
    ],
    ['an alias of nothing', 'a: *nope\n', 'spec line 1: not valid YAML: Unresolved alias'],
    ['a key twice', 'a: 1\nb: 2\na: 3\n', 'spec line 3: not valid YAML: Map keys must be unique'],
    ['an open map', 'a: {b: 1\n', 'spec line 2: not valid YAML'],
    ['a tag that nobody knows', 'a: 1\nb: !run x\n', 'spec line 2: not valid YAML: Unresolved tag: !run'],
    ['depth without end', '['.repeat(50_000), 'spec line 1: not valid YAML'],
  ])('with %s are refused', (_, text, expected) => {
    const { documents, problems } = read(text);
    expect(documents).toEqual([]);
    expect(`${problems[0]?.where}: ${problems[0]?.message}`).toContain(expected);
    expect(problems.length).toBeLessThanOrEqual(5);
  });

  it('hold no number that JSON would make null of: each is told with its place', () => {
    const { documents, problems } = read('a: {b: 1234e567, c: [1, -.inf]}\n---\n.NaN: x\n---\n.inf\n');
    expect(documents).toEqual([]);
    const message = 'is no number that can be kept; write it in quotes';
    expect(problems).toEqual([
      { where: 'spec line 1, a.b', message },
      { where: 'spec line 1, a.c[1]', message },
      { where: 'spec line 3, .NaN', message },
      { where: 'spec line 5', message },
    ]);
  });

  it.each(['.inf', '-.INF', '.nan'])('as kubectl reads them hold no %s either', (number) => {
    const { documents, problems } = read(`a: ${number}`, 'as-kubectl');
    expect([documents, problems[0]?.where]).toEqual([[], 'spec line 1, a']);
  });

  it.each([
    ['1234e567', '1234e567'],
    ['-9e999', '-9e999'],
    ['9'.repeat(400), '9'.repeat(400)],
    ['e5', 'e5'],
    ['.', '.'],
    ['0x_', '0x_'],
    ['0o17', 15],
    ['-0O17', -15],
    ['0_17', 15],
    ['089', 89],
    ['0X1F', 31],
    ['+0x1f', 31],
    ['0B1', 1],
    ['0', 0],
    ['1e3', 1000],
    ['.5', 0.5],
    ['!!binary aGVsbG8=', 'hello'],
  ])('as kubectl reads them: %s', (text, expected) => {
    expect(read(`a: ${text}`, 'as-kubectl')).toMatchObject({
      documents: [{ value: { a: expected } }],
      problems: [],
    });
  });

  it('as kubectl reads them have no binary that is no base64', () => {
    const { documents, problems } = read('a: !!binary "&&"', 'as-kubectl');
    expect(documents).toEqual([]);
    expect(problems[0]?.message).toBe('not valid YAML: !!binary that is no base64');
  });

  it('of 2 MB are refused before they are parsed', () => {
    const { problems } = read(`${LAUGHS}${'# x\n'.repeat(500_000)}`);
    expect(problems).toEqual([
      {
        where: 'spec',
        message: expect.stringMatching(/^has 2\d{6} bytes; at most 102400 \(100 KiB\) are read$/),
      },
    ]);
  });

  it('are measured in bytes, not in characters', () => {
    expect(read(`a: ${'é'.repeat(60_000)}`).problems).toHaveLength(1);
    expect(read(`a: ${'e'.repeat(60_000)}`).problems).toEqual([]);
  });

  it('give no prototype to write to', () => {
    const { documents } = read('__proto__: {admin: true}\n');
    expect(Object.keys(documents[0]?.value ?? {})).toEqual(['__proto__']);
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });

  it('are what JSON says they are', () => {
    fc.assert(
      fc.property(fc.object({ withNullPrototype: false }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(read(JSON.stringify(value, null, 2)).documents[0]?.value).toEqual(plain);
      }),
    );
  });
});
