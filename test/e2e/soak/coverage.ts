import type { RuleSet } from './play.ts';
import type { Look, Meant, Oracle } from './types.ts';
import { DIRECTIONS, SIDES } from './types.ts';

/** How often each kind of rule named a NIC, and each kind of NIC was named: a soak that misses a kind proves nothing. */
export type Coverage = Map<string, number>;

const STATES = ['running', 'paused', 'shutoff'].map((state) => `state ${state}`);
const SELECTORS = [
  ...['name', 'glob', 'uuid', 'exclude', 'several words', 'hostile name'].map((kind) => `domain ${kind}`),
  ...['state', 'persistent', 'title', 'nova'].map((kind) => `match ${kind}`),
  ...['all', 'position', 'positions'].map((kind) => `nic ${kind}`),
  ...['mac', 'bridge', 'network', 'portgroup', 'target', 'model', 'alias'].map((kind) => `nic ${kind}`),
];
const RULES = ['both', 'live', 'config'].map((side) => `apply_to ${side}`);
const LIMITS = DIRECTIONS.flatMap((direction) =>
  ['unlimited', 'average', 'peak', 'burst'].map((kind) => `${direction} ${kind}`),
);
const OUTCOMES = ['inSync', 'changed', 'notRunning', 'unsupported', 'refused', 'ambiguous'].map(
  (kind) => `outcome ${kind}`,
);
const TYPES = ['bridge', 'network', 'direct', 'user'].map((type) => `type ${type}`);
const MORE = [
  'transient',
  'saved',
  'titled',
  'of Nova',
  'running only',
  'of the next start only',
  'several rules on one NIC',
  'different by side',
  'unmatched unlimited',
  'inbound floor',
  'set again',
];

/** What a whole soak must have seen. */
export const KINDS = [...STATES, ...SELECTORS, ...RULES, ...LIMITS, ...OUTCOMES, ...TYPES, ...MORE];

export function count(
  coverage: Coverage,
  set: RuleSet,
  oracle: Oracle,
  looks: Readonly<Record<string, Look>>,
  rewrite: boolean,
): void {
  const seen = (kind: string) => coverage.set(kind, (coverage.get(kind) ?? 0) + 1);
  const rules = new Map(
    Object.values(set.rules).flatMap((list) => list.map((rule) => [rule.name, rule] as const)),
  );
  for (const name of oracle.matched)
    kindsOf(
      rules.get(name) as Meant,
      set.hosts.flatMap((host) => looks[host]?.domains ?? []),
    ).forEach(seen);
  for (const [host, verdicts] of Object.entries(oracle.hosts)) {
    for (const verdict of verdicts) {
      const domain = looks[host]?.domains.find(({ uuid }) => uuid === verdict.uuid);
      if (domain === undefined) throw new Error(`the oracle names a VM that is not there: ${verdict.uuid}`);
      seen(`state ${domain.state}`);
      seen(`type ${verdict.type}`);
      seen(`outcome ${verdict.outcomes[0]}`);
      if (rewrite && verdict.outcomes[0] === 'changed') seen('set again');
      if (!domain.persistent) seen('transient');
      if (domain.saved) seen('saved');
      if (domain.title !== '') seen('titled');
      if (domain.nova !== null) seen('of Nova');
      if (domain.persistent && verdict.has.config === null) seen('running only');
      if (domain.live !== null && verdict.has.live === null) seen('of the next start only');
      if (verdict.rules.length === 0) seen('unmatched unlimited');
      if (verdict.rules.length > 1) seen('several rules on one NIC');
      const [live, config] = SIDES.map((side) => JSON.stringify(verdict.becomes[side]));
      if (verdict.outcomes[0] === 'changed' && live !== 'null' && config !== 'null' && live !== config)
        seen('different by side');
    }
  }
}

function kindsOf({ domain, match, nic, limits, apply_to }: Meant, domains: Look['domains']): string[] {
  const named = domain.filter((word) => domains.some(({ name }) => name === word));
  const kinds = [
    ...domain.map((word) =>
      word.startsWith('!')
        ? 'exclude'
        : /^[0-9A-Fa-f-]{36}$/.test(word)
          ? 'uuid'
          : named.includes(word)
            ? 'name'
            : 'glob',
    ),
    ...(domain.length > 1 ? ['several words'] : []),
    ...(named.some((word) => !/^[a-z]+-[0-9]+$/.test(word)) ? ['hostile name'] : []),
  ].map((kind) => `domain ${kind}`);
  const nics =
    nic === 'all'
      ? ['all']
      : typeof nic === 'number'
        ? ['position']
        : Array.isArray(nic)
          ? ['positions']
          : Object.keys(nic);
  const values = DIRECTIONS.flatMap((direction) => {
    const limit = limits[direction];
    if (limit === undefined) return [];
    if (limit === null) return [`${direction} unlimited`];
    return ['average', 'peak', 'burst', 'floor']
      .filter((_, index) => (limit[index] ?? 0) > 0)
      .map((kind) => `${direction} ${kind}`);
  });
  return [
    ...kinds,
    ...Object.keys(match).map((key) => `match ${key}`),
    ...nics.map((kind) => `nic ${kind}`),
    ...values,
    `apply_to ${apply_to}`,
  ];
}
