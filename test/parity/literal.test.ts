import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { answer } from '../unit/base/python/answer.ts';
import { askPython } from './ansible.ts';

const TABLE = JSON.parse(
  readFileSync(join(import.meta.dirname, '../unit/base/python/literals.json'), 'utf8'),
) as [string, object][];

/** Another one may be tried with PARITY_SEED. */
const SEED = Number(process.env.PARITY_SEED ?? 20_261_125);

/** Pieces that literals are made of: most texts from them are nearly one. */
const PIECE = fc.constantFrom(
  ...['[', ']', '(', ')', '{', '}', ',', ',', ':', ' ', ' ', '#', '-', '+', '.', '_', '\\', "'", '"', "'''"],
  ...[
    '0',
    '1',
    '5',
    '07',
    '1.5',
    '1e3',
    'e',
    '0x1f',
    'j',
    'True',
    'None',
    'False',
    'a',
    'b',
    'r',
    'u',
    'é',
    '\t',
  ],
  ...[
    "'a'",
    '"b"',
    "b'c'",
    "r'd'",
    "'a': 1",
    '[1]',
    '(1,)',
    '{}',
    "'\\n'",
    '\\x41',
    '\\u00e9',
    '\\101',
    'set()',
  ],
);

/** Python takes True and 1 for one key, here they are two. */
const KEY = PIECE.filter((piece) => piece !== 'True' && piece !== 'False');

const isProblem = (said: unknown) => (said as { kind?: string }).kind === 'problem';

describe.skipIf(inject('ansibleMissing') !== null)('literals, as Python reads them', () => {
  it('the table is what Python says', async () => {
    expect(
      await askPython(
        'literal_driver.py',
        TABLE.map(([text]) => text),
      ),
    ).toEqual(TABLE.map(([, said]) => said));
  });

  it(`holds for texts at random, seed ${SEED}`, async () => {
    const nested = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, PIECE, tie('list'), tie('dict')) as fc.Arbitrary<string>,
      list: fc
        .tuple(
          fc.constantFrom('[]', '()', '{}'),
          fc.array(tie('value'), { maxLength: 3 }),
          fc.constantFrom('', ',', ' '),
        )
        .map(([ends, items, tail]) => `${ends[0]}${items.join(', ')}${tail}${ends[1]}`),
      dict: fc
        .array(fc.tuple(fc.oneof(KEY, tie('list')), tie('value')), { maxLength: 3 })
        .map((pairs) => `{${pairs.map(([key, value]) => `${key}: ${value}`).join(',')}}`),
    })).value;
    const pieces = fc.array(PIECE, { maxLength: 8 }).map((all) => all.join(''));
    const texts = fc.sample(fc.oneof(nested, pieces), { numRuns: 20_000, seed: SEED });
    const theirs = await askPython('literal_driver.py', texts);
    const values = (theirs as { value?: unknown }[]).filter((one) => 'value' in one).length;
    // The comparison is worth something: many of them are literals, and many are none.
    expect(values).toBeGreaterThan(texts.length / 20);
    expect(values).toBeLessThan((texts.length * 19) / 20);
    for (const [i, text] of texts.entries()) {
      const [ours, said] = [answer(text), theirs[i]];
      // Beside a name Python may find a key that cannot be one before the name; here the text is none, whatever is in it.
      if ('kind' in ours && ours.kind === 'text' && /[a-zé_]/.test(text) && isProblem(said)) continue;
      expect([text, ours]).toEqual([text, said]);
    }
  });
});
