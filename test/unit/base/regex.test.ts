import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegex } from '../../../src/base/regex/regex.ts';
import { sweep } from '../../sweep.ts';

/** As Python's `re.match(pattern, text) is not None`. */
function matches(pattern: string, text: string): boolean | null {
  const regex = compileRegex(pattern);
  if (!regex.ok) throw new Error(regex.message);
  return regex.matches(text);
}

describe('compileRegex', () => {
  it.each([
    ['', 'x', true],
    ['ab', 'abc', true],
    ['b', 'abc', false],
    ['ab$', 'abc', false],
    ['a\\Z', 'a\n', false],
    ['a$', 'a\n', true],
    ['^a', 'a', true],
    ['a|b', 'b', true],
    ['(a|b)*c', 'ababc', true],
    ['(?:a|)b', 'b', true],
    ['(?P<n>a)b', 'ab', true],
    ['a{2,3}$', 'aaaa', false],
    ['a{2,3}$', 'aaa', true],
    ['a{,1}$', 'aa', false],
    ['a{2}', 'a', false],
    ['a{x', 'a{x', true],
    ['a+?b', 'aab', true],
    ['[^a-c]', 'b', false],
    ['[]a]', ']', true],
    ['[a-]', '-', true],
    ['[\\w.-]+$', 'web-1.net', true],
    ['[\\d-]', '-', true],
    ['\\d+$', '٣', true],
    ['.', '\n', false],
    ['(?s).', '\n', true],
    ['(?i)WEB[A-C]', 'webb', true],
    ['(?i:A)b', 'aB', false],
    ['\\bweb\\b', 'web-1', true],
    ['web\\B', 'web-1', false],
    ['(?!db)', 'db1', false],
    ['(?=.*1)web', 'web1', true],
    ['(?!.*(?!x)y)web', 'web', true],
    ['\\x41\\u0042\\101\\0?', 'ABA', true],
    ['(?#note)a', 'a', true],
    ['()*a', 'a', true],
    ['(a*)*b', 'aaab', true],
    ['😀.', '😀x', true],
  ])('%s on %j', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it.each([
    ['(', 'a "(" is not closed'],
    [')', 'a ")" closes nothing'],
    ['[a', 'a "[" is not closed'],
    ['[b-a]', 'the range "b-a" goes backwards'],
    ['[\\d-z]', 'a range in "[…]" needs a character at both ends'],
    ['*a', 'nothing stands before the "*" that it could repeat'],
    ['a**', 'a repeat is repeated'],
    ['a*+', 'a possessive repeat, such as "*+", is not supported'],
    ['a{3,2}', 'a repeat from 3 to 2 goes backwards'],
    ['a{5000}', 'more than 1000 repeats are not supported'],
    ['(a{1000}){1000}', 'it is too large, with its repeats written out'],
    ['(a)\\1', 'a reference to a group, "\\1", is not supported'],
    ['(?<=a)b', 'looking behind, "(?<=…)", is not supported'],
    ['(?>a)', 'an atomic group, "(?>…)", is not supported'],
    ['a(?i)', 'flags for the whole must stand first'],
    ['(?x)a', 'the flag "x" is not supported'],
    ['\\', 'it ends with a single backslash'],
    ['\\y', 'the escape "\\y" is not known'],
    ['a'.repeat(1001), 'it is longer than 1000 characters'],
    ['('.repeat(60), 'its groups are nested too deeply'],
  ])('refuses %s', (pattern, message) => {
    expect(compileRegex(pattern)).toEqual({ ok: false, message });
  });

  it('comes to an end where backtracking would take for ever', () => {
    const text = 'a'.repeat(250);
    for (const pattern of [
      '(a+)+$b',
      '(a|a)*b',
      '(a|aa)+b',
      '(.*)*(.*)*(.*)*b',
      `${'a?'.repeat(250)}${text}b`,
    ])
      expect(matches(pattern, text)).toBe(false);
  });

  it('gives up on what is costly over many names', () => {
    const regex = compileRegex('((a{0,40}){0,40}){0,2}b');
    if (!regex.ok) throw new Error(regex.message);
    let answer: boolean | null = false;
    for (let i = 0; i < 10_000 && answer !== null; i++) answer = regex.matches('a'.repeat(200));
    expect(answer).toBeNull();
  });

  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '\\w',
    '(a|b)',
    '(?:ab)',
    '$',
    '\\b',
    '(?=a)',
    '(?!b)',
  );
  const piece = fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{1,2}', '*?'));
  const pattern = fc
    .array(piece, { maxLength: 6 })
    .map((pieces) =>
      pieces
        .map(([one, repeat]) =>
          /^[$\\(]/.test(one) && one.length < 5 && !/^\\w/.test(one) ? one : one + repeat,
        )
        .join(''),
    );
  it('agrees with JavaScript where the languages do', () => {
    fc.assert(
      fc.property(pattern, pattern, fc.stringMatching(/^[abc]{0,8}$/), (one, two, text) => {
        const both = `(?:${one}|${two})`;
        expect(matches(both, text)).toBe(new RegExp(`^${both}`).test(text));
      }),
      sweep(2000),
    );
  });

  it('never throws', () => {
    const text = fc
      .array(
        fc.constantFrom(
          'a',
          '(',
          ')',
          '[',
          ']',
          '{',
          '}',
          '?',
          '*',
          '+',
          '|',
          '\\',
          '^',
          '$',
          '-',
          ':',
          '=',
          '!',
          '<',
          'P',
          'i',
          '1',
          ',',
        ),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (written) => {
        const regex = compileRegex(written);
        return regex.ok ? regex.matches('aab') !== undefined : regex.message !== '';
      }),
      sweep(5000),
    );
  });
});
