import { describe, expect, it } from 'vitest';
import { idOf } from '../../../src/schema/checks.ts';
import { compileSchema, type JsonSchema } from '../../../src/schema/schema.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';

const even = {
  keyword: 'virtuneEven',
  check: (value: unknown) =>
    typeof value === 'number' && value % 2 === 1 ? { message: `${value} is odd`, hint: 'add one' } : null,
};
const short = {
  keyword: 'virtuneShort',
  check: (value: unknown, max: unknown) => (String(value).length > Number(max) ? 'too long' : null),
};

/** `line:column message | hint` of each diagnostic. */
function check(schema: JsonSchema, yaml: string): string[] {
  const { value } = parseYaml(yaml, 'f.yml');
  return compileSchema(schema, [even, short])(value).map(
    (d) => `${d.place?.line}:${d.place?.column} ${d.message}${d.hint === undefined ? '' : ` | ${d.hint}`}`,
  );
}

const object = (properties: object, rest: object = {}) => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...rest,
});
const RATE = {
  anyOf: [
    { const: 'unlimited' },
    object({ average: { type: ['string', 'number'], virtuneShort: 5 }, peak: { type: 'number' } }),
    { type: 'number' },
  ],
};

describe('compileSchema', () => {
  it.each<[string, JsonSchema, string, string[]]>([
    ['valid', object({ a: { type: 'string' } }), 'a: x', []],
    [
      'unknown key',
      object({ inbound: {}, outbound: {} }),
      'inbound: 1\noutboud: 2',
      ['2:1 unknown key "outboud" | did you mean "outbound"?'],
    ],
    [
      'unknown key, nothing near',
      object({ a: {}, b: {} }),
      'zzzzzz: 1',
      ['1:1 unknown key "zzzzzz" | known here: a, b'],
    ],
    [
      'two at once',
      object({ a: { type: 'string' } }),
      'b: 1\na: []',
      ['1:1 unknown key "b" | known here: a', '2:4 "a" must be a text, found a list'],
    ],
    [
      'number for a text',
      object({ a: { type: 'string' } }),
      'a: 5',
      [
        '1:4 "a" must be a text, found the number 5 | put it in quotes, as it was written: YAML reads it as a number',
      ],
    ],
    [
      'truth value for a text',
      object({ a: { type: 'string' } }),
      'a: no',
      [
        '1:4 "a" must be a text, found false | put it in quotes, as it was written: YAML reads it as true or false',
      ],
    ],
    [
      'text for a number',
      object({ a: { type: 'integer' } }),
      'a: "5"',
      ['1:4 "a" must be a whole number, found the text "5" | remove the quotes'],
    ],
    [
      'text for a truth value',
      object({ a: { type: 'boolean' } }),
      'a: maybe',
      ['1:4 "a" must be true or false, found the text "maybe"'],
    ],
    [
      'nothing for a text',
      object({ a: { type: 'string' } }),
      'a:',
      ['1:3 "a" must be a text, found nothing'],
    ],
    [
      'one for a list',
      object({ a: { type: 'array' } }),
      'a: x',
      ['1:4 "a" must be a list, found the text "x" | a list has a "- " before each item, or is "[a, b]"'],
    ],
    ['the root', object({}), '- a', ['1:1 the value must be a map, found a list']],
    [
      'an item',
      object({ a: { type: 'array', items: { type: 'number' } } }),
      'a:\n  - 1\n  - x',
      ['3:5 item 2 of "a" must be a number, found the text "x"'],
    ],
    [
      'an item of an item',
      { type: 'array', items: object({ b: { type: 'array', items: { type: 'number' } } }) },
      '- {b: [{}]}',
      ['1:8 item 1 of "b" must be a number, found a map'],
    ],
    [
      'missing',
      object({ a: {}, b: {} }, { required: ['a', 'b'] }),
      'b: 1',
      ['1:1 the value lacks the key "a"'],
    ],
    [
      'missing deeper',
      object({ a: object({ b: {} }, { required: ['b'] }) }),
      'a:\n  {}',
      ['2:3 "a" lacks the key "b"'],
    ],
    [
      'enum',
      object({ a: { enum: ['running', 'paused'] } }),
      'a: runing',
      ['1:4 "a" must be "running" or "paused", found "runing" | did you mean "running"?'],
    ],
    ['const', object({ a: { const: 1 } }), 'a: 2', ['1:4 "a" must be 1, found 2']],
    [
      'bounds',
      object({ a: { minimum: 1 }, b: { maximum: 3 } }),
      'a: 0\nb: 4',
      ['1:4 "a" must be at least 1, found 0', '2:4 "b" must be at most 3, found 4'],
    ],
    [
      'counts',
      object({ a: { minItems: 1 }, b: { minLength: 1 }, c: { maxItems: 1 }, d: { minProperties: 2 } }),
      'a: []\nb: ""\nc: [1, 2]\nd: {x: 1}',
      [
        '1:4 "a" must have at least 1 item',
        '2:4 "b" is empty',
        '3:4 "c" must have at most 1 item',
        '4:4 "d" must have at least 2 keys',
      ],
    ],
    [
      'pattern',
      object({ a: { type: 'string', pattern: '^x', 'x-expected': 'a word with x' } }),
      'a: y',
      ['1:4 "a" must be a word with x, found "y"'],
    ],
    [
      'pattern without words',
      object({ a: { type: 'string', pattern: '^x' } }),
      'a: y',
      ['1:4 "a" must be a text that matches ^x, found "y"'],
    ],
    [
      'unique',
      object({ a: { uniqueItems: true } }),
      'a: [1, 2, 1]',
      ['1:4 "a" has the same item twice: 1 and 3'],
    ],
    ['custom', object({ a: { virtuneEven: true } }), 'a: 3', ['1:4 3 is odd | add one']],
    ['custom, a text', object({ a: { virtuneShort: 2 } }), 'a: abc', ['1:4 too long']],
    [
      'custom after a wrong type',
      object({ a: { type: 'string', virtuneShort: 2 } }),
      'a: 123',
      [
        '1:4 "a" must be a text, found the number 123 | put it in quotes, as it was written: YAML reads it as a number',
      ],
    ],
    [
      'anyOf: the map was meant',
      object({ a: RATE }),
      'a: {averag: 1}',
      ['1:5 unknown key "averag" | did you mean "average"?'],
    ],
    [
      'anyOf: deeper',
      object({ a: RATE }),
      'a: {average: [], peak: x}',
      [
        '1:14 "average" must be a text or a number, found a list',
        '1:24 "peak" must be a number, found the text "x"',
      ],
    ],
    ['anyOf: custom inside', object({ a: RATE }), 'a: {average: 123456}', ['1:14 too long']],
    [
      'anyOf: none takes it',
      object({ a: RATE }),
      'a: [1]',
      ['1:4 "a" must be "unlimited", a map or a number, found a list'],
    ],
    [
      'anyOf: nearly a word',
      object({ a: RATE }),
      'a: unlimitd',
      [
        '1:4 "a" must be "unlimited", a map or a number, found the text "unlimitd" | did you mean "unlimited"?',
      ],
    ],
    [
      'oneOf: the map was meant',
      object({ a: { oneOf: RATE.anyOf } }),
      'a: {averag: 1}',
      ['1:5 unknown key "averag" | did you mean "average"?'],
    ],
    [
      'oneOf: two take it',
      object({ a: { oneOf: [{ type: 'number' }, { minimum: 0 }] } }),
      'a: 1',
      ['1:4 "a" can be read in more than one way'],
    ],
    [
      'kinds of maps',
      {
        anyOf: [
          object({ type: { const: 'a' }, x: { type: 'number' } }),
          object({ type: { const: 'b' }, y: { type: 'number' } }),
        ],
      },
      'type: b\ny: z',
      ['2:4 "y" must be a number, found the text "z"'],
    ],
    [
      'if/then',
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word
      { type: 'object', if: { required: ['a'] }, then: { required: ['b'] } },
      'a: 1',
      ['1:1 the value lacks the key "b"'],
    ],
    ['keys of a prototype', object({ a: {} }), 'toString: 1', ['1:1 unknown key "toString" | known here: a']],
    [
      'key names',
      { type: 'object', propertyNames: { pattern: '^a' } },
      'b: 1',
      ['1:1 "b" cannot be a key here'],
    ],
    [
      'odd keys',
      { type: 'object', additionalProperties: { type: 'number' } },
      '"a/b~c": x',
      ['1:10 "a/b~c" must be a number, found the text "x"'],
    ],
  ])('%s', (_name, schema, yaml, expected) => {
    expect(check(schema, yaml)).toEqual(expected);
  });

  it('takes the fallback for data without places', () => {
    const fallback = { file: 'cli', line: 1, column: 1 };
    expect(compileSchema({ type: 'number' })('x', fallback)[0]?.place).toEqual(fallback);
    expect(compileSchema(object({}))({ a: 1 }, fallback)[0]?.place).toEqual(fallback);
  });

  it('bounds what it says', () => {
    const many = `[${'x,'.repeat(1000)}]`;
    expect(check({ type: 'array', items: { type: 'number' } }, many)).toHaveLength(50);
  });
});

it('tells schemas apart by what they and their keywords say', () => {
  const ids = [
    idOf([{ type: 'string' }], []),
    idOf([{ type: 'number' }], []),
    idOf([{ type: 'string' }], [even]),
    idOf([{ type: 'string' }, {}], []),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(idOf([{ type: 'string' }], [even])).toBe(ids[2]);
});
