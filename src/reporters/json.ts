import { jsonText } from '../base/json_text.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { HostResult, RunResult } from '../model/result.ts';
import { summarise } from '../report/summary.ts';
import { resourceEntry } from './resource.ts';

export const REPORT_SCHEMA = 'virtune.report/2';

/**
 * The JSON report (schema.ts beside this file), in pieces: at a thousand hosts the whole text at once would
 * be the largest thing in memory.
 */
export function* jsonReport(result: RunResult): Generator<string> {
  const { hosts } = result;
  const head = { schema: REPORT_SCHEMA, run: runEntry(result), ...outcomeEntry(result) };
  const told = new Set<string>();
  yield `${jsonText(head).slice(0, -2)},\n  "hosts": [`;
  for (const [index, host] of hosts.entries()) {
    const entry = { ...hostEntry(host), ...(told.has(host.hypervisor) ? {} : vmsEntry(host)) };
    if (host.vms !== undefined) told.add(host.hypervisor);
    yield `${index === 0 ? '' : ','}\n    ${indent(jsonText(entry))}`;
  }
  yield hosts.length === 0 ? ']\n}\n' : '\n  ]\n}\n';
}

/** What a run came to, hosts apart: of the report, and of the last event. */
export function outcomeEntry(result: RunResult): object {
  const { hosts, exitCode, unmatchedRules, missingDomains, warnings, gone, waivers } = result;
  return {
    exitCode,
    summary: summarise(hosts),
    unmatchedRules,
    missingDomains,
    warnings: warnings.map(warningEntry),
    ...(gone === undefined ? {} : { gone }),
    ...(waivers === undefined ? {} : { waivers }),
  };
}

/** A warning as reports have it: nothing of it is left out but where templates came from. */
function warningEntry({ message, hint, place }: Diagnostic): object {
  return {
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(place === undefined ? {} : { place }),
  };
}

function runEntry(result: RunResult): object {
  const { id, startedAt, finishedAt, mode, playbooks, inventory, user, command } = result;
  const { missingOk, strict, failOn, at, baseline, policies, confirm, shard, shards } = result;
  return {
    ...{ id, startedAt, finishedAt, mode, playbooks, inventory, user, command },
    ...(missingOk === true ? { missingOk } : {}),
    ...(strict === true ? { strict } : {}),
    ...(failOn === undefined ? {} : { failOn }),
    ...(at === undefined ? {} : { at }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(policies === undefined ? {} : { policies }),
    ...(confirm === undefined ? {} : { confirm }),
    ...(shard === undefined ? {} : { shard }),
    ...(shards === undefined ? {} : { shards }),
  };
}

/** A host as the JSON report has it, its fields in one order whoever has made it. */
export function hostEntry(host: HostResult): object {
  const { name, address, hypervisor, status, error, remedy, errorCode, notes, ignored } = host;
  const { durationMs, totals, resources } = host;
  return {
    name,
    address,
    hypervisor,
    status,
    ...(error === undefined ? {} : { error }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(notes === undefined ? {} : { notes }),
    ...(ignored === undefined ? {} : { ignored }),
    durationMs,
    totals,
    resources: resources.map(resourceEntry),
  };
}

/** The VMs of a hypervisor, once for all its names. */
function vmsEntry({ vms }: HostResult): object {
  return vms === undefined ? {} : { vms };
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n    ');
}
