import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { full, sweep } from '../../sweep.ts';

function value(text: string): unknown {
  const parsed = parseYaml(text, 'f.yml');
  expect(parsed.diagnostics).toEqual([]);
  return parsed.value;
}

/** `line:column message` of each diagnostic. */
function errors(text: string): string[] {
  return parseYaml(text, 'f.yml').diagnostics.map((d) => `${d.place?.line}:${d.place?.column} ${d.message}`);
}

describe('scalars', () => {
  it.each<[string, unknown]>([
    ['yes', true],
    ['Yes', true],
    ['YES', true],
    ['yEs', 'yEs'],
    ['on', true],
    ['no', false],
    ['Off', false],
    ['True', true],
    ['y', 'y'],
    ['n', 'n'],
    ['~', null],
    ['', null],
    ['null', null],
    ['NULL', null],
    ['nULL', 'nULL'],
    ['0', 0],
    ['12', 12],
    ['-3', -3],
    ['+3', 3],
    ['1_000', 1000],
    ['010', 8],
    ['08', '08'],
    ['0x1F', 31],
    ['0b101', 5],
    ['-0', 0],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['-.5', '-.5'],
    ['-1.5', -1.5],
    ['0_', 0],
    ['1.', 1],
    ['1.5e+3', 1500],
    ['1e3', '1e3'],
    ['1.5e3', '1.5e3'],
    ['0o10', '0o10'],
    ['_1', '_1'],
    ['.inf', '.inf'],
    ['.nan', '.nan'],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740991', -9007199254740991],
    ['52:54:00:12:34:56', '52:54:00:12:34:56'],
    ['12:30', '12:30'],
    ['22:22:22', '22:22:22'],
    ['2026-11-22', '2026-11-22'],
    ['100 Mbit/s', '100 Mbit/s'],
    ['"yes"', 'yes'],
    ["'12'", '12'],
    ['!!str 12', '12'],
    ['! 12', '12'],
    ['!!int 12', 12],
    ['!!float 1.5', 1.5],
    ['!!bool yes', true],
    ['!!null ""', null],
    ['!!timestamp 2001-12-14', '2001-12-14'],
    ['!!timestamp 2001-12-14T21:59:43.10-05:00', '2001-12-14T21:59:43.10-05:00'],
    ['{!!str a: 1}', { a: 1 }],
    ['=', '='],
  ])('%j', (text, expected) => {
    expect(value(`a: ${text}\n`)).toEqual({ a: expected });
  });
});

describe('containers', () => {
  it.each<[string, unknown]>([
    ['', null],
    ['# only a comment\n', null],
    ['---\na: 1\n...\n', { a: 1 }],
    ['%YAML 1.1\n---\na: yes', { a: true }],
    ['a:\n- 1\n- b: 2\n', { a: [1, { b: 2 }] }],
    ['{"a": [1, {"b": null}],\n\t"c": "x\\u0041"}', { a: [1, { b: null }], c: 'xA' }],
    ['1: a\nyes: b\n1.50: c\n? d\n', { '1': 'a', yes: 'b', '1.50': 'c', d: null }],
    ['a: |\n  x\n  y\nb: >-\n  x\n  y\n', { a: 'x\ny\n', b: 'x y' }],
    ['b: &b {x: 1, y: 2}\na: {<<: *b, y: 3}\n', { b: { x: 1, y: 2 }, a: { x: 1, y: 3 } }],
    [
      'b: &b {x: 1}\nc: &c {x: 2, z: 4}\na: {y: 3, <<: [*b, *c]}\n',
      { b: { x: 1 }, c: { x: 2, z: 4 }, a: { y: 3, x: 1, z: 4 } },
    ],
    ['a: {"<<": 1}', { a: { '<<': 1 } }],
    ['a: &x 1\nb: &x 2\nc: *x\n', { a: 1, b: 2, c: 2 }],
    ['&k key: 1\nv: *k\n', { key: 1, v: 'key' }],
    ['constructor: 1\nprototype: 2\ntoString: 3', { constructor: 1, prototype: 2, toString: 3 }],
  ])('%j', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it('shares what aliases share', () => {
    const { a, b } = value('a: &x [1]\nb: *x\n') as { a: unknown; b: unknown };
    expect(a).toBe(b);
  });
});

describe('mistakes', () => {
  it.each<[string, string[]]>([
    ['a: 1\n\tb: 2\n', ['2:1 a tab is used to indent']],
    ['a:\n\t- 1\n', ['2:1 a tab is used to indent']],
    ['x: 1\na: "x\nb: 2\n', ['2:4 the quote " is not closed']],
    ["a: 'x", ["1:4 the quote ' is not closed"]],
    ['a: [1, 2\nb: 3\n', ['1:4 "[" is not closed with "]", or "]" stands too far left']],
    ['a: {x: 1\n', ['1:4 "{" is not closed with "}", or "}" stands too far left']],
    ['{a: 1', ['1:6 "}" is missing: a bracket is opened and not closed']],
    [']', ['1:1 "]" closes nothing']],
    ['a: &\n', ['1:4 the anchor after "&" has no name']],
    ['a: *\n', ['1:4 the alias after "*" has no name']],
    ['a: b: c\n', ['1:4 a map cannot begin here']],
    ['a:\n  - 1\n - 2\n', ['3:1 wrong indentation']],
    ['foo\nbar: 1', ['1:1 a key must stand on one line']],
    ['- a\nb: c\n', ['2:1 this does not belong here']],
    ['a: @x', ['1:4 a value cannot begin with "@"']],
    ['a: "\\q"', ['1:5 unknown escape "\\q" in double quotes']],
    ['hosts: {hv[01:03]: }', ['1:11 a comma or colon is missing between brackets']],
    ['a: {{ x }}\n', ['1:5 a key must be a text']],
    ['? [a]\n: b\n', ['1:3 a key must be a text']],
    ['a: 1\nb: 3\na: 2', ['3:1 duplicate key "a"']],
    ['1: x\n"1": y', ['2:1 duplicate key "1"']],
    ['a: {b: 1, b: 2}\nc: 1\nc: 2', ['1:11 duplicate key "b"', '3:1 duplicate key "c"']],
    ['a: 1\n---\nb: 2\n', ['2:1 the file has more than one YAML document']],
    [
      '__proto__: 1\na: {"__proto__": {b: 1}}',
      ['1:1 the key "__proto__" is not allowed', '2:5 the key "__proto__" is not allowed'],
    ],
    ['a: &p __proto__\n*p : 1', ['2:1 the key "__proto__" is not allowed']],
    ['a: *zz', ['1:4 no anchor "&zz" before this alias']],
    ['a: &q [*q]', ['1:8 the alias "*q" stands inside its own anchor']],
    ['a: {<<: 1}', ['1:5 only a map, or a list of maps, can be merged with "<<"']],
    ['a: !vault {x: 1}', ['1:11 "!vault" is for a text']],
    ['a: !foo x', ['1:9 the tag "!foo" is not supported']],
    ['a: !!python/object:os.system {}', ['1:30 the tag "!!python/object:os.system" is not supported']],
    ['a: !!set {x}', ['1:10 the tag "!!set" is not supported']],
    ['!foo a: 1', ['1:6 a key cannot have a tag (!foo)']],
    ['a: !!int x', ['1:10 this is not a value of the tag "!!int"']],
    ['a: \u001b[31m', ['1:4 the file has a control character (0x1b), which YAML does not allow']],
    ['a: \ud800', ['1:4 the file has a control character (0xd800), which YAML does not allow']],
    ['['.repeat(1000), ['1:73 nested too deeply: more than 64 levels']],
  ])('%j', (text, expected) => {
    expect(errors(text)).toEqual(expected);
  });

  it('says what to do', () => {
    const hint = (text: string) => parseYaml(text, 'f').diagnostics[0]?.hint;
    expect(hint('a: {{ x }}')).toContain('"{{ name }}"');
    expect(hint('? [a]\n: x')).toBeUndefined();
    expect(hint('? {a: 1}\n: x')).toBe(hint('a: {{ x }}'));
    expect(hint('?\n  a: 1\n: x')).toBeUndefined();
    expect(hint('a: 1\n\tb: 2')).toContain('spaces');
    expect(hint('a: 1\na: 2')).toContain('line 1');
    expect(hint('a: &foo 1\nb: *fo')).toBe('did you mean "foo"?');
  });

  it('goes on after what is wrong in the data, and not after wrong syntax', () => {
    expect(parseYaml('a: 1\na: 2\nb: !x 3\nc: 4', 'f').value).toEqual({ a: 1, b: null, c: 4 });
    expect(parseYaml('a: 1\nb: [', 'f').value).toBeNull();
  });

  it('takes 64 levels and not 65', () => {
    expect(errors(`${'['.repeat(65)}${']'.repeat(65)}`)).toEqual([]);
    expect(errors(`${'['.repeat(66)}${']'.repeat(66)}`)).toEqual([
      '1:66 nested too deeply: more than 64 levels',
    ]);
  });
});

describe('hostile input', () => {
  const bomb = [
    'a: &a0 [x]',
    ...Array.from({ length: 60 }, (_, i) => `b${i}: &a${i + 1} [*a${i}, *a${i}]`),
  ].join('\n');
  const merges = [
    'a0: &m0 {k: 1}',
    ...Array.from({ length: 3000 }, (_, i) => `a${i + 1}: &m${i + 1} {<<: *m${i}, k${i}: 1}`),
  ].join('\n');
  it.each<[string, string, RegExp]>([
    ['an alias bomb', bomb, /aliases make this file expand/],
    ['a merge bomb', merges, /aliases make this file expand/],
    ['more than 16 MiB', ' '.repeat(16 * 1024 * 1024 + 1), /too large/],
    ['brackets', ']'.repeat(1_000_000), /closes nothing/],
    ['open brackets', '[{'.repeat(200_000), /nested too deeply/],
    ['dashes', '- '.repeat(500_000), /nested too deeply/],
    ['directives', '%a\n'.repeat(200_000), /followed by "---"/],
    ['an open quote', `a: "${'x\n '.repeat(200_000)}`, /not closed/],
    ['quotes', `a: ${'"'.repeat(50_001)}`, /does not belong here/],
    ['values in brackets', `[${'a,'.repeat(600_000)}]`, /too many values in brackets/],
    ['a long line', `a: ${'x'.repeat(1_100_000)}`, /longer than 1 MiB/],
    ['lines', 'a\n'.repeat(250_001), /more than 250000 lines/],
    ['anchors', '&a '.repeat(30_000), /anchor/],
  ])('%s is refused', (_name, text, message) => {
    const found = errors(text);
    expect(found.join('\n')).toMatch(message);
    expect(found.length).toBeLessThanOrEqual(50);
  });

  it('many keys are no trouble', () => {
    const many = full(20_000, 2_000);
    const text = Array.from({ length: many }, (_, i) => `k${i}: ${i}`).join('\n');
    expect(Object.keys(value(text) as object)).toHaveLength(many);
  });

  const fragment = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&x ',
    '*x',
    '<<',
    '!',
    '!!str ',
    '|',
    '>',
    '"',
    "'",
    '#',
    '\t',
    '---\n',
    '...',
    '%',
    '@',
    '?',
    '__proto__',
    'constructor',
    '\\',
    '\u2028',
    '\r',
    '😀',
    '{{ a }}',
  );
  it('never throws and never pollutes', () => {
    const text = fc.oneof(
      fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (yaml) => {
        const parsed = parseYaml(yaml, 'f');
        const lines = yaml.split('\n');
        for (const { place } of parsed.diagnostics) {
          expect(place?.line).toBeGreaterThan(0);
          expect(place?.line).toBeLessThanOrEqual(lines.length);
          expect(place?.column).toBeLessThanOrEqual((lines[(place?.line ?? 0) - 1] ?? '').length + 1);
        }
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
        expect(Object.getPrototypeOf(parsed.value ?? {})).toBeOneOf([
          Object.prototype,
          Array.prototype,
          String.prototype,
          Number.prototype,
          Boolean.prototype,
        ]);
      }),
      sweep(3000, 60),
    );
  });

  it('reads any JSON as JSON', () => {
    // Keys that YAML or virtune refuse, and numbers that YAML 1.1 writes differently, are left out.
    const json = fc
      .jsonValue({ maxDepth: 4, noUnicodeString: true } as never)
      .filter((v) => !JSON.stringify(v).includes('__proto__') && !/\de/.test(JSON.stringify(v)));
    fc.assert(
      fc.property(json, (data) => {
        const text = JSON.stringify(data, null, 2);
        if (/[\u007f-\u009f\ufffe\uffff]|\p{Cs}/u.test(text)) return;
        const expected: unknown = JSON.parse(text, (_, v: unknown) =>
          typeof v === 'number' && !Number.isSafeInteger(v) && Number.isInteger(v) ? String(v) : v,
        );
        expect(value(text)).toEqual(expected);
      }),
      sweep(300),
    );
  });
});
