import { jsonText } from '../base/json_text.ts';
import type { StartEntry } from '../record/entry.ts';
import type { RunHistory } from '../record/history.ts';
import type { Made } from '../record/made.ts';
import type { Waiting } from '../record/trial.ts';
import { resourceEntry } from './resource.ts';

export const HISTORY_SCHEMA = 'virtune.history/1';

/** Runs with their changes as a JSON report has them. A change whose result is not recorded has `"known": false`. */
export function historyJson(runs: readonly RunHistory[]): string {
  return `${jsonText({ schema: HISTORY_SCHEMA, runs: runs.map(runEntry) })}\n`;
}

function runEntry({ run, file, state, start, end, fault, made, waiting }: RunHistory): object {
  return {
    run,
    file,
    state,
    start: start && startEntry(start),
    end: end && { at: end.at, exitCode: end.exitCode, hosts: end.hosts, subjects: end.subjects },
    fault: fault && { kind: fault.kind, line: fault.line, text: fault.text },
    ...(waiting === undefined ? {} : { confirm: waiting.map(confirmEntry) }),
    changes: made.map(changeEntry),
  };
}

function startEntry({
  at,
  what,
  of,
  command,
  playbooks,
  inventory,
  folder,
  who,
  reason,
}: StartEntry): object {
  return {
    at,
    what,
    ...(of === undefined ? {} : { of }),
    command,
    playbooks,
    inventory,
    folder,
    who,
    ...(reason === undefined ? {} : { reason }),
  };
}

function confirmEntry({ watchdog, until, hosts, how }: Waiting): object {
  return { watchdog, until, hosts, how };
}

function changeEntry({ change, isKnown, at, line }: Made): object {
  return { host: change.host, at, line, known: isKnown, resource: resourceEntry(change) };
}
