import { stat } from 'node:fs/promises';
import { sharer } from '../base/share.ts';
import type { Earlier, EarlierChange, EarlierHost } from '../engine/drift/baseline.ts';
import type { Change } from '../model/change.ts';
import type { UnmatchedRule } from '../model/result.ts';
import { entryOf } from './chain.ts';
import type { EndEntry } from './entry.ts';
import { endsOf, fileOf, runsIn } from './folder.ts';
import { type Made, making } from './made.ts';
import { readRun } from './read.ts';
import { allSeen } from './seen.ts';
import { hostOf, type Sight } from './sight.ts';

/** What the record knows of a fleet at last. */
export interface LastSeen {
  /** How many hypervisors runs have seen. */
  readonly count: number;
  /**
   * As an earlier result.
   * @param wanted the hosts that may have what is looked for; of others only where VMs were is of use
   */
  earlier(wanted: (host: string) => boolean): Earlier;
}

/**
 * Reads what runs have seen of each hypervisor at last.
 * @param until what was seen later is left out: of a report of then it explains nothing
 * @throws where files cannot be read
 */
export async function lastSeen(state: string, until?: string): Promise<LastSeen> {
  const share = sharer();
  const seen: { readonly hypervisor: string; readonly sight: Sight }[] = [];
  let count = 0;
  for await (const { seen: one } of allSeen(state)) {
    count++;
    for (const sight of one.sights)
      if (until === undefined || sight.at <= until)
        seen.push({ hypervisor: one.hypervisor, sight: { ...sight, kinds: sight.kinds.map(share) } });
  }
  const [oldest] = seen.map(({ sight }) => sight.at).sort();
  const { begun, unmatched } = await fromRuns(state, oldest, new Set(seen.map(({ sight }) => sight.run)));
  const hosts = seen.flatMap(({ hypervisor, sight }) => withBegun(hostOf(hypervisor, sight), sight, begun));
  return {
    count,
    earlier: (wanted) => {
      const others = hosts.filter(({ name }) => !wanted(name));
      return {
        hosts: hosts.filter(({ name }) => wanted(name)),
        unmatchedRules: unmatched,
        elsewhere: new Map(
          others.flatMap(({ name, vms }) =>
            (vms?.known ?? []).map(({ uuid }): [string, string] => [uuid, name]),
          ),
        ),
      };
    },
  };
}

/** What a run that has no end was about, by subject: the last of them. */
type Begun = ReadonlyMap<string, Made & { readonly run: string }>;

const idOf = ({ module, domain, subject }: Pick<EarlierChange, 'module' | 'domain' | 'subject'>): string =>
  JSON.stringify([module, domain.uuid, subject.key]);

/** So late a file may have been written after the time that it is stamped with. */
const STAMP_MS = 2_000;

/** What files of runs tell beside: of those without an end, what they have begun; of the others, rules without effect. */
async function fromRuns(
  state: string,
  oldest: string | undefined,
  runs: ReadonlySet<string>,
): Promise<{ readonly begun: Begun; readonly unmatched: readonly Pick<UnmatchedRule, 'name' | 'file'>[] }> {
  const begun = new Map<string, Made & { readonly run: string }>();
  const unmatched: Pick<UnmatchedRule, 'name' | 'file'>[] = [];
  if (oldest === undefined) return { begun, unmatched };
  for (const run of (await runsIn(state)).toReversed()) {
    const isSight = runs.has(run);
    const { mtime } = await stat(fileOf(state, run));
    // Nothing was added to it since. A file system stamps by a clock that is some milliseconds behind.
    if (!isSight && mtime.getTime() + STAMP_MS < Date.parse(oldest)) continue;
    const ends = await endsOf(state, run);
    const last = ends === null ? null : lastEntry(ends.last);
    if (last?.type === 'end' && ends?.torn === 0) {
      if (isSight) unmatched.push(...(last.unmatched ?? []));
      continue;
    }
    const { hear, made } = making();
    await readRun(state, run, hear);
    for (const one of made()) begun.set(idOf(one.change), { ...one, run });
  }
  return { begun, unmatched };
}

function lastEntry(bytes: Buffer): EndEntry | null {
  try {
    return entryOf<EndEntry>({ bytes });
  } catch {
    return null;
  }
}

/** What a run without an end has done since is what counts; where it does not say what came of it, nobody knows. */
function withBegun(host: EarlierHost, { at, run }: Sight, begun: Begun): readonly EarlierHost[] {
  const since = (change: EarlierChange) => {
    const one = begun.get(idOf(change));
    // Of two runs in the same millisecond, what was not seen counts.
    return one === undefined || one.at < at || (one.at === at && one.run === run) ? undefined : one;
  };
  const later = host.resources.flatMap((change): EarlierChange[] => {
    const one = since(change);
    return one === undefined ? [] : [{ ...change, ...leftBy(one) }];
  });
  if (later.length === 0) return [host];
  // Which start and which description of its VM that run wrote to, it does not say.
  const known = later.map(({ domain: { name, uuid } }) => ({ name, uuid }));
  return [
    { ...host, vms: { complete: false, known }, resources: later },
    { ...host, resources: host.resources.filter((change) => since(change) === undefined) },
  ];
}

function leftBy({ run, change, isKnown }: Made & { readonly run: string }): Partial<EarlierChange> {
  const { settings, rules, after }: Change = change;
  if (isKnown && after !== null) return { settings, rules, after };
  return { doubt: `the run ${run}, which has no end, may have written to it` };
}
