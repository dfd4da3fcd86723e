import type { Draw } from './draw.ts';
import type { Domain, Meant } from './types.ts';

/** Selectors for VMs that are there: an exact name that no host has is an error, which other tests are about. */

type Selectors = Pick<Meant, 'domain' | 'match' | 'nic'>;

export function drawSelectors(draw: Draw, domains: readonly Domain[]): Selectors {
  const domain = draw.chance(0.75) ? drawDomain(draw, domains) : [];
  const match = draw.chance(domain.length === 0 ? 0.6 : 0.25) ? drawMatch(draw, domains) : {};
  const some = domain.length > 0 || Object.keys(match).length > 0;
  const nic = some && draw.chance(0.45) ? 'all' : drawNic(draw, domains);
  // What many VMs have alike names none: it is asked for a domain then.
  const namesNone = domain.length === 0 && Object.keys(match).length === 0 && !namesNics(nic);
  return { domain: namesNone ? ['*'] : domain, match, nic };
}

const namesNics = (nic: Meant['nic']) =>
  typeof nic === 'object' &&
  ['mac', 'bridge', 'network', 'portgroup', 'target'].some((key) => Object.hasOwn(nic, key));

function drawDomain(draw: Draw, domains: readonly Domain[]): string[] {
  const words = Array.from({ length: draw.pick([1, 1, 2, 3]) }, () => word(draw, draw.pick(domains)));
  if (!draw.chance(0.25)) return words;
  const excluded = word(draw, draw.pick(domains));
  const includes = draw.chance(0.2) ? [] : draw.chance(0.5) ? ['*'] : words;
  return draw.chance(0.5) ? [...includes, `!${excluded}`] : [`!${excluded}`, ...includes];
}

/** A name that YAML, the template language and the globs hand on as it is. */
const isWord = (name: string) => !/[*?[!{}%#]/.test(name);

function word(draw: Draw, { name, uuid }: Domain): string {
  switch (draw.int(0, 4)) {
    case 0:
      return draw.chance(0.3) ? uuid.toUpperCase() : uuid;
    case 1:
    case 2:
      return isWord(name) ? name : uuid;
    default:
      return globFor(draw, name);
  }
}

/** A glob that the text fits, and perhaps others. */
export function globFor(draw: Draw, text: string): string {
  const chars = [...text];
  const plain = (char: string) => (/[*?[!{}%#]/.test(char) ? '?' : char);
  const at = draw.int(0, Math.max(0, chars.length - 1));
  const before = chars.slice(0, at).map(plain).join('');
  const after = chars
    .slice(at + 1)
    .map(plain)
    .join('');
  const char = chars[at] ?? '';
  switch (draw.int(0, 4)) {
    case 0:
      return `${before}*`;
    case 1:
      return char === '' ? '*' : `${before}?${after}`;
    case 2:
      return /^[a-z0-9]$/.test(char)
        ? `${before}[${draw.pick([char, `x${char}`, 'a-z0-9', '!A-Z'])}]${after}`
        : '*';
    case 3:
      return `*${after}`;
    default:
      return draw.chance(0.2) ? '*' : `*${before.slice(-2)}*`;
  }
}

const STATES = ['running', 'paused', 'shutoff', 'shut off', 'other'] as const;

function drawMatch(draw: Draw, domains: readonly Domain[]): Record<string, unknown> {
  const novas = domains.flatMap(({ nova }) => (nova === null ? [] : [nova]));
  const titles = domains.map(({ title }) => title).filter((title) => title !== '');
  const makers: Record<string, () => unknown> = {
    state: () => (draw.chance(0.5) ? draw.pick(STATES) : draw.some(STATES, 3)),
    persistent: () => draw.chance(0.6),
    ...(titles.length === 0 ? {} : { title: () => globFor(draw, draw.pick(titles)) }),
    ...(novas.length === 0 ? {} : { nova: () => drawNova(draw, draw.pick(novas)) }),
  };
  return Object.fromEntries(draw.some(Object.keys(makers), 2).map((key) => [key, makers[key]?.()]));
}

function drawNova(draw: Draw, nova: NonNullable<Domain['nova']>): Record<string, string> {
  const party = (who: { name: string; uuid: string }) =>
    draw.chance(0.4) ? who.uuid : globFor(draw, who.name);
  const makers = {
    name: () => globFor(draw, nova.name),
    flavor: () => globFor(draw, nova.flavor),
    project: () => party(nova.project),
    user: () => party(nova.user),
  };
  const keys = draw.some(Object.keys(makers) as (keyof typeof makers)[], 2);
  return Object.fromEntries(keys.map((key) => [key, makers[key]()]));
}

const CONDITIONS = ['mac', 'bridge', 'network', 'portgroup', 'target', 'model', 'alias'] as const;

function drawNic(draw: Draw, domains: readonly Domain[]): Meant['nic'] {
  const kind = draw.int(0, 5);
  if (kind === 0) return draw.int(1, 3);
  if (kind === 1) return draw.some([1, 2, 3]);
  const nics = domains.flatMap(({ live, config }) => [...(live ?? []), ...(config ?? [])]);
  const has = (key: (typeof CONDITIONS)[number]) => nics.filter((nic) => nic[key] !== '');
  // First what is asked for, then a NIC that has it: most have no portgroup.
  const nic = draw.pick(has(draw.pick(CONDITIONS.filter((key) => has(key).length > 0))));
  const known = CONDITIONS.filter((key) => nic[key] !== '');
  const keys = draw.some([draw.pick(known), draw.pick(known)]);
  return Object.fromEntries(
    keys.map((key) => [key, key === 'mac' && draw.chance(0.3) ? nic.mac.toUpperCase() : nic[key]]),
  );
}
