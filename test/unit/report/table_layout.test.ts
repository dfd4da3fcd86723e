import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../../src/report/columns.ts';
import { tableLines } from '../../../src/report/table_layout.ts';

const ROWS = [
  ['VM', 'state', 'nic', 'device', 'where', 'receives', 'sends'],
  [
    'instance-00000044',
    'paused',
    '2',
    '52:54:00:c7:b7:69, bridge br0, tapb4c4f5f3-5a',
    'both',
    'unlimited',
    '400 Mbit/s',
  ],
  [
    'web-07',
    'running, transient',
    '1',
    '52:54:00:e7:79:bb, bridge br0, vnet2',
    'live',
    'unlimited',
    'unlimited',
  ],
];
const at = (width?: number) => tableLines(ROWS, 2, width).flat();

describe('a table', () => {
  it('is a line a row in a file, and on a terminal that is wide enough', () => {
    expect(at()).toHaveLength(3);
    expect(at(140)).toEqual(at());
    expect(at()[1]).toBe(
      '  instance-00000044  paused              2    52:54:00:c7:b7:69, bridge br0, tapb4c4f5f3-5a  both   unlimited  400 Mbit/s',
    );
  });

  it('goes on below within its columns, words whole, where it has 80 columns', () => {
    expect(at(80)).toEqual([
      '  VM                state       nic device            where receives  sends',
      '  instance-00000044 paused      2   52:54:00:c7:b7:69 both  unlimited 400 Mbit/s',
      '                                    bridge br0,',
      '                                    tapb4c4f5f3-5a',
      '  web-07            running,    1   52:54:00:e7:79:bb live  unlimited unlimited',
      '                    transient       bridge br0, vnet2',
    ]);
  });

  it('leaves a comma out where a word would not fit with it', () => {
    const rows = [
      ['device', 'x'],
      ['52:54:00:c7:b7:69, bridge br0', 'y'.repeat(60)],
    ];
    expect(tableLines(rows, 0, 79).flat().slice(1)).toEqual([
      `52:54:00:c7:b7:69  ${'y'.repeat(60)}`,
      'bridge br0',
    ]);
  });

  it('keeps all that its cells say, and to its width as long as six columns are enough for each', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '漢', 'é'), maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell), { minLength: 1 }),
        fc.integer({ min: 24, max: 130 }),
        (rows, width) => {
          const laidOut = tableLines(rows, 2, width);
          for (const [index, lines] of laidOut.entries()) {
            for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
            const letters = (text: string) => [...text.replaceAll(' ', '')].sort().join('');
            expect(letters(lines.join(''))).toBe(letters((rows[index] ?? []).join('')));
          }
        },
      ),
    );
  });
});
