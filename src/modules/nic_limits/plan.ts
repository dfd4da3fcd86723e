import { renderCommand } from '../../libvirt/domiftune.ts';
import type { WriteStep } from '../../libvirt/script.ts';
import type { HostFacts, NicSource } from '../../model/facts.ts';
import { type DesiredLimits, DIRECTIONS, type Limits } from '../../model/limits.ts';
import type { NicResult, NicStatus } from '../../model/result.ts';
import type { Plan } from '../module.ts';
import { type Card, cardsOf, configLimits, sameRate, supportsLimits } from './card.ts';
import { objection } from './check.ts';
import { enforceable, notesOn } from './effect.ts';
import type { CurrentLimits, NicItem, Wanted } from './item.ts';
import { SIDES, type Side } from './item.ts';
import { presentNames, ruleMatches } from './match.ts';
import type { NicLimitsArgs, Rule } from './rule.ts';
import { sameWants, stepsFor } from './steps.ts';
import { uplinkNotes } from './uplink.ts';

/** Decides for every card of a host that a rule names. Cards that no rule names are counted, not listed. */
export function planHost(args: NicLimitsArgs, facts: HostFacts): Plan<NicItem> {
  const cards = facts.domains.flatMap((domain) => cardsOf(domain, facts.networks));
  const named = args.rules.map((rule) => cards.filter((card) => ruleMatches(rule, card)));
  const matched = named.flatMap((hits, index) => (hits.length > 0 ? [index] : []));
  // One MAC stands for one card: with two, the rule does not say which customer is meant.
  const doubtful = new Set(
    named.flatMap((hits, i) => (args.rules[i]?.nic.mac !== undefined && hits.length > 1 ? hits : [])),
  );
  const hits = named.map((list) => new Set(list));
  const items = cards.flatMap((card) => {
    const rules = args.rules.filter((_, index) => hits[index]?.has(card));
    if (rules.length === 0 && args.unmatched === 'leave') return args.listAll ? [unmanaged(card)] : [];
    return [
      planCard(card, rules, wantedBy(rules), {
        doubtful: doubtful.has(card),
        rewrite: args.rewrite === true,
      }),
    ];
  });
  const notes = args.uplink === undefined ? [] : uplinkNotes(cards, items, args.uplink);
  const present = presentNames(args.rules, facts.domains);
  return { items, matched, present, total: cards.length, ...(notes.length === 0 ? {} : { notes }) };
}

const ASKS_NOTHING: Wanted = { live: {}, config: {} };

function unmanaged(card: Card): NicItem {
  const current: CurrentLimits = { live: card.live?.limits ?? null, config: configLimits(card) };
  const result = toResult(card, [], ASKS_NOTHING, current, 'unmanaged', [], undefined, []);
  return { card, wanted: ASKS_NOTHING, rules: [], steps: [], result };
}

/** Rules apply in order, and a later one replaces a direction whole. No rule at all means `unmatched: unlimited`. */
function wantedBy(rules: readonly Rule[]): Wanted {
  if (rules.length === 0) {
    const none = { inbound: null, outbound: null };
    return { live: none, config: none };
  }
  const limitsFor = (side: Side): DesiredLimits => {
    const applying = rules.filter((rule) => rule.applyTo === 'both' || rule.applyTo === side);
    return Object.assign({}, ...applying.map((rule) => rule.limits));
  };
  return { live: limitsFor('live'), config: limitsFor('config') };
}

interface Circumstances {
  /** A rule's MAC names several cards of the host. */
  readonly doubtful: boolean;
  /** Set what is in force also where libvirt describes it as wanted. */
  readonly rewrite: boolean;
}

function planCard(
  card: Card,
  rules: readonly Rule[],
  asked: Wanted,
  { doubtful, rewrite }: Circumstances,
): NicItem {
  const wanted = enforceable(card, asked);
  const current: CurrentLimits = { live: card.live?.limits ?? null, config: configLimits(card) };
  // What libvirt describes as live may not be what the kernel does; the configuration is no more than its description.
  const rewritten =
    rewrite && supportsLimits(card) && current.live !== null && Object.keys(wanted.live).length > 0;
  const differing = SIDES.filter(
    (side) => differs(current[side], wanted[side]) || (rewritten && side === 'live'),
  );
  const problem = objection(card, wanted, differing, doubtful);
  const steps =
    problem === null && differing.length > 0 ? stepsFor(card, wanted, current, differing, rewrite) : [];
  const status = problem?.status ?? (differing.length > 0 ? 'pending' : 'inSync');
  const notes = notesOn(card, asked, wanted);
  return {
    card,
    wanted,
    rules,
    steps,
    result: toResult(card, rules, wanted, current, status, steps, problem?.message, notes),
  };
}

/** Whether a state lacks something that is wanted of it. A state in which the card does not exist lacks nothing. */
export function differs(current: Limits | null, wanted: DesiredLimits): boolean {
  if (current === null) return false;
  return DIRECTIONS.some((direction) => {
    const want = wanted[direction];
    return want !== undefined && !sameRate(current[direction], want);
  });
}

/** What the card is plugged into, in the terms of its type. */
function deviceName(type: string, { network, bridge, dev }: NicSource): string {
  if (type === 'bridge') return bridge || network;
  return type === 'direct' ? dev || network : network || bridge || dev;
}

/** What is wanted of the states that there are; each by itself where that is not the same. */
function desiredOf(wanted: Wanted, before: CurrentLimits): Pick<NicResult, 'desired' | 'desiredByState'> {
  const asked = SIDES.filter((side) => before[side] !== null && Object.keys(wanted[side]).length > 0);
  const sides = asked.length > 0 ? asked : SIDES;
  const desired = Object.assign({}, ...sides.toReversed().map((side) => wanted[side]));
  const both = before.live !== null && before.config !== null;
  return both && !sameWants(wanted.live, wanted.config) ? { desired, desiredByState: wanted } : { desired };
}

function toResult(
  card: Card,
  rules: readonly Rule[],
  wanted: Wanted,
  before: CurrentLimits,
  status: NicStatus,
  steps: readonly WriteStep[],
  message: string | undefined,
  notes: readonly string[],
): NicResult {
  const { domain } = card;
  const { source } = card.live ??
    card.config ?? { source: { network: '', portgroup: '', bridge: '', dev: '' } };
  return {
    domain: {
      name: domain.name,
      uuid: domain.uuid,
      state: domain.state,
      persistent: domain.persistent,
      ...(domain.managedSave ? { managedSave: true } : {}),
    },
    nic: {
      index: card.index,
      mac: card.mac,
      target: card.live?.target ?? card.config?.target ?? '',
      type: card.type,
      source: deviceName(card.type, source),
    },
    status,
    rules: rules.map(({ name, file, line }) => ({ name, file, line })),
    ...desiredOf(wanted, before),
    before,
    after: null,
    commands: steps.flatMap((step) => step.commands.map(renderCommand)),
    ...(message === undefined ? {} : { message }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}
