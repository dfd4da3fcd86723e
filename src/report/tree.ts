import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import { draw, setLive } from '../base/screen.ts';
import { plural, printable } from '../base/text.ts';
import type { HostResult } from '../model/result.ts';
import { linesOf } from './parts.ts';
import { paintFor } from './style.ts';
import { WOULD_CHANGE } from './text.ts';
import { troubleText } from './trouble.ts';
import {
  ending,
  pauseText,
  playTitle,
  type TerminalOptions,
  type TerminalView,
  waitingText,
} from './view.ts';

/** How often the rows are drawn anew. */
const FRAME_MS = 120;

/** So many of the hosts that take longest are named while they run. */
const SLOWEST = 3;

/** So many of the hosts that failed last are told while the run goes on; all of them at its end. */
const TROUBLES = 5;

interface Row {
  readonly name: string;
  readonly hosts: number;
  done: number;
  /** Started hosts and when. */
  readonly running: Map<string, number>;
  /** Who writes on hosts that wait for that. */
  readonly waiting: Map<string, string>;
  readonly statuses: HostResult['status'][];
  readonly finished: Promise<void>;
  readonly finish: () => void;
}

/**
 * One row for each play with a counter, and below it the hosts that take longest: a row for each host would cost
 * listr2 more CPU than the whole run at a few hundred hosts. listr2 only draws; it runs nothing and owns no signals.
 */
export function treeView(options: TerminalOptions): TerminalView {
  const { stream } = options;
  const paint = paintFor(stream);
  const atEnd = ending(options);
  const troubles: string[] = [];
  const canvas = drawn(stream);
  let notice = '';
  let waiting = () => '';
  const rows = options.plays.map(newRow);
  const starts = rows.map(() => deferred());
  let current = -1;
  const listr = new Listr(
    rows.map((row, index) => ({
      title: options.ofChanges ? playTitle(row.name, row.hosts, options) : 'reading',
      task: async (_context, task) => {
        await starts[index]?.promise;
        const timer = setInterval(() => {
          const first = `${notice}${waiting()}${rowText(row, options)}`;
          task.output = [first, ...waitingLines(row), ...troubles.slice(-TROUBLES)].join('\n');
        }, FRAME_MS);
        await row.finished;
        clearInterval(timer);
        task.title = options.ofChanges
          ? `${playTitle(row.name, row.hosts, options)} ${tally(row, options)}`
          : `${row.done} of ${plural(row.hosts, 'host')} read`;
        if (row.statuses.some((status) => !['ok', 'changed'].includes(status)))
          throw new Error(tally(row, options));
      },
    })),
    {
      concurrent: false,
      exitOnError: false,
      registerSignalListeners: false,
      forceTTY: true,
      rendererOptions: {
        showErrorMessage: false,
        collapseErrors: false,
        formatOutput: 'truncate',
        // Left alone, listr2 takes standard output, which may be a report's.
        logger: new ListrLogger({ processOutput: new ProcessOutput(canvas, canvas) }),
      },
    },
  );
  setLive(true);
  const ended = listr.run().catch(() => undefined);
  const endCurrent = () => rows[current]?.finish();
  return {
    playStarted: () => {
      atEnd.playStarted();
      endCurrent();
      current++;
      starts[current]?.finish();
    },
    pausing: (seconds, hosts) => {
      const until = Date.now() + seconds * 1000;
      waiting = () => {
        const left = Math.ceil((until - Date.now()) / 1000);
        return left > 0 ? `${pauseText(left, hosts)} ` : '';
      };
    },
    hostStarted: (name) => rows[current]?.running.set(name, Date.now()),
    hostWaiting: (name, holder) => {
      if (holder === null) rows[current]?.waiting.delete(name);
      else rows[current]?.waiting.set(name, holder);
    },
    hostDone: (result) => {
      const row = rows[current];
      if (row === undefined) return;
      row.running.delete(result.name);
      row.waiting.delete(result.name);
      row.done++;
      row.statuses.push(result.status);
      atEnd.hostDone(result);
      const trouble = troubleText(result, paint);
      if (trouble !== '') troubles.push(trouble);
    },
    say: (what) => {
      notice = `${what} `;
    },
    end: async (result) => {
      endCurrent();
      for (const [index, row] of rows.entries()) {
        starts[index]?.finish();
        row.finish();
      }
      await ended;
      setLive(false);
      if (result !== null) stream.write(`\n${linesOf(atEnd.parts(result)).join('\n')}\n`);
    },
  };
}

/** The same stream for listr2, which keeps still while a person is asked something. */
function drawn(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  const write = (...args: Parameters<NodeJS.WriteStream['write']>): boolean => {
    draw(() => stream.write(...args));
    return true;
  };
  // listr2 copies what is the stream's very own, of which it needs the size.
  const { columns, rows } = stream;
  return Object.assign(Object.create(stream), { columns, rows, write });
}

function newRow({ name, hosts }: { readonly name: string; readonly hosts: number }): Row {
  const { promise, finish } = deferred();
  return {
    name,
    hosts,
    done: 0,
    running: new Map(),
    waiting: new Map(),
    statuses: [],
    finished: promise,
    finish,
  };
}

function deferred(): { promise: Promise<void>; finish: () => void } {
  let finish = () => {};
  const promise = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { promise, finish };
}

function rowText(row: Row, options: TerminalOptions): string {
  const now = Date.now();
  const slow = [...row.running]
    .sort((a, b) => a[1] - b[1])
    .slice(0, SLOWEST)
    .map(([name, since]) => `${printable(name)} ${((now - since) / 1000).toFixed(0)} s`);
  return `${tally(row, options)}${slow.length > 0 ? `; running: ${slow.join(', ')}` : ''}`;
}

/** Of the hosts that wait for another writer. */
function waitingLines({ waiting }: Row): readonly string[] {
  const more = waiting.size - SLOWEST;
  const told = [...waiting].slice(0, SLOWEST).map(([name, holder]) => waitingText(name, holder));
  return more > 0
    ? [...told, `${plural(more, 'more host')} wait${more === 1 ? 's' : ''} for another writer`]
    : told;
}

function tally(row: Row, { check, ofChanges }: TerminalOptions): string {
  const count = (...statuses: HostResult['status'][]) =>
    row.statuses.filter((status) => statuses.includes(status)).length;
  const bad = count('failed', 'unreachable', 'refused');
  const changes = ofChanges ? `, ${count('changed')} ${check ? WOULD_CHANGE : 'changed'}` : '';
  return `${row.done}/${row.hosts} done${changes}${bad > 0 ? `, ${bad} in trouble` : ''}`;
}
