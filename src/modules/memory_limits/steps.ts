import { type Desired, differs, type Side, type Step, type Value, type Values } from '../../model/change.ts';
import { stepsBySide } from '../shared/sides.ts';
import type { FoundMemory } from './rule.ts';

/** All forms of the commands of {@link stepsFor}. */
export const MEMTUNE =
  'memtune $uuid( --live)?( --config)?( --soft-limit (-1|[0-9]+))?( --hard-limit (-1|[0-9]+))?( --swap-hard-limit (-1|[0-9]+))?';

/**
 * The `virsh memtune` commands for the states that differ.
 * @param rewrite sets all that is in force anew
 */
export function stepsFor(
  { domain: { uuid }, live, config }: FoundMemory,
  desired: Desired,
  differing: readonly Side[],
  rewrite: boolean,
): readonly Step[] {
  const found = { live, config };
  const sets = differing.map((side) => ({
    side,
    words: wordsFor(found[side] ?? {}, desired[side], live ?? {}, rewrite && side === 'live'),
  }));
  return stepsBySide(['memtune', uuid], sets);
}

/**
 * The hard limit and that with swap go together, since libvirt holds one that comes alone against the other one in
 * force, also where only the configuration is to change (`hard_limit … must be lower than or equal to
 * swap_hard_limit`). Where there is none with swap at all it is not named: a host may have no accounting of swap, and
 * then refuses even to clear it.
 */
function wordsFor(current: Values, desired: Values, inForce: Values, rewrite: boolean): readonly string[] {
  const isDue = (name: string) =>
    desired[name] !== undefined && (rewrite || differs(current, { [name]: desired[name] as Value }));
  const all = { ...current, ...desired };
  const pair = isDue('hard_limit') || isDue('swap_hard_limit');
  const hasSwap = [current, desired, inForce].some((values) => typeof values.swap_hard_limit === 'number');
  return [
    ...(isDue('soft_limit') ? ['--soft-limit', render(all.soft_limit)] : []),
    ...(pair ? ['--hard-limit', render(all.hard_limit)] : []),
    ...(pair && hasSwap ? ['--swap-hard-limit', render(all.swap_hard_limit)] : []),
  ];
}

/** KiB; to virsh 0 is a limit, and -1 none. */
function render(value: Value | undefined): string {
  return typeof value === 'number' ? String(value) : '-1';
}
