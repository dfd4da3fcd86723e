import { columnsOf } from '../report/columns.ts';
import { type LiveBlock, liveBlock } from '../report/live_block.ts';
import { paintFor } from '../report/style.ts';
import { drawsOn } from '../report/terminal.ts';
import { watchView } from '../report/watch_view.ts';
import { steadyNow } from '../watch/clock.ts';
import type { WatchObserver } from '../watch/observer.ts';

/** How soon after news the rows are drawn anew: a storm of events costs a few frames a second. */
const FRAME_MS = 200;
/** And without any: how long something has lasted is told in seconds. */
const IDLE_MS = 1000;

/**
 * How the fleet is now, at the foot of the terminal below what a watch says.
 * @returns null where standard output is no terminal, or is the log of a CI
 */
export function footOf(all: () => number, check: boolean): (WatchObserver & Pick<LiveBlock, 'end'>) | null {
  const { stdout } = process;
  if (!drawsOn(stdout)) return null;
  const view = watchView(all, check, steadyNow);
  const paint = paintFor(stdout);
  const foot = liveBlock(stdout, (columns) =>
    view
      .rows(columns, steadyNow())
      .map(({ text, format }) => [format === null ? text : paint(format, text), columnsOf(text)]),
  );
  let timer = setTimeout(redraw, FRAME_MS);
  let isSoon = true;
  function redraw(): void {
    foot.redraw();
    isSoon = false;
    timer = setTimeout(redraw, IDLE_MS);
    timer.unref();
  }
  const soon = (): void => {
    if (isSoon) return;
    isSoon = true;
    clearTimeout(timer);
    timer = setTimeout(redraw, FRAME_MS);
    timer.unref();
  };
  stdout.on('resize', soon);
  const heard =
    <A extends readonly unknown[]>(note: ((...words: A) => void) | undefined) =>
    (...words: A): void => {
      note?.(...words);
      soon();
    };
  return {
    connected: heard(view.connected),
    due: heard(view.due),
    lost: heard(view.lost),
    left: heard(view.left),
    looked: heard(view.looked),
    end: () => {
      clearTimeout(timer);
      stdout.off('resize', soon);
      foot.end();
    },
  };
}
