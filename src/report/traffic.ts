import { plural, printable } from '../base/text.ts';
import { formatRate } from '../base/units.ts';
import type { Flow } from '../modules/module.ts';
import { columnsOf } from './columns.ts';
import type { Paint } from './style.ts';

/** What passed at one limit between two reads. */
export interface Pace {
  readonly flow: Flow;
  /** Bytes a second. */
  readonly now: number;
  /** Of the limit, 0 to 1 and more. */
  readonly share: number;
  /** Packets a second that were not let through. */
  readonly dropped: number;
  /** Of all packets that came. */
  readonly droppedShare: number;
  /** As much passes as may, or packets are dropped. */
  readonly atLimit: boolean;
}

/**
 * At this share of its limit a subject is as fast as it may be: the kernel's queue lets 94 % of an average through where
 * it has neither peak nor burst (libvirt facts, section 3.1).
 */
const FULL = 0.9;

/** What both reads know of; a limit that was set anew in between began to count again, and has no pace. */
export function pacesOf(
  first: { readonly at: number; readonly flows: readonly Flow[] },
  second: { readonly at: number; readonly flows: readonly Flow[] },
): readonly Pace[] {
  const seconds = second.at - first.at;
  if (!(seconds > 0)) return [];
  const before = new Map(first.flows.map((flow) => [keyOf(flow), flow]));
  return second.flows.flatMap((flow): Pace[] => {
    const old = before.get(keyOf(flow));
    if (old === undefined || flow.packets < old.packets || flow.passed < old.passed) return [];
    const now = (flow.passed - old.passed) / seconds;
    const dropped = (flow.dropped - old.dropped) / seconds;
    const share = flow.limit > 0 ? now / flow.limit : 0;
    const came = flow.packets - old.packets + flow.dropped - old.dropped;
    const droppedShare = came > 0 ? (flow.dropped - old.dropped) / came : 0;
    return [{ flow, now, share, dropped, droppedShare, atLimit: share >= FULL || dropped > 0 }];
  });
}

const keyOf = ({ domain, subject, title }: Flow): string => `${domain.uuid}\0${subject.key}\0${title}`;

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** A table, those nearest to their limits first, and how many are at them. */
export function trafficLines(host: string, paces: readonly Pace[], paint: Paint): string[] {
  const head = paint('bold', printable(host));
  if (paces.length === 0) return [head, '  nothing there that is limited', ''];
  const sorted = paces.toSorted((a, b) => b.share - a.share || b.dropped - a.dropped);
  const rows = sorted.map(({ flow, now, share, dropped, droppedShare, atLimit }) => ({
    atLimit,
    cells: [
      printable(flow.domain.name),
      printable(flow.subject.label),
      flow.title,
      formatRate(Math.round(now / 1000)),
      formatRate(Math.round(flow.limit / 1000)),
      percent(share),
      dropped > 0
        ? `${dropped < 10 ? dropped.toFixed(1) : Math.round(dropped)}/s (${percent(droppedShare)})`
        : '-',
    ],
  }));
  const titles = ['VM', 'what', 'which', 'now', 'limit', 'of it', 'dropped'];
  const widths = titles.map((title, i) =>
    Math.max(...[title, ...rows.map(({ cells }) => cells[i] ?? '')].map(columnsOf)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - columnsOf(cell))).join('  ')}`.trimEnd();
  const full = rows.filter(({ atLimit }) => atLimit).length;
  return [
    head,
    paint('dim', line(titles)),
    ...rows.map(({ cells, atLimit }) => (atLimit ? paint('yellow', line(cells)) : line(cells))),
    full === 0 ? '  none is at its limit' : `  ${plural(full, 'limit')} of ${rows.length} reached`,
    '',
  ];
}
