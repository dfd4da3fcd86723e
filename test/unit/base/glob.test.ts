import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatch, isGlob } from '../../../src/base/glob.ts';
import { sweep } from '../../sweep.ts';

/** pattern, texts that match, texts that do not; checked against Python's fnmatch.fnmatchcase. */
const CASES: readonly [string, readonly string[], readonly string[]][] = [
  ['', [''], ['a']],
  ['web', ['web'], ['Web', 'web1', 'aweb']],
  ['web*', ['web', 'web-01'], ['xweb']],
  ['*web*', ['web', 'a web b'], ['we']],
  ['a?c', ['abc', 'a.c', 'a\nc', 'a😀c'], ['ac', 'abbc']],
  ['a[bc]d', ['abd', 'acd'], ['aad', 'abcd']],
  ['a[!bc]d', ['axd'], ['abd', 'ad']],
  ['a[0-3]', ['a0', 'a3'], ['a4', 'a-']],
  ['a[!0-3]', ['a4'], ['a0']],
  ['a[-x]', ['a-', 'ax'], ['ay']],
  ['a[x-]', ['a-', 'ax'], ['ay']],
  ['a[]x]', ['a]', 'ax'], ['a[']],
  ['a[!]x]', ['ay'], ['a]', 'ax']],
  ['a[z-a]', [], ['a', 'az', 'aa', 'a-']],
  ['a[!z-a]', ['az', 'a-'], ['a']],
  ['a[b', ['a[b'], ['ab']],
  ['a[', ['a['], ['a']],
  ['a[]', ['a[]'], ['a']],
  ['a[!]', ['a[!]'], ['ab']],
  ['[01:05]', ['0', '1', ':', '5'], ['2', '01']],
  ['a[a-c-e]', ['ab', 'a-', 'ae'], ['ad']],
  ['a{b,c}', ['a{b,c}'], ['ab']],
  ['a\\*', ['a\\x', 'a\\'], ['a*']],
  ['.+^$|()', ['.+^$|()'], ['a']],
];

describe('globMatch', () => {
  it.each(CASES)('%s', (pattern, matching, others) => {
    expect(matching.filter((text) => !globMatch(pattern, text))).toEqual([]);
    expect(others.filter((text) => globMatch(pattern, text))).toEqual([]);
  });

  it('is the regular expression that it stands for', () => {
    const part = fc.constantFrom('*', '?', '[ab]', '[!ab]', '[a-c]', 'a', 'b', 'c', '-');
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', '-'), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), text, (parts, subject) => {
        const source = parts
          .map((p) => (p === '*' ? '.*' : p === '?' ? '.' : p.replace('[!', '[^')))
          .join('');
        expect(globMatch(parts.join(''), subject)).toBe(new RegExp(`^${source}$`, 's').test(subject));
      }),
      sweep(2000),
    );
  });

  it('answers where a backtracking matcher would hang', () => {
    expect(globMatch(`${'*a'.repeat(50)}b`, 'a'.repeat(5000))).toBe(false);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (p, t) => typeof globMatch(p, t) === 'boolean'),
    );
  });
});

describe('isGlob', () => {
  it.each([
    ['a*', true],
    ['a?', true],
    ['a[', true],
    ['a.b-c]', false],
    ['', false],
  ])('%s', (text, glob) => {
    expect(isGlob(text)).toBe(glob);
  });
});
