import { printable } from '../base/text.ts';
import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import type { Looked, WatchObserver } from '../watch/observer.ts';
import { whyText } from '../watch/why.ts';
import { hostLines, type TextOptions } from './text.ts';

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
  const told = new Map<string, string>();
  const say = (host: string, text: string): void =>
    write(`${new Date(now()).toISOString()} ${printable(host)}: ${text}\n`);
  return {
    connected: (host) => say(host, 'watched'),
    lost: (host, why, againInMs) => {
      // What is tried again each half a minute is one state, too.
      if (told.get(`${host}\0lost`) === why) return;
      told.set(`${host}\0lost`, why);
      say(host, `lost: ${printable(why)}; tried again in ${(againInMs / 1000).toFixed(1)} s, and so on`);
    },
    noted: (host, note) => say(host, printable(note)),
    looked: (lead, looked) => {
      told.delete(`${lead}\0lost`);
      for (const host of looked.hosts) {
        const state = stateOf(host);
        const isNews = host.resources.some(({ status }) => status === 'changed');
        if (!options.verbose && !isNews && (told.get(host.name) ?? QUIET) === state) continue;
        told.set(host.name, state);
        const [head = '', ...rest] = hostLines({ ...host, durationMs: 0 }, options);
        say(host.name, `${head.slice(head.indexOf(': ') + 2)} ${reasonOf(looked)}`);
        for (const line of rest) write(`${line}\n`);
      }
    },
  };
}

/** `(140 ms after Started Booted of web-01)` */
function reasonOf(looked: Looked): string {
  return `(${looked.reactionMs} ms ${printable(whyText(looked))})`;
}

/** What of a result is told when it is another. */
function stateOf({ status, error, resources }: HostResult): string {
  const wrong = resources.filter(isWrong).map(stateOfChange);
  const isQuiet = error === undefined && wrong.length === 0;
  return isQuiet ? QUIET : JSON.stringify([status, error, wrong]);
}

const QUIET = '';

/** What was changed is right by now. */
const isWrong = ({ status }: Change): boolean => !['inSync', 'unmanaged', 'changed'].includes(status);

const stateOfChange = ({ domain, subject, status, reason, settings }: Change): readonly unknown[] => [
  domain.uuid,
  subject.key,
  status,
  reason,
  settings,
];
