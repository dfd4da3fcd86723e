import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellQuote } from '../../../src/base/quote.ts';
import { sweep } from '../../sweep.ts';

const shells = ['/bin/sh', '/bin/dash', '/bin/bash'].filter((path) => existsSync(path));

describe('shellQuote', () => {
  it.each([
    ['plain-1.2_x/y:z@a,b+c%d', 'plain-1.2_x/y:z@a,b+c%d'],
    ['', "''"],
    ['a b', "'a b'"],
    ["it's", "'it'\\''s'"],
    ['$(id)', "'$(id)'"],
    ['~', "'~'"],
    ['a=b', "'a=b'"],
  ])('%j becomes %j', (arg, quoted) => {
    expect(shellQuote(arg)).toBe(quoted);
  });

  it('refuses NUL', () => {
    expect(() => shellQuote('a\0b')).toThrow(RangeError);
  });

  it.each(shells)('comes back from %s as it went in', (shell) => {
    const arg = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom(
          "'",
          '"',
          '\\',
          '$',
          '`',
          '\n',
          '\r',
          '!',
          '*',
          '~',
          ' ',
          '\t',
          'é',
          '-',
          ';',
          '&',
        ),
      }),
    );
    const args = fc.array(
      arg.filter((text) => !text.includes('\0')),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(args, (list) => {
        const out = execFileSync(shell, ['-c', `printf '%s\\0' ${list.map(shellQuote).join(' ')}`]);
        expect(out.toString('utf8').split('\0').slice(0, -1)).toEqual(list);
      }),
      sweep(100),
    );
  });
});
