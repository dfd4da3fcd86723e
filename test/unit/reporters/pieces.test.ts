import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pieceReader } from '../../../src/reporters/read/pieces.ts';

const PROTOTYPE = '__proto__';

/** What is read of a text that comes in pieces of this size, put together again. */
function read(text: string, size: number): { whole: unknown; items: number | null } {
  const reader = pieceReader('list', (value) => value);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) reader.add(bytes.subarray(at, at + size));
  const { rest, items } = reader.end();
  if (items === null) return { whole: rest, items: null };
  expect((rest as { list: unknown }).list).toEqual([]);
  return { whole: { ...(rest as object), list: items }, items: items.length };
}

describe('a text that is read in pieces', () => {
  it('says what JSON.parse says, however it is cut', () => {
    const key = fc.oneof(fc.constantFrom('list', 'a', '"', '\\', '[', ']}', 'ä', '😀'), fc.string());
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(fc.constantFrom(null, true, 1.5e-7, '"', '\\"', ']', '{,}', 'é'), fc.string()),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(key, tie('any'), { maxKeys: 4 }),
      ),
    })).any;
    const outer = fc.tuple(fc.dictionary(key, value), fc.array(value), fc.dictionary(key, value));
    fc.assert(
      fc.property(
        outer,
        fc.constantFrom(0, 1, '\t'),
        fc.integer({ min: 1, max: 9 }),
        (parts, indent, size) => {
          const [before, list, after] = parts;
          const text = JSON.stringify({ ...before, list, ...after }, null, indent);
          const { whole } = read(text, size);
          expect(whole).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['{"list": [1, {"list": [2]}, "]"]}', 3],
    ['{"a": {"list": [1]}, "b": ["list"], "list" : [ ]}', 0],
    ['{"a": "list", "list": {"list": [1]}}', null],
    ['{"l\\u0069st": [1]}', null],
    ['[{"list": [1]}]', null],
    ['["list", [1]]', null],
    ['"list"', null],
    ['{"list": [1], "list": [2, 3]}', 2],
    ['{"list": null}', null],
  ])('takes the items of the one list: %s', (text, items) => {
    for (const size of [1, 2, 1000]) expect(read(text, size)).toEqual({ whole: JSON.parse(text), items });
  });

  it.each([
    '',
    '{',
    '{"list": [',
    '{"list": [1',
    '{"list": [1,]}',
    '{"list": [,]}',
    '{"list": [1]',
    '{"list": [1}}',
    '{"list": [1]]',
    '{"list": [{]}]}',
    '{"list" [1]}',
    '{"list": [1 2]}',
    '{"list": ["a]}',
    'x{"list": [1]}',
  ])('is no JSON where it is none: %j', (text) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    for (const size of [1, 1000]) expect(() => read(text, size)).toThrow(SyntaxError);
  });

  it('sets no prototype', () => {
    const { whole } = read(`{"${PROTOTYPE}": {"x": 1}, "list": [{"${PROTOTYPE}": {"x": 1}}]}`, 3);
    const [item] = (whole as { list: object[] }).list;
    expect(Object.keys(item ?? {})).toEqual([PROTOTYPE]);
    expect(Object.getPrototypeOf(item)).toBe(Object.prototype);
  });
});
