import { onScreen } from '../base/screen.ts';

/** Rows at the foot of a terminal that are drawn over in place, with all else that is written going above them. */
export interface LiveBlock {
  /** Draws the rows that it was made with anew. */
  readonly redraw: () => void;
  /** Takes them away. */
  readonly end: () => void;
}

/** The stream of a terminal, as much of it as is needed. */
export interface Screen {
  readonly columns?: number;
  readonly rows?: number;
  readonly write: (text: string) => unknown;
}

/**
 * What is drawn takes one write, so that nothing flickers. Rows must not be wider than the terminal is; where that has
 * become narrower meanwhile, each old row is counted as the rows into which it was broken.
 * @param draw the rows, and how many columns each of them takes
 */
export function liveBlock(
  screen: Screen,
  draw: (columns: number) => readonly (readonly [row: string, width: number])[],
): LiveBlock {
  let widths: readonly number[] = [];
  const columns = (): number => Math.max(20, screen.columns || 80);
  const erase = (): string => {
    const height = widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns())), 0);
    widths = [];
    return height === 0 ? '' : `\u001b[${height}A\r\u001b[J`;
  };
  const drawn = (): string => {
    const most = Math.max(1, (screen.rows || 24) - 2);
    // A terminal that keeps the last column for a wrap takes one less.
    const rows = draw(columns() - 1).slice(0, most);
    widths = rows.map(([, width]) => width);
    return rows.map(([row]) => `${row}\n`).join('');
  };
  const release = onScreen((write) => {
    const cleared = erase();
    if (cleared !== '') screen.write(cleared);
    write();
    screen.write(drawn());
  });
  return {
    redraw: () => void screen.write(`${erase()}${drawn()}`),
    end: () => {
      release();
      const cleared = erase();
      if (cleared !== '') screen.write(cleared);
    },
  };
}
