import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import { steadyNow } from './clock.ts';
import type { Looked } from './observer.ts';

/** What of a watch is worth telling: a state that stays is told once. */
export interface WatchNews {
  /** Whether it is news that a host was lost for this reason: what is tried again each half a minute is one state. */
  readonly lost: (host: string, why: string) => boolean;
  /** Whether it is news that a host's stream holds what is no event. */
  readonly garbled: (host: string) => boolean;
  /** Of the results of a look those that are news. */
  readonly looked: (lead: string, looked: Pick<Looked, 'hosts'>) => readonly HostResult[];
  /** It is watched no longer, and forgotten: a fleet's names change over the months. */
  readonly left: (lead: string) => void;
}

/** For so long after the last line that was nothing a host's stream is called garbled. */
export const GARBLED_FOR_MS = 10 * 60_000;

/**
 * @param all each look is news
 * @param now milliseconds, by a clock that nobody sets
 */
export function watchNews(all: boolean, now: () => number = steadyNow): WatchNews {
  const lost = new Map<string, string>();
  const garbled = new Map<string, number>();
  /** By the name that a connection is made with, and then by inventory names. */
  const told = new Map<string, Map<string, string>>();
  return {
    lost: (host, why) => {
      if (lost.get(host) === why) return false;
      lost.set(host, why);
      return true;
    },
    garbled: (host) => {
      const at = now();
      const before = garbled.get(host);
      garbled.set(host, at);
      return before === undefined || at - before > GARBLED_FOR_MS;
    },
    looked: (lead, { hosts }) => {
      lost.delete(lead);
      const own = told.get(lead) ?? new Map<string, string>();
      told.set(lead, own);
      return hosts.filter((host) => {
        const state = stateOf(host);
        const hasChanged = host.resources.some(({ status }) => status === 'changed');
        if (!all && !hasChanged && (own.get(host.name) ?? QUIET) === state) return false;
        own.set(host.name, state);
        return true;
      });
    },
    left: (lead) => {
      lost.delete(lead);
      garbled.delete(lead);
      told.delete(lead);
    },
  };
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
