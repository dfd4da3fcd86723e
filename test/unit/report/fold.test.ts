import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandRanges } from '../../../src/inventory/ranges.ts';
import { foldNames } from '../../../src/report/fold.ts';

const numbered = (prefix: string, numbers: readonly (number | string)[]) =>
  numbers.map((number) => `${prefix}${number}`);

describe('names folded by ranges', () => {
  it.each([
    [numbered('web-', ['01', '02', '03', '04']), ['web-[01:04]']],
    [numbered('web-', ['01', '02']), ['web-01', 'web-02']],
    [numbered('vm', [8, 9, 10, 11]), ['vm[8:11]']],
    [numbered('vm', ['08', '09', 10, 11]), ['vm[08:11]']],
    [numbered('vm', ['098', '099', 100, 101]), ['vm[098:101]']],
    [numbered('vm', ['1', '01', '2', '02', '3', '03']), ['vm[1:3]', 'vm[01:03]']],
    [
      ['b', 'a1', 'a3', 'a2', 'c'],
      ['b', 'a[1:3]', 'c'],
    ],
    [
      ['hv1.dc2.net', 'hv2.dc2.net', 'hv3.dc2.net', 'hv9.dc2.net'],
      ['hv[1:3].dc2.net', 'hv9.dc2.net'],
    ],
    [
      ['web-[1:3]', 'a b', 'a, b', ''],
      ['"web-[1:3]"', '"a b"', '"a, b"', '""'],
    ],
    [['x\u001b[2J'], ['"x\\x1b[2J"']],
    [numbered('n', ['99999999999999998', '99999999999999999']), ['n99999999999999998', 'n99999999999999999']],
  ])('%j', (names, folded) => {
    expect(foldNames(names)).toEqual(folded);
  });

  const name = fc.oneof(
    fc.integer({ min: 0, max: 30 }).map((number) => `web-${number}`),
    fc.integer({ min: 0, max: 120 }).map((number) => `web-${String(number).padStart(2, '0')}`),
    fc
      .tuple(
        fc.constantFrom('hv', 'db1-'),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom('', '.dc1', '.dc2'),
      )
      .map(([before, number, after]) => `${before}${number}${after}`),
    fc.string({ maxLength: 4 }),
  );

  it('are exactly the names, each once, however foreign they are', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 60 }), (names) => {
        const back = foldNames(names).flatMap((item) => {
          if (item.startsWith('"')) return [item.slice(1, -1)];
          const expanded = expandRanges(item);
          return expanded.ok ? expanded.names : [`not a range: ${item}`];
        });
        expect(back.toSorted()).toEqual([...new Set(names)].toSorted());
      }),
      { numRuns: 500 },
    );
  });
});
