import { type Fact, uniqueFacts } from '../facts/fact.ts';
import {
  type Desired,
  type DomainRef,
  SIDES,
  type Side,
  type Sides,
  type Subject,
  type Value,
} from '../model/change.ts';
import type { Domain } from '../model/facts.ts';
import type { AnyModule, Claim, Found, Objection, RuleInfo, Selection } from '../modules/module.ts';
import type { HostTask } from './job.ts';

/**
 * What one subject is to have, where no rule says so: the values from before a run, of a file. It goes the same way as
 * what rules declare, from the facts on.
 */
export interface Given {
  readonly module: string;
  readonly domain: DomainRef;
  readonly subject: Subject;
  readonly desired: Desired;
  /** Of each setting the values that it may have now; with another one it is left as it is. */
  readonly expected: Readonly<Record<Side, Readonly<Record<string, readonly Value[]>>>>;
  /** It is left as it is where its VM runs and did not, or the other way round. */
  readonly sameState?: true;
  /** It is left as it is, and this is why: what was to hold does not hold any more. */
  readonly over?: string;
  /** Where it stands, as a rule has a place. */
  readonly rule: RuleInfo;
}

interface GivenArgs {
  readonly rules: readonly RuleInfo[];
  readonly given: readonly Given[];
}

/** What a host may be given: its subjects of one module. They come first and all at once, whatever the task. */
export function givenTask(name: string, module: AnyModule, given: readonly Given[]): HostTask {
  const args: GivenArgs = { rules: [...new Set(given.map(({ rule }) => rule))], given };
  return { name, module: givenModule(module), args, rank: 0 };
}

/** One for each module, since the tasks of a visit that have the same module are planned together. */
const wrapped = new WeakMap<AnyModule, AnyModule>();

/** A module that takes what its subjects are to have as it is given. */
function givenModule(module: AnyModule): AnyModule {
  const known = wrapped.get(module);
  if (known !== undefined) return known;
  // Without rules a module finds what there is.
  const own = module.parse({ rules: [] }).args;
  const { hostNotes: _, ...rest } = module;
  const made: AnyModule = {
    ...rest,
    facts: ({ given }: GivenArgs): readonly Fact[] =>
      uniqueFacts([
        ...module.facts(own),
        ...given.flatMap(({ subject }) => module.factsFor?.(subject) ?? []),
      ]),
    vms: ({ given }: GivenArgs) => given.map(({ domain }) => domain.uuid),
    needsOthers: () => false,
    rules: ({ rules }: GivenArgs) => rules,
    clashes: () => [],
    select: (args: GivenArgs, found: readonly Found[]) => selectGiven(module, args, found),
    decide: (found: Found | Gone, desired, options) =>
      'gone' in found
        ? { desired, steps: [], objection: found.gone }
        : module.decide(found, desired, options),
  };
  wrapped.set(module, made);
  return made;
}

/** A subject that is not there any more, as it would be found. */
interface Gone extends Found {
  readonly gone: Objection;
}

function selectGiven(
  module: AnyModule,
  { rules, given }: GivenArgs,
  found: readonly Found[],
): Selection<Found> {
  const claims = new Map<Found, readonly Claim[]>();
  const problems = new Map<Found, Objection>();
  const there = new Map(found.map((one) => [keyOf(one.domain.uuid, one.subject), one]));
  for (const one of given) {
    const subject = there.get(keyOf(one.domain.uuid, one.subject)) ?? goneOf(module, one, found);
    claims.set(subject, [{ rule: rules.indexOf(one.rule), desired: one.desired }]);
    const other = otherState(one, subject) || otherValues(module, one, subject);
    if (one.over !== undefined) problems.set(subject, { status: 'stale', reason: one.over });
    else if (other !== '')
      problems.set(subject, { status: 'stale', reason: `it was changed since: ${other}` });
  }
  return { claims, problems };
}

function keyOf(uuid: string, { key }: Subject): string {
  return `${uuid} ${key}`;
}

function goneOf(module: AnyModule, { domain, subject }: Given, found: readonly Found[]): Gone {
  const vm = found.find((one) => one.domain.uuid === domain.uuid)?.domain;
  const reason =
    vm === undefined
      ? 'this host has no such VM any more'
      : `the VM has no such ${module.words.one} any more`;
  return {
    domain: vm ?? absent(domain),
    subject,
    live: null,
    config: null,
    gone: { status: 'notFound', reason },
  };
}

function absent({ uuid, name, persistent }: DomainRef): Domain {
  return { uuid, name, title: '', state: 'shutoff', persistent, managedSave: false, parts: {} };
}

/** What became of its VM, where that matters; '' for nothing. */
function otherState({ domain, sameState }: Given, found: Found | Gone): string {
  if (sameState !== true || 'gone' in found) return '';
  const [ran, runs] = [domain, found.domain].map(({ state }) => state !== 'shutoff');
  if (ran === runs) return '';
  return runs === true ? 'the VM was started' : 'the VM was stopped';
}

/** What it has that was not to be expected, in words: `live: receives at most 5 Mbit/s`; '' for nothing. */
function otherValues({ text }: AnyModule, { expected }: Given, found: Pick<Sides, Side>): string {
  const said = SIDES.flatMap((side) => {
    const values = found[side];
    if (values === null) return [];
    const other = Object.entries(expected[side]).flatMap(([name, may]) =>
      may.includes(values[name] ?? null) ? [] : [name],
    );
    const texts = text.values(values).filter(({ settings }) => settings.some((name) => other.includes(name)));
    return texts.length === 0 ? [] : [`${WORDS[side]}: ${texts.map((one) => one.text).join(', ')}`];
  });
  return said.join('; ');
}

const WORDS = { live: 'live', config: 'persistent' } as const;
