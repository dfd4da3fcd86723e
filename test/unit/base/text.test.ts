import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, didYouMeanHint } from '../../../src/base/suggest.ts';
import { oneOf, plural, printable, shorten } from '../../../src/base/text.ts';

describe('printable', () => {
  it.each([
    ['plain', 'plain'],
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['\u001b[31mred', '\\x1b[31mred'],
    ['\u009b31m', '\\x9b31m'],
    ['a\u202eb', 'a\\u202eb'],
    ['a\u2066b\u2069', 'a\\u2066b\\u2069'],
    ['a\u2028b\u2029c\u0085d', 'a\\u2028b\\u2029c\\x85d'],
    ['\u200f\u200e\ufeff\u200b', '\\u200f\\u200e\\ufeff\\u200b'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\ud83d', '\\ud83d'],
    ['Größe 日本 😀 👩‍💻 نمی‌دانم', 'Größe 日本 😀 👩‍💻 نمی‌دانم'],
    ['\u0000\u007f', '\\x00\\x7f'],
  ])('%j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('leaves nothing that moves a cursor, and nothing to do for a second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = printable(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
        expect(printable(shown)).toBe(shown);
      }),
    );
  });
});

describe('words', () => {
  it.each([
    [plural(1, 'host'), '1 host'],
    [plural(0, 'host'), '0 hosts'],
    [plural(2, 'entry', 'entries'), '2 entries'],
    [oneOf([]), ''],
    [oneOf(['a']), 'a'],
    [oneOf(['a', 'b', 'c'], 'and'), 'a, b and c'],
    [shorten('abcdef', 4), 'abc…'],
    [shorten('abcd', 4), 'abcd'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});

describe('didYouMean', () => {
  it.each([
    ['outboud', ['inbound', 'outbound'], 'outbound'],
    ['hsots', ['hosts', 'vars'], 'hosts'],
    ['HOSTS', ['vars', 'hosts'], 'hosts'],
    ['db', ['dc', 'web'], 'dc'],
    ['x', ['y', 'xy'], null],
    ['completely', ['different'], null],
    ['same', ['same'], null],
    ['', ['a'], null],
    ['abcdef', ['abxxxx'], null],
    ['a'.repeat(101), ['a'.repeat(100)], null],
  ])('%s of %j', (word, candidates, meant) => {
    expect(didYouMean(word, candidates)).toBe(meant);
  });

  it('takes the nearest', () => {
    expect(didYouMean('compute', ['commute', 'computer', 'cmpute-x'])).toMatch(/^com/);
    expect(didYouMean('webb-01', ['web-02', 'web-01'])).toBe('web-01');
    expect(didYouMeanHint('web-1', ['web-01'])).toBe('did you mean "web-01"?');
    expect(didYouMeanHint('web', [])).toBeUndefined();
  });
});
