import { sharer } from '../base/share.ts';
import type { Change } from '../model/change.ts';
import type { Counted, HostResult } from '../model/result.ts';
import { subjectId } from './merge.ts';

/** What a run keeps of a host's result once it was shown, until its end. */
export type Keep = (result: HostResult) => HostResult;

/**
 * A run over ten thousand hosts has some hundred thousand subjects, most of them in sync.
 * @param whole keep all of them, for a report; else those without news are only counted
 * @param evidence keep what tells causes
 */
export function keeper(whole: boolean, evidence = whole): Keep {
  const share = sharer();
  const copyOf = ({ settings, rules, ...change }: Change): Change => ({
    settings: share(settings),
    rules: share(rules),
    ...copied(change),
  });
  return (heard) => {
    const { vms, ...rest } = heard;
    const { resources } = rest;
    const kept = evidence && vms !== undefined;
    const result = kept ? { ...rest, vms: copied(vms) } : rest;
    if (resources.length === 0) return result;
    if (whole) return { ...result, resources: resources.map(copyOf) };
    const news = resources.filter((change) => !isCounted(change));
    const counted = copied(resources.filter(isCounted).map(countedOf));
    return { ...result, resources: news.map(copyOf), counted };
  };
}

/** A copy, since texts that were cut out of a host's answer keep the whole answer in memory. */
function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Nothing is to be said of it where not everything is: its status is all. */
export function isQuiet({ status, reason, domain, kernel }: Change): boolean {
  if (status === 'unmanaged') return true;
  // What is in order for its rules may be in the kernel what nobody expects.
  if (kernel !== undefined && kernel.drift.length > 0) return false;
  return status === 'inSync' && reason === undefined && domain.managedSave !== true;
}

/** What changes later is told at the end. */
const isCounted = (change: Change): boolean => isQuiet(change) && change.next === undefined;

function countedOf(change: Change): Counted {
  return { id: subjectId(change), kind: change.subject.kind, status: change.status };
}
