import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NAMED, NOT_READ, nameNumber, wordsForHost } from '../../../src/libvirt/named_script.ts';
import { sweep } from '../../sweep.ts';

const M = 'vt0123456789abcdef01234567';
const AWKS = ['mawk', 'gawk', 'gawk --posix', 'busybox awk', 'original-awk'];

const uuid = (index: number) => `6695eb01-f6a4-8304-79aa-${String(index).padStart(12, '0')}`;

/** The list with marks as a host makes them, with a certain awk. */
function marked(awk: string, list: string, words: string): string {
  const program = `LC_ALL=C; export LC_ALL; m=$1; ${NAMED.replace('awk -v', `${awk} -v`)}; n`;
  const { stdout, stderr } = spawnSync('sh', ['-c', program, 'virtune', M, '', '', '', '', words], {
    input: list,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.replace(/\n$/, '');
}

const listOf = (rows: readonly string[]) =>
  [`${M}:all`, ...rows, '', `${M}:transient`, ...rows, '', `${M}:nets`, uuid(0), `${M}:listed`].join('\n');

describe.each(AWKS)('the VMs that are meant, in %s', (awk) => {
  const present = spawnSync('sh', ['-c', `command -v ${awk.split(' ')[0]}`]).status === 0;

  it.skipIf(!present)('keep their rows, and all else stays as it is', { timeout: 60_000 }, () => {
    const name = fc.oneof(
      fc.constantFrom(
        'web-1',
        'web-10',
        'web 1',
        ' web-1',
        'web-1 ',
        '42',
        '*',
        '$(id)',
        '`id`',
        '\\n',
        '"',
        '&',
      ),
      fc.string({ unit: fc.constantFrom(...'ab-_.: $%&/*?[]()"\\'), minLength: 1, maxLength: 40 }),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(7), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        fc.boolean(),
        (names, picks, byUuid, padded) => {
          const rows = names.map((one, index) => `${uuid(index)} ${padded ? one.padEnd(30) : one}`);
          const chosen = new Set(picks.map((pick) => pick % names.length));
          const words = [...chosen].map((index) => (byUuid ? uuid(index) : (names[index] ?? '')));
          // What looks alike in a padded list is read, too, and a name that is itself the number of another one.
          const sent = wordsForHost(words).split(' ');
          const kept = names.map((one, index) => {
            const seen = [String(nameNumber(one)), one.trimEnd()];
            return chosen.has(index) || seen.some((word) => sent.includes(word));
          });
          const expected = listOf(rows).split('\n');
          for (const [index, keep] of kept.entries())
            if (!keep) expected[index + 1] = `${NOT_READ}${rows[index]}`;
          expect(marked(awk, listOf(rows), wordsForHost(words)).split('\n')).toEqual(expected);
        },
      ),
      sweep(200),
    );
  });

  it.skipIf(!present)('are all of them where one name has no row, in letters of every kind', () => {
    const list = listOf([`${uuid(1)} web-1`, `${uuid(2)} öffi-ÿ-店`]);
    expect(marked(awk, list, wordsForHost(['web-1', 'gone']))).toBe(list);
    expect(marked(awk, list, wordsForHost([uuid(1), 'gone']))).toBe(list);
    // Some awk may not read bytes: then all is read.
    expect([list, list.replace(uuid(1), `${NOT_READ}${uuid(1)}`)]).toContain(
      marked(awk, list, wordsForHost(['öffi-ÿ-店'])),
    );
    expect(marked(awk, list, wordsForHost([uuid(9)])).match(/^~/gm)).toHaveLength(2);
  });
});

it('sends no name, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (words) => {
      expect(wordsForHost(words)).toMatch(/^([0-9]{1,8}( |$))*$/);
    }),
    sweep(100),
  );
  expect(wordsForHost([uuid(1)])).toBe(uuid(1));
});
