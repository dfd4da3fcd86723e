import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simHost } from '../../../src/sim/model.ts';
import { parseRateString } from '../../../src/sim/rate_string.ts';
import { virsh } from '../../../src/sim/virsh.ts';
import { splitWords } from '../../../src/sim/words.ts';

describe('virsh as a batch engine', () => {
  const host = simHost('hv');
  const snippet = fc.constantFrom(
    'list',
    'echo',
    'domiftune',
    '--live',
    '--',
    ';',
    '\n',
    '#',
    '"',
    "'",
    '\\',
    ' ',
    'a',
    '=',
    '',
  );

  it('answers whatever the text, and fails with a message', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(snippet).map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (line) => {
        const { stderr, code } = await virsh(host, [line]);
        expect([0, 1]).toContain(code);
        if (code === 1 && line !== '') expect(stderr).toMatch(/^error: /);
      }),
    );
  });

  it('answers whatever the arguments', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(snippet, fc.string(), fc.constantFrom('-c', '-q', '-r'))),
        async (argv) => {
          expect([0, 1]).toContain((await virsh(host, argv)).code);
        },
      ),
    );
  });

  it('runs nothing when any part is wrong', async () => {
    expect(await virsh(host, ['echo a; bogus'])).toEqual({
      stdout: '',
      stderr: "error: unknown command: 'bogus'\n",
      code: 1,
    });
  });
});

describe('rate strings', () => {
  it('accepts exactly the numbers that it gives back', () => {
    const field = fc.nat(4_294_967_295);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4_294_967_295 }),
        field,
        field,
        field,
        (average, peak, burst, floor) => {
          const rate = { average, peak, burst, floor };
          expect(parseRateString(`${average},${peak},${burst},${floor}`, 'inbound')).toEqual(rate);
        },
      ),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('inbound' as const, 'outbound' as const),
        (text, direction) => {
          expect(parseRateString(text, direction)).toBeTypeOf('object');
        },
      ),
    );
  });
});

describe('words of a command line', () => {
  it('reads back what is single-quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (words) => {
        const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
        expect(splitWords(line)).toEqual(words);
      }),
    );
  });

  it.each([
    [`a  "b c" d\\ e f'g'"h"`, ['a', 'b c', 'd e', 'fgh']],
    [`"a\\"b\\\\c\\d"`, ['a"b\\c\\d']],
    [`''`, ['']],
    ['', []],
    ['a;b', null],
    ['a | b', null],
    ['a $b', null],
    ['a "$b"', null],
    ["a 'b", null],
    ['a "b', null],
    ['a\\', null],
    ['a*', null],
    ['a # b', null],
    ['a#b', ['a#b']],
  ])('%s', (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });
});
