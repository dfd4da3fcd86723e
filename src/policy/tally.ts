import { plural } from '../base/text.ts';
import type { Change } from '../model/change.ts';
import { COUNTS, type Count, type PolicyRule } from './policy.ts';

type Ids = Readonly<Record<Count, Set<string>>>;

/** What a run has let through of what each rule names: each subject, VM and host once. It grows with the run. */
export type Tally = Map<PolicyRule, Ids>;

const ID: Readonly<Record<Count, (change: Change) => string>> = {
  subjects: ({ domain, subject }) => `${domain.uuid}\0${subject.kind}\0${subject.key}`,
  vms: ({ domain }) => domain.uuid,
  hosts: ({ host }) => host,
};

const WORDS: Readonly<Record<Count, string>> = { subjects: 'subjects', vms: 'VMs', hosts: 'hosts' };

/** What is more than a rule lets a run change, with these changes; null where nothing is. */
export function isOver(rule: PolicyRule, earlier: Tally, more: readonly Change[]): string | null {
  const { run, fleet } = rule;
  if (run === null) return null;
  const sum = (count: Count): number => {
    const before = earlier.get(rule)?.[count] ?? new Set();
    const ids = new Set(more.map(ID[count]).filter((id) => !before.has(id)));
    return before.size + ids.size;
  };
  for (const count of COUNTS) {
    const most = run[count];
    if (most === undefined) continue;
    const all = sum(count);
    if (all > most) return `the run would change ${all} ${WORDS[count]}, more than ${most}`;
  }
  if (run.share === undefined) return null;
  const hosts = sum('hosts');
  // One host may always be changed, as with a share in `serial`.
  if (hosts <= 1 || hosts * 100 <= run.share * fleet) return null;
  return `the run would change ${hosts} of ${plural(fleet, 'host')}, more than ${run.share}%`;
}

/** Notes what was let through of what a rule names. */
export function noteLetThrough(tally: Tally, rule: PolicyRule, changes: readonly Change[]): void {
  const own: Ids = tally.get(rule) ?? { subjects: new Set(), vms: new Set(), hosts: new Set() };
  tally.set(rule, own);
  for (const change of changes) for (const count of COUNTS) own[count].add(ID[count](change));
}
