import { jsonText } from '../base/json_text.ts';
import type { RunHistory } from '../record/history.ts';
import type { Made } from '../record/made.ts';
import { resourceEntry } from './resource.ts';

export const HISTORY_SCHEMA = 'virtune.history/1';

/** Runs with their changes as a JSON report has them. A change whose result is not recorded has `"known": false`. */
export function historyJson(runs: readonly RunHistory[]): string {
  return `${jsonText({ schema: HISTORY_SCHEMA, runs: runs.map(runEntry) })}\n`;
}

function runEntry({ run, file, state, start, end, fault, made }: RunHistory): object {
  const { what, of, at, command, playbooks, inventory, who, reason } = start ?? {};
  return {
    run,
    file,
    state,
    startedAt: at ?? null,
    finishedAt: end?.at ?? null,
    what: what ?? null,
    ...(of === undefined ? {} : { of }),
    command,
    playbooks,
    inventory,
    who,
    ...(reason === undefined ? {} : { reason }),
    exitCode: end?.exitCode ?? null,
    ...(end === null ? {} : { hosts: end.hosts, subjects: end.subjects }),
    fault: fault && { kind: fault.kind, line: fault.line, text: fault.text },
    changes: made.map(changeEntry),
  };
}

function changeEntry({ change, isKnown, at, line }: Made): object {
  return { host: change.host, at, line, known: isKnown, ...resourceEntry(change) };
}
