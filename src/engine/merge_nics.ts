import type { DesiredLimits } from '../model/limits.ts';
import { desiredIn, type NicResult, type NicStatus } from '../model/result.ts';

/** Gravest first. */
const GRAVITY: Readonly<Record<NicStatus, number>> = {
  unreachable: 0,
  failed: 1,
  busy: 2,
  notFound: 3,
  ambiguous: 4,
  unsupported: 5,
  refused: 6,
  skipped: 7,
  pending: 8,
  changed: 9,
  notRunning: 10,
  inSync: 11,
  unmanaged: 12,
};

/** One result for each NIC of a hypervisor, however many tasks, plays or inventory names have reached it. */
export function mergeNics(nics: readonly NicResult[]): readonly NicResult[] {
  const merged = new Map<string, NicResult>();
  for (const nic of nics) {
    const key = `${nic.domain.uuid} ${nic.nic.mac} ${nic.nic.index}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? nic : mergeTwo(known, nic));
  }
  return merged.size === nics.length ? nics : [...merged.values()];
}

/** @param second what a later task has to say of the NIC */
function mergeTwo(first: NicResult, second: NicResult): NicResult {
  const both = [first, second];
  // What is ignored shows only where nothing else has anything to tell.
  const counted = both.filter((nic) => nic.ignored !== true);
  const telling = counted.some((nic) => GRAVITY[nic.status] < GRAVITY.inSync) ? counted : both;
  const [gravest = second] = telling.toSorted((a, b) => GRAVITY[a.status] - GRAVITY[b.status]);
  const { ignored: _first, message: _one, notes: _some, ...one } = first;
  const messages = distinct(both.flatMap(({ message }) => message ?? []));
  const notes = distinct(both.flatMap((nic) => nic.notes ?? []));
  return {
    ...one,
    status: gravest.status,
    rules: distinctBy([...first.rules, ...second.rules], (rule) => JSON.stringify(rule)),
    desired: { ...first.desired, ...second.desired },
    ...(both.some((nic) => nic.desiredByState !== undefined)
      ? { desiredByState: { live: desiredOf(both, 'live'), config: desiredOf(both, 'config') } }
      : {}),
    after: second.after ?? first.after,
    commands: distinct([...first.commands, ...second.commands]),
    ...(messages.length === 0 ? {} : { message: messages.join('; ') }),
    ...(notes.length === 0 ? {} : { notes }),
    ...(gravest.ignored === true ? { ignored: true as const } : {}),
  };
}

const desiredOf = (nics: readonly NicResult[], state: 'live' | 'config'): DesiredLimits =>
  Object.assign({}, ...nics.map((nic) => desiredIn(nic, state)));

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

function distinctBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
