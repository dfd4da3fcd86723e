import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLiteral } from '../../../../src/base/python/literal.ts';
import { answer } from './answer.ts';

/** Made by Python itself; test/parity asks it again. */
const TABLE = JSON.parse(readFileSync(join(import.meta.dirname, 'literals.json'), 'utf8')) as [
  string,
  object,
][];

describe('readLiteral', () => {
  it.each(TABLE)('%j', (text, expected) => {
    expect(answer(text)).toEqual(expected);
  });

  it('says what Python refuses', () => {
    expect(readLiteral('{[]: 1}')).toHaveProperty('message', expect.stringContaining('as the key of a dict'));
    expect(readLiteral(String.raw`'\N{EM DASH}'`)).toHaveProperty(
      'message',
      expect.stringContaining('names a character'),
    );
    expect(readLiteral('{"__proto__": 1}')).toHaveProperty('message', expect.stringContaining('"__proto__"'));
    expect(readLiteral('['.repeat(65) + ']'.repeat(65))).toEqual({
      kind: 'problem',
      message: 'is nested too deeply',
    });
    expect(readLiteral('['.repeat(64) + ']'.repeat(64))).toHaveProperty('kind', 'value');
  });

  it('tells where containers and members begin', () => {
    const seen: unknown[] = [];
    readLiteral(`[{'a': 1, 'b': ["x"]}]`, {
      container: (_value, at) => seen.push(at),
      entry: (_container, key, keyAt, valueAt) => seen.push([key, keyAt, valueAt]),
    });
    expect(seen).toEqual([1, ['a', 2, 7], 15, [0, 16, 16], ['b', 10, 15], 0, [0, 1, 1]]);
  });

  it('never throws, and reads what JSON writes', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => void readLiteral(text)));
    const value = fc
      .jsonValue({ maxDepth: 3 })
      .filter((one) => !/true|false|null|__proto__|-0|e[-+]|\d{16}/.test(JSON.stringify(one)));
    fc.assert(
      fc.property(value, (one) => {
        // JSON has no -0.
        const text = JSON.stringify(one);
        expect(readLiteral(text)).toEqual({ kind: 'value', value: JSON.parse(text) });
      }),
    );
  });
});
