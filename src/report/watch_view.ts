import { plural, printable } from '../base/text.ts';
import { AS_DECLARED } from '../model/status.ts';
import type { WatchObserver } from '../watch/observer.ts';
import { columnsOf } from './columns.ts';

/** So many hosts are named in a row. */
const NAMED = 6;

/** What stands below the lines of a watch on a terminal: how the fleet is now. */
export interface WatchView extends WatchObserver {
  /** Rows that are no wider than so many columns. @param now milliseconds, of the clock that this was made with */
  readonly rows: (columns: number, now: number) => readonly ViewRow[];
}

export interface ViewRow {
  readonly text: string;
  readonly format: 'bold' | 'dim' | 'red' | 'yellow' | null;
}

interface Totals {
  readonly changed: number;
  readonly failed: number;
  readonly reactions: readonly number[];
}

/** The last reactions, of which the view tells the median. */
const REACTIONS = 100;

/**
 * @param all how many hypervisors are to be watched now
 * @param now milliseconds of a clock that never jumps
 */
export function watchView(all: () => number, check: boolean, now: () => number): WatchView {
  const begun = now();
  const watched = new Set<string>();
  /** Since when. Why is told by the lines. */
  const away = new Map<string, number>();
  /** Those that are to be looked at, or are, and since when. */
  const due = new Map<string, number>();
  const wrong = new Map<string, number>();
  let totals: Totals = { changed: 0, failed: 0, reactions: [] };
  return {
    connected: (host) => {
      watched.add(host);
      away.delete(host);
    },
    due: (host) => void due.set(host, due.get(host) ?? now()),
    lost: (host) => {
      watched.delete(host);
      due.delete(host);
      away.set(host, away.get(host) ?? now());
    },
    left: (host) => {
      watched.delete(host);
      for (const one of [away, due, wrong]) one.delete(host);
    },
    looked: (host, { hosts, isDue, event, reactionMs }) => {
      if (!isDue) due.delete(host);
      const found = hosts.flatMap(({ resources }) => resources);
      const count = found.filter(({ status }) => !AS_DECLARED.includes(status)).length;
      if (count === 0) wrong.delete(host);
      else wrong.set(host, count);
      const changed = found.filter(({ status }) => status === 'changed').length;
      const reactions = changed > 0 && event !== undefined ? [reactionMs] : [];
      totals = {
        changed: totals.changed + changed,
        failed: totals.failed + found.filter(({ status }) => status === 'failed').length,
        reactions: [...totals.reactions, ...reactions].slice(-REACTIONS),
      };
    },
    rows: (columns, at) => {
      const since = (from: number): string => lasting(at - from);
      const rows: ViewRow[] = [];
      const row = (format: ViewRow['format'], text: string) =>
        rows.push({ text: fitted(text, columns), format });
      row('bold', headOf(watched.size, away.size, due.size, all()));
      row('dim', totalsOf(totals, wrong, check, since(begun)));
      const longest = [...away].sort((a, b) => a[1] - b[1]);
      if (longest.length > 0)
        row('red', `away: ${named(longest, ([name, from]) => `${name} ${since(from)}`)}`);
      if (wrong.size > 0)
        row('yellow', `not as declared: ${named([...wrong], ([name, count]) => `${name} ${count}`)}`);
      // What is over in a moment would only flicker.
      const slow = [...due].filter(([, from]) => at - from >= 1000).sort((a, b) => a[1] - b[1]);
      if (slow.length > 0)
        row(null, `looking at: ${named(slow, ([name, from]) => `${name} ${since(from)}`)}`);
      return rows;
    },
  };
}

function headOf(watched: number, away: number, due: number, all: number): string {
  const parts = [`${watched} of ${plural(all, 'host')} watched`];
  const begins = all - watched - away;
  if (begins > 0) parts.push(`${begins} being connected to`);
  if (away > 0) parts.push(`${away} away`);
  if (due > 0) parts.push(`${due} to look at`);
  return parts.join(', ');
}

function totalsOf(
  { changed, failed, reactions }: Totals,
  wrong: ReadonlyMap<string, number>,
  check: boolean,
  since: string,
): string {
  const differ = [...wrong.values()].reduce((sum, count) => sum + count, 0);
  const parts = [check ? `${differ} not as declared` : `${changed} changed`];
  if (failed > 0) parts.push(`${failed} failed`);
  const sorted = reactions.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  if (median !== undefined) parts.push(`${median} ms after their event (median)`);
  return `${parts.join(', ')}; for ${since}`;
}

function named<T>(all: readonly T[], text: (one: T) => string): string {
  const shown = all.slice(0, NAMED).map((one) => printable(text(one)));
  return all.length > NAMED ? `${shown.join(', ')} and ${all.length - NAMED} more` : shown.join(', ');
}

/** `42 s`, `7 min`, `3 h 5 min`, `12 d 4 h` */
function lasting(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Cut, so that a terminal does not break the row: what is drawn over it counts rows. */
function fitted(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let cut = '';
  for (const char of text) {
    if (columnsOf(`${cut}${char}…`) > columns) break;
    cut += char;
  }
  return `${cut}…`;
}
