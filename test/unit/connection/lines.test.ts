import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineSplitter } from '../../../src/connection/lines.ts';
import type { Line } from '../../../src/connection/session.ts';

function split(chunks: readonly Uint8Array[], limit?: number): Line[] {
  const lines: Line[] = [];
  const splitter = lineSplitter((line) => lines.push(line), limit);
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.flush();
  return lines;
}

/** The same bytes in any chunks. */
function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const all: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    all.push(bytes.subarray(at, at + size));
    at += size;
  }
  return all;
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });

describe('lines', () => {
  it('are the same whatever the chunks, characters of several bytes included', () => {
    const text = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }).map((s) => s.replaceAll('\n', '')));
    fc.assert(
      fc.property(text, sizes, (lines, cuts) => {
        const got = split(pieces(Buffer.from(lines.map((line) => `${line}\n`).join('')), cuts));
        expect(got).toEqual(lines.map((line) => ({ text: line, cut: false })));
      }),
    );
  });

  it('end at a line break and nowhere else', () => {
    expect(split([Buffer.from('a\r\nb\u0085c\u2028d\n\nlast')]).map(({ text }) => text)).toEqual([
      'a\r',
      'b\u0085c\u2028d',
      '',
      'last',
    ]);
  });

  it('are cut at the limit, said to be so, and the next is whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), sizes, (length, cuts) => {
        const bytes = Buffer.from(`${'x'.repeat(length)}\nnext\n`);
        expect(split(pieces(bytes, cuts), 10)).toEqual([
          { text: 'x'.repeat(Math.min(length, 10)), cut: length > 10 },
          { text: 'next', cut: false },
        ]);
      }),
    );
  });
});
