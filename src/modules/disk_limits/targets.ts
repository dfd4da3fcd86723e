import { globMatch, isGlob } from '../../base/glob.ts';
import { DISK_KINDS } from '../../facts/disks.ts';
import { coversKinds, kindsApart, kindsMatch, toKinds } from '../selectors/kinds.ts';
import type { FoundDisk, Rule } from './rule.ts';

/** Which disks of a VM a rule names. */
type Disks = Pick<Rule, 'disks' | 'is'>;

const WHAT = Object.keys(DISK_KINDS) as (keyof typeof DISK_KINDS)[];

type Words = string | readonly string[];
type Conditions = Readonly<Partial<Record<'target' | keyof typeof DISK_KINDS, Words>>>;

/** `disk` as a rule has it. */
export type RawDisks = Words | Conditions;

/** Those named by what the VM sees may be CD-ROMs; else only a name means them. */
export function toDisks(raw: RawDisks = 'all'): Disks {
  if (!isMap(raw)) return { disks: [raw].flat(), is: {} };
  const kinds = WHAT.flatMap((what) => {
    const words = raw[what];
    return words === undefined ? [] : [[what, toKinds(words)] as const];
  });
  const every = raw.device === undefined ? 'all' : '*';
  return { disks: [raw.target ?? every].flat(), is: Object.fromEntries(kinds) };
}

function isMap(raw: RawDisks): raw is Conditions {
  return typeof raw === 'object' && !Array.isArray(raw);
}

export function namesDisk({ disks, is }: Disks, found: FoundDisk): boolean {
  if (!WHAT.every((what) => kindsMatch(is[what], [found[what]]))) return false;
  const removable = found.device === 'cdrom' || found.device === 'floppy';
  return disks.some((word) => (word === 'all' ? !removable : globMatch(word, found.target)));
}

/** Whether one rule names every disk of a VM that the other one names, as far as that can be proved. */
export function coversDisks(wide: Disks, narrow: Disks): boolean {
  return (
    narrow.disks.every((word) => wide.disks.some((other) => coversWord(other, word))) &&
    WHAT.every((what) => coversKinds(wide.is[what], narrow.is[what]))
  );
}

/** Whether no disk can be named by both, as far as that can be proved. */
export function disksApart(a: Disks, b: Disks): boolean {
  return (
    a.disks.every((one) => b.disks.every((other) => wordsApart(one, other))) ||
    WHAT.some((what) => kindsApart(a.is[what], b.is[what]))
  );
}

function coversWord(wide: string, narrow: string): boolean {
  if (wide === narrow || wide === '*') return true;
  return isTarget(narrow) && globMatch(wide, narrow);
}

function wordsApart(a: string, b: string): boolean {
  if (isTarget(a)) return b !== 'all' && !globMatch(b, a);
  return isTarget(b) && a !== 'all' && !globMatch(a, b);
}

/** A name, neither a glob nor `all`. */
function isTarget(word: string): boolean {
  return word !== 'all' && !isGlob(word);
}
