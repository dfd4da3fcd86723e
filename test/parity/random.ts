import type { Question } from './ansible.ts';

/** A random inventory: its files, which of them are sources, and what is asked about it. */
export interface RandomCase {
  readonly files: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  readonly patterns: readonly Question[];
}

/** A small generator of random numbers (mulberry32), the same from the same seed everywhere. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Dice {
  readonly chance: (share: number) => boolean;
  readonly below: (limit: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
  readonly some: <T>(items: readonly T[], most: number) => readonly T[];
}

export function dice(random: () => number): Dice {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  return {
    chance: (share) => random() < share,
    below,
    pick,
    some: (items, most) => Array.from({ length: below(most + 1) }, () => pick(items)),
  };
}

export const HOSTS = [
  'a',
  'b1',
  'b2',
  'web1.net',
  'web2.net',
  'db-1',
  'g3',
  '10.0.0.1',
  'fe80::1',
  'c:2222',
  '[::2]:22',
];
export const RANGES = ['h[1:3]', 'h[01:03]', 'x[a:c]y', 'n[1:9:4]', 'r[1:2]-[a:b]', 'h[0:2].net'];
const GROUPS = ['g1', 'g2', 'g3', 'g4', 'g5', 'g6', 'g7', 'g8'];
const VALUES: readonly unknown[] = [1, 'x', true, null, [1, 2], { y: 1 }, 'yes', '010', 0.5, ''];

const BASE = JSON.stringify({
  g1: { hosts: { a: null, b1: null } },
  g2: { hosts: { 'h[1:3]': null, 'web1.net': null } },
  g3: { hosts: { 'h0[1:2]': null }, children: { g4: { hosts: { sure: null, b1: null } } } },
});

/** Group i contains only groups after it, so that there is no cycle. */
export function randomCase(random: () => number): RandomCase {
  const roll = dice(random);
  const files: Record<string, string> = {};
  const sources: string[] = [];
  // Mostly there are groups and hosts that patterns name.
  if (roll.chance(0.8)) {
    files['base.yml'] = BASE;
    sources.push('base.yml');
  }
  for (let i = 0; i <= roll.below(3); i++) {
    const name = roll.chance(0.3) ? `dir${i}/h.yml` : `s${i}.yml`;
    files[name] = JSON.stringify(inventory(roll));
    sources.push(name.includes('/') && roll.chance(0.5) ? (name.split('/')[0] ?? '') : name);
    if (roll.chance(0.2)) sources.push(roll.chance(0.5) ? 'a,b1,new:22' : 'z,');
  }
  const beside = roll.some(['', 'dir0/', 'dir1/'], 3);
  for (const dir of beside) {
    const group = roll.pick(['all', 'ungrouped', ...GROUPS]);
    files[`${dir}group_vars/${group}${roll.pick(['', '.yml', '.yaml', '.json', '/a.yml', '/b/c'])}`] ??=
      vars(roll);
    files[
      `${dir}host_vars/${roll.pick(['a', 'b1', 'h1', 'web1.net'])}${roll.pick(['', '.yml', '.json'])}`
    ] ??= vars(roll);
  }
  return { files: withoutClashes(files), sources, patterns: Array.from({ length: 8 }, () => question(roll)) };
}

/** A name cannot be both a file and a folder. */
function withoutClashes(files: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(files);
  return Object.fromEntries(
    Object.entries(files).filter(([name]) => !names.some((other) => other.startsWith(`${name}/`))),
  );
}

function vars(roll: Dice): string {
  return JSON.stringify(
    Object.fromEntries(roll.some(['v', 'w', 'x', 'ansible_host'], 3).map((key) => [key, roll.pick(VALUES)])),
  );
}

function inventory(roll: Dice): object {
  const top: Record<string, object | null> = {};
  for (const name of roll.some(['all', 'ungrouped', ...GROUPS], 6)) top[name] = group(name, roll, 0);
  top[roll.pick(GROUPS)] ??= { hosts: { sure: null } };
  return top;
}

function group(name: string, roll: Dice, depth: number): object | null {
  if (roll.chance(0.1)) return null;
  const found: Record<string, unknown> = {};
  if (roll.chance(0.7)) {
    const hosts = [...roll.some(HOSTS, 4), ...roll.some(RANGES, 1)];
    found.hosts = Object.fromEntries(
      hosts.map((host) => [host, roll.chance(0.4) ? JSON.parse(vars(roll)) : null]),
    );
  }
  if (roll.chance(0.4))
    found.vars = {
      ...JSON.parse(vars(roll)),
      ...(roll.chance(0.3) ? { ansible_group_priority: roll.below(4) } : {}),
    };
  const below = name === 'all' ? GROUPS : GROUPS.slice(GROUPS.indexOf(name) + 1);
  if (name !== 'ungrouped' && roll.chance(0.6) && below.length > 0) {
    found.children = Object.fromEntries(
      roll
        .some(below, 3)
        .map((child) => [child, depth < 3 && roll.chance(0.5) ? group(child, roll, depth + 1) : null]),
    );
  }
  return Object.fromEntries(Object.entries(found).toSorted(() => (roll.chance(0.5) ? 1 : -1)));
}

const TERMS = [
  'all',
  '*',
  'g1',
  'g2',
  'g3',
  'g4',
  'g*',
  'h*',
  '*.net',
  'a',
  'b1',
  'sure',
  'h1',
  'h0?',
  'g[1-3]*',
  '~g[45]',
  '~.*[12]$',
  '~(h|x)',
  'ungrouped',
  '10.0.0.1',
  'fe80::1',
  'zz',
  '[!g]*',
];
const SUBSCRIPTS = ['[0]', '[1]', '[-1]', '[-2]', '[0:1]', '[1:]', '[1:3]', '[2:]'];

function question(roll: Dice): Question {
  return [pattern(roll), roll.chance(0.2) ? pattern(roll) : null];
}

function pattern(roll: Dice): string {
  const terms = Array.from({ length: 1 + roll.below(3) }, () => {
    const term = roll.pick(TERMS);
    const subscript = !term.startsWith('~') && roll.chance(0.25) ? roll.pick(SUBSCRIPTS) : '';
    return roll.pick(['', '', '', '&', '!']) + term + subscript;
  });
  return terms.join(roll.pick([',', ',', ':']));
}
