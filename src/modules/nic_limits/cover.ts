import { coversVms, namesEveryVm, vmsApart } from '../selectors/cover.ts';
import { coversKinds, kindsApart } from '../selectors/kinds.ts';
import type { NicSelector, Rule } from './rule.ts';

/**
 * Whether one selector names everything that another one names, as far as that can be proved from the rules alone.
 * False means "not proved": advice that rests on this never guesses.
 */
export function selectsAllOf(wide: Rule, narrow: Rule): boolean {
  return coversNics(wide.nic, narrow.nic) && coversVms(wide, narrow);
}

/** Whether no NIC can be named by both, as far as that can be proved. */
export function apart(a: Rule, b: Rule): boolean {
  if (a.nic.mac !== undefined && b.nic.mac !== undefined && a.nic.mac !== b.nic.mac) return true;
  if (kindsApart(a.nic.type, b.nic.type)) return true;
  const [here, there] = [a.nic.positions, b.nic.positions];
  if (here && there && !here.some((one) => there.includes(one))) return true;
  return vmsApart(a, b);
}

/** Whether a rule names every NIC of every VM. */
export function selectsEverything(rule: Rule): boolean {
  return namesEveryVm(rule) && Object.keys(rule.nic).length === 0;
}

const EXACT = [
  'mac',
  'bridge',
  'network',
  'portgroup',
  'target',
  'model',
  'alias',
  'port',
  'fixed_ip',
] as const;

function coversNics(wide: NicSelector, narrow: NicSelector): boolean {
  const { positions } = wide;
  if (positions !== undefined && !(narrow.positions?.every((one) => positions.includes(one)) ?? false))
    return false;
  return (
    coversKinds(wide.type, narrow.type) &&
    EXACT.every((key) => wide[key] === undefined || wide[key] === narrow[key])
  );
}
