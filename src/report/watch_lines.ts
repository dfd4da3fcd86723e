import { printable } from '../base/text.ts';
import { watchNews } from '../watch/news.ts';
import type { Looked, WatchObserver } from '../watch/observer.ts';
import { whyText } from '../watch/why.ts';
import { hung } from './hang.ts';
import { longWaits } from './long_waits.ts';
import { hostLines, type TextOptions } from './text.ts';
import { waitingOn } from './view.ts';

/**
 * What a watch says: each line begins with the time (RFC 3339, UTC) and the host, so that a journal can be searched. A
 * state that stays is told once.
 * @param now milliseconds since 1970
 */
export function watchLines(
  options: TextOptions,
  write: (text: string) => void,
  now: () => number = Date.now,
): WatchObserver {
  const news = watchNews(options.verbose === true);
  const put = (line: string): void => {
    for (const one of hung([line], options.columns)) write(`${one}\n`);
  };
  const say = (host: string, text: string): void =>
    put(`${new Date(now()).toISOString()} ${printable(host)}: ${text}`);
  const waits = longWaits((host, holder) => say(host, waitingOn(holder)));
  return {
    connected: (host) => say(host, 'watched'),
    waiting: waits.hostWaiting,
    lost: (host, why, againInMs) => {
      waits.over(host);
      if (!news.lost(host, why)) return;
      say(host, `lost: ${printable(why)}; tried again in ${(againInMs / 1000).toFixed(1)} s, and so on`);
    },
    left: (host) => {
      waits.over(host);
      news.left(host);
      say(host, 'watched no longer: the files lack it');
    },
    garbled: (host, line) => {
      if (!news.garbled(host)) return;
      say(host, `garbled: its stream holds what is no event: ${printable(line)}; it is looked at`);
    },
    noted: (host, note) => say(host, printable(note)),
    looked: (lead, looked) => {
      waits.over(lead);
      for (const host of news.looked(lead, looked)) {
        const [head = '', ...rest] = hostLines({ ...host, durationMs: 0 }, options);
        say(host.name, `${head.slice(head.indexOf(': ') + 2)} ${reasonOf(looked)}`);
        for (const line of rest) put(line);
      }
    },
  };
}

/** `(140 ms after Started Booted of web-01)` */
function reasonOf(looked: Looked): string {
  return `(${looked.reactionMs} ms ${printable(whyText(looked))})`;
}
