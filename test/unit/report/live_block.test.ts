import { afterEach, describe, expect, it } from 'vitest';
import { above } from '../../../src/base/screen.ts';
import { type LiveBlock, liveBlock } from '../../../src/report/live_block.ts';

const ESC = '\u001b';
/** How many rows up, everything below away, a line break, a text. */
const SENT = new RegExp(`${ESC}\\[(\\d+)A\\r|(${ESC}\\[J)|(\\n)|([^${ESC}\\n]+)`, 'g');

/** A terminal that knows what the block sends: line breaks, the cursor some rows up, and everything below taken away. */
function terminal(columns = 40, rows = 10) {
  let lines: string[] = [''];
  let row = 0;
  return {
    columns,
    rows,
    writes: 0,
    write(text: string): void {
      this.writes++;
      for (const [, up, down, breaks, word] of text.matchAll(SENT)) {
        if (up !== undefined) row -= Number(up);
        else if (down !== undefined) lines = [...lines.slice(0, row), ''];
        else if (breaks !== undefined) lines[++row] ??= '';
        else lines[row] += word ?? '';
      }
    },
    shown: () => lines.filter((line) => line !== ''),
    /** As a terminal does that becomes narrower. */
    narrow(width: number): void {
      this.columns = width;
      lines = lines.flatMap((line) => line.match(new RegExp(`.{1,${width}}`, 'g')) ?? ['']);
      row = lines.length - 1;
    },
  };
}

describe('rows at the foot of a terminal', () => {
  let block: LiveBlock | undefined;
  afterEach(() => block?.end());

  it('are drawn over in one write, and what is said goes above them', () => {
    const screen = terminal();
    let rows = ['one', 'two'];
    block = liveBlock(screen, () => rows.map((text) => [text, text.length]));
    block.redraw();
    above(() => screen.write('said\n'));
    rows = ['three'];
    const { writes } = screen;
    block.redraw();
    expect(screen.writes).toBe(writes + 1);
    expect(screen.shown()).toEqual(['said', 'three']);
    block.end();
    expect(screen.shown()).toEqual(['said']);
    above(() => screen.write('after\n'));
    expect(screen.shown()).toEqual(['said', 'after']);
  });

  it('leave nothing behind on a terminal that has become narrower', () => {
    const screen = terminal(40);
    block = liveBlock(screen, (columns) =>
      ['x'.repeat(Math.min(columns, 35)), 'y'].map((t) => [t, t.length]),
    );
    above(() => screen.write('said\n'));
    screen.narrow(20);
    block.redraw();
    expect(screen.shown()).toEqual(['said', 'x'.repeat(19), 'y']);
  });

  it('are fewer than the terminal has', () => {
    const screen = terminal(40, 4);
    block = liveBlock(screen, () => ['1', '2', '3', '4', '5'].map((text) => [text, 1]));
    block.redraw();
    block.redraw();
    expect(screen.shown()).toEqual(['1', '2']);
  });
});
