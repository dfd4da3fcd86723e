import { oneOf } from '../base/text.ts';
import { inputError } from '../model/diagnostic.ts';
import type { HostResult, RunResult, ShardRun } from '../model/result.ts';
import { allRead, joinUses, waiverRef } from '../waivers/uses.ts';
import { goneOfShards } from './drift/gone.ts';
import { EXIT, exitCode, FAIL_ON } from './exit_code.ts';
import { joinEvidence, judge } from './judge.ts';

/** The result of a shard, and the file that it came from. */
export interface ShardReport {
  readonly file: string;
  readonly result: RunResult;
}

interface Part extends ShardReport {
  readonly shard: ShardRun;
}

/** With several exit statuses of shards, the first of these that one has. */
const GRAVEST = [
  EXIT.interrupted,
  EXIT.input,
  EXIT.refused,
  EXIT.stale,
  EXIT.locked,
  EXIT.failed,
  EXIT.unreachable,
  EXIT.pending,
];

/**
 * One result of the shards of a run. Rules are judged where every shard is there; shards that are missing are in
 * `shards`, and make the exit status 1.
 * @throws InputError for what is no shard, twice the same one, and shards of different runs
 */
export function mergeShards(reports: readonly ShardReport[]): RunResult {
  const parts = reports.map(asPart).sort((a, b) => a.shard.index - b.shard.index);
  const [first] = parts;
  if (first === undefined)
    throw inputError('there is nothing to merge', 'name the JSON reports of all shards');
  refuseDoubles(parts);
  for (const part of parts) refuseOthers(first, part);
  const { count } = first.shard;
  const there = new Set(parts.map(({ shard }) => shard.index));
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((index) => !there.has(index));
  const results = parts.map(({ result }) => result);
  const hosts = hostsOf(parts);
  const judged = judge(
    missing.length > 0 ? { plays: [], names: [] } : joinEvidence(parts.map(({ shard }) => shard.evidence)),
  );
  const interrupted = results.some((result) => result.exitCode === EXIT.interrupted);
  const { missingOk, strict, failOn } = first.result;
  const warnings = results.flatMap((result) => result.warnings);
  const strictness = {
    missingOk,
    strict,
    failOn: failOn && FAIL_ON.filter((what) => failOn.includes(what)),
  };
  const whole = exitCode({ hosts, ...judged, warnings }, interrupted, strictness);
  const statuses = [whole, missing.length > 0 ? EXIT.input : EXIT.ok, ...results.map((one) => one.exitCode)];
  const gone = goneOfShards(
    results.flatMap((result) => result.gone ?? []),
    hosts,
  );
  const waivers = joinUses(
    results.map((result) => result.waivers ?? []),
    missing.length === 0 && allRead(hosts) && parts.every(({ shard }) => shard.limited !== true),
  );
  const { shard: _, gone: __, waivers: ___, confirm: ____, ...head } = first.result;
  const until = results.flatMap(({ confirm }) => confirm?.until ?? []).sort()[0];
  return {
    ...head,
    startedAt: results.map(({ startedAt }) => startedAt).sort()[0] ?? head.startedAt,
    finishedAt:
      results
        .map(({ finishedAt }) => finishedAt)
        .sort()
        .at(-1) ?? head.finishedAt,
    user: [...new Set(results.map(({ user }) => user))].join(', '),
    command: head.command.replace(/ --shard(?:=| )\S+/, ''),
    exitCode: GRAVEST.find((status) => statuses.includes(status)) ?? EXIT.ok,
    hosts,
    unmatchedRules: judged.unmatchedRules,
    missingDomains: judged.missingDomains,
    shards: { count, missing },
    ...(until === undefined ? {} : { confirm: { until } }),
    ...(gone.length === 0 ? {} : { gone }),
    ...(waivers.length === 0 ? {} : { waivers }),
    warnings: [...new Map(warnings.map((one) => [JSON.stringify(one), one])).values()],
  };
}

function asPart({ file, result }: ShardReport): Part {
  if (result.shard !== undefined) return { file, result, shard: result.shard };
  throw inputError(
    `${file} is the report of a whole run, and not of a shard`,
    'merge takes what virtune run … --shard N/COUNT --report json=FILE has written',
  );
}

function refuseDoubles(parts: readonly Part[]): void {
  for (const [at, { file, shard }] of parts.entries()) {
    const before = parts[at - 1];
    if (before === undefined || before.shard.index !== shard.index) continue;
    throw inputError(
      `${before.file} and ${file} are both shard ${shard.index} of ${shard.count}`,
      'give each shard once: of one that ran again the later report',
    );
  }
}

/** What must be the same for all shards of a run, with a word for it. */
function sameness({ result, shard }: Part): Readonly<Record<string, unknown>> {
  return {
    'modes (check or apply)': result.mode,
    playbooks: result.playbooks,
    'numbers of shards': shard.count,
    'inventories, hosts or rules': [result.inventory, shard.fleet, shard.inventoryHosts],
    'pipelines of CI': shard.pipeline ?? null,
    baselines: result.baseline?.id ?? null,
    policies: result.policies ?? null,
    waivers: (result.waivers ?? []).map(waiverRef),
    'options (--strict, --missing-ok, --fail-on)': [
      result.strict ?? false,
      result.missingOk ?? false,
      result.failOn ?? null,
    ],
  };
}

function refuseOthers(first: Part, other: Part): void {
  const [one, two] = [sameness(first), sameness(other)];
  const different = Object.keys(one).filter(
    (what) => JSON.stringify(one[what]) !== JSON.stringify(two[what]),
  );
  if (different.length === 0) return;
  throw inputError(
    `${first.file} and ${other.file} are not of one run: they have different ${oneOf(different, 'and')}`,
    'merge the shards of one run only',
  );
}

/** In the order of the inventory. */
function hostsOf(parts: readonly Part[]): readonly HostResult[] {
  const placed = parts.flatMap(({ result, shard }) =>
    result.hosts.map((host, index) => ({ host, place: shard.places[index] ?? 0 })),
  );
  return placed.sort((a, b) => a.place - b.place).map(({ host }) => host);
}

/** `shards 2 and 5 of 8 are missing`; '' where none is. */
export function missingShards({ shards }: RunResult): string {
  if (shards === undefined || shards.missing.length === 0) return '';
  const [first, ...more] = shards.missing;
  const which = more.length === 0 ? `shard ${first}` : `shards ${oneOf(shards.missing.map(String), 'and')}`;
  const is = more.length === 0 ? 'is' : 'are';
  return `${which} of ${shards.count} ${is} missing: the hosts there are not in this report, and rules are not judged`;
}
