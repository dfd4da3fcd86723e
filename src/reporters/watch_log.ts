import { jsonText } from '../base/json_text.ts';
import { watchNews } from '../watch/news.ts';
import type { WatchObserver } from '../watch/observer.ts';
import { hostEntry } from './json.ts';

export const WATCH_SCHEMA = 'virtune.watch/1';

/** What a watch says, a JSON object a line, each with its time (RFC 3339, UTC) and its kind in `event`. */
export interface WatchLog extends WatchObserver {
  readonly started: (hosts: number, check: boolean) => void;
  /** Files were read again, or could not be. */
  readonly reloaded: (isRead: boolean, hosts: number) => void;
}

/**
 * @param all tell of each look, and of what is in sync
 * @param now milliseconds since 1970
 */
export function watchLog(
  all: boolean,
  write: (text: string) => void,
  now: () => number = Date.now,
): WatchLog {
  const news = watchNews(all);
  const say = (event: string, more: object): void =>
    write(`${jsonText({ event, at: new Date(now()).toISOString(), ...more }, 0)}\n`);
  return {
    started: (hosts, check) => say('watch_started', { schema: WATCH_SCHEMA, check, hosts }),
    reloaded: (isRead, hosts) => say(isRead ? 'files_read' : 'files_broken', { hosts }),
    connected: (host) => say('host_connected', { host }),
    lost: (host, why, againInMs) => {
      if (news.lost(host, why)) say('host_lost', { host, reason: why, againInMs });
    },
    left: (host) => {
      news.left(host);
      say('host_left', { host });
    },
    garbled: (host, line) => {
      if (news.garbled(host)) say('host_garbled', { host, line });
    },
    noted: (host, note) => say('host_noted', { host, note }),
    waiting: (host, holder) => say('host_waiting', { host, holder }),
    looked: (lead, looked) => {
      const { triggers, event, reactionMs } = looked;
      for (const host of news.looked(lead, looked)) {
        const resources = host.resources.filter(({ status }) => all || status !== 'inSync');
        say('host_looked', {
          triggers,
          vmEvent: event === undefined ? null : { domain: event.name, word: event.word },
          reactionMs,
          host: hostEntry({ ...host, resources }),
        });
      }
    },
  };
}
