import { jsonText } from '../base/json_text.ts';
import type { RunHead, RunResult } from '../model/result.ts';
import { hostEntry, outcomeEntry } from './json.ts';
import type { EventFormat } from './reporter.ts';

export const EVENTS_SCHEMA = 'virtune.events/1';

/** Events as they happen, a JSON object a line, each with its time (RFC 3339, UTC) and its kind in `event`. */
export const ndjsonEvents: EventFormat = {
  runStarted: (run, at) => line('run_started', at, { schema: EVENTS_SCHEMA, run }),
  playStarted: (play, hosts, at) => line('play_started', at, { play, hosts }),
  hostStarted: (host, at) => line('host_started', at, { host }),
  hostWaiting: (host, holder, at) => line('host_waiting', at, { host, holder }),
  hostDone: (result, at) => line('host_done', at, { host: hostEntry(result) }),
  runEnded: (result, at) => line('run_ended', at, outcomeEntry(result)),
};

/** The same of a run that is over: without the times of its hosts, which nobody has kept. */
export function* ndjsonReport(result: RunResult): Generator<string> {
  const { hosts, startedAt, finishedAt } = result;
  yield ndjsonEvents.runStarted(headOf(result), startedAt);
  for (const host of hosts) yield ndjsonEvents.hostDone(host, finishedAt);
  yield ndjsonEvents.runEnded(result, finishedAt);
}

function headOf({ id, startedAt, mode, playbooks, inventory, user, command }: RunResult): RunHead {
  return { id, startedAt, mode, playbooks, inventory, user, command };
}

function line(event: string, at: string, more: object): string {
  return `${jsonText({ event, at, ...more }, 0)}\n`;
}
