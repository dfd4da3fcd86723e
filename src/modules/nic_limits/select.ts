import type { Desired } from '../../model/change.ts';
import type { Claim, Objection, Selection } from '../module.ts';
import { selectsDomain } from '../selectors/match.ts';
import { selectByRules } from '../selectors/select.ts';
import { cloudNotes, neutronObjection } from './beside_cloud.ts';
import { limitsFor, unreadable } from './from_cloud.ts';
import type { FoundNic } from './item.ts';
import { nicMatches } from './match.ts';
import { portClaim, portNotes, portObjection, unnamedClaim } from './port/select.ts';
import { portOf } from './ports.ts';
import type { NicLimitsArgs, Rule } from './rule.ts';
import { toValues } from './settings.ts';

/** What the rules claim of which NICs; without a rule, what `unmatched` does. */
export function selectNics(args: NicLimitsArgs, found: readonly FoundNic[]): Selection<FoundNic> {
  const byPort = args.enforceWith !== undefined;
  const names = (rule: Rule, { nic }: FoundNic) => nicMatches(rule.nic, nic, portOf(args.servers, nic));
  const { claims } = selectByRules(
    args.rules,
    found,
    (rule, one) => names(rule, one) && limitsFor(rule, one.nic, args.servers) !== null,
    (rule, one, side) => {
      const limits = limitsFor(rule, one.nic, args.servers) ?? {};
      return byPort ? portClaim(limits, one, args)[side] : toValues(limits);
    },
  );
  const all = new Map<FoundNic, readonly Claim[]>(claims);
  const always = (list: readonly Claim[]) => list.some(({ rule }) => isAlways(args.rules[rule ?? -1]));
  const asksCloud = args.rules.some((rule) => isOfCloud(rule, args.servers !== null));
  const asksProject = args.rules.some(({ match }) => match.server?.asked.project !== undefined);
  // Of a server that a cloud has not told of yet, or whose project it does not name, nobody knows whether rules name it;
  // and where only what it is to have cannot be told, that is no reason to free it.
  const isInDoubt = (one: FoundNic) => {
    const server = args.servers?.get(one.domain.uuid);
    if (server === undefined && asksCloud) return true;
    if (server?.project.name === '' && asksProject) return true;
    return args.rules.some(
      (rule) =>
        rule.from !== undefined &&
        selectsDomain(rule, one.domain) &&
        names(rule, one) &&
        unreadable(rule, one.nic, args.servers) !== null,
    );
  };
  if (args.unmatched === 'unlimited')
    for (const nic of found) {
      const own = all.get(nic) ?? [];
      const desired = byPort ? unnamedClaim(nic) : UNLIMITED;
      if (desired !== null && !always(own) && !isInDoubt(nic))
        all.set(nic, [{ rule: null, desired }, ...own]);
    }
  return { claims: all, ...besideCloud(args, all, doubtful(args, claims)) };
}

/** Where a cloud knows the NICs: those that Neutron limits, and what Nova will make of the others. */
function besideCloud(
  args: NicLimitsArgs,
  claims: ReadonlyMap<FoundNic, readonly Claim[]>,
  doubts: ReadonlyMap<FoundNic, Objection>,
): Pick<Selection<FoundNic>, 'problems' | 'notes'> {
  if (args.servers === null) return { problems: doubts };
  const problems = new Map(doubts);
  const notes = new Map<FoundNic, readonly string[]>();
  for (const [nic, list] of claims) {
    const byPort = args.enforceWith !== undefined;
    const problem = byPort ? portObjection(args, nic, list) : neutronObjection(args, nic, list);
    if (problem !== null && !problems.has(nic)) problems.set(nic, problem);
    notes.set(nic, byPort ? portNotes(args, nic, list) : cloudNotes(args, nic, list));
  }
  return { problems, notes };
}

/** Whether it takes a cloud to tell what a rule names. @param isThere a cloud tells of the host: networks may be its */
function isOfCloud({ from, match, nic }: Rule, isThere: boolean): boolean {
  const words = [from, match.server, nic.port, nic.fixed_ip, isThere ? nic.network : undefined];
  return words.some((word) => word !== undefined);
}

/** A rule that names a NIC for a while only names it not when it does not hold. */
function isAlways(rule: Rule | undefined): boolean {
  return rule !== undefined && rule.times === undefined;
}

const NONE = toValues({ inbound: null, outbound: null });
const UNLIMITED: Desired = { live: NONE, config: NONE };

/** One MAC stands for one NIC: with two, the rule does not say which customer is meant. */
function doubtful(
  { rules }: NicLimitsArgs,
  claims: ReadonlyMap<FoundNic, readonly Claim[]>,
): ReadonlyMap<FoundNic, Objection> {
  const problems = new Map<FoundNic, Objection>();
  for (const [index, { nic }] of rules.entries()) {
    if (nic.mac === undefined) continue;
    const hits = [...claims].filter(([, list]) => list.some(({ rule }) => rule === index));
    if (hits.length < 2) continue;
    const reason = `a rule names the MAC ${nic.mac}, which several NICs of this host have: add a domain to the rule`;
    for (const [found] of hits) problems.set(found, { status: 'ambiguous', reason });
  }
  return problems;
}
