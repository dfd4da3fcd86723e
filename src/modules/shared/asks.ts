import type { Side } from '../../model/change.ts';
import { SIDES } from '../../model/change.ts';
import { coversVms, vmsApart } from '../selectors/cover.ts';
import type { BaseRule } from '../selectors/rule.ts';

/** What a rule asks of a group of settings, in a form that can be compared. */
export interface Ask {
  /** The same for asks that come to the same on every VM. */
  readonly id: string;
  /** Asks of one kind with different ids never come to the same; '' for one that differs from all others. */
  readonly kind: string;
  /** For people: `50% (50000/100000)`. */
  readonly text: string;
}

/** A rule that asks something of groups of settings, by their names. */
export interface AskingRule extends BaseRule {
  readonly asks: Readonly<Record<string, Ask>>;
}

/** What rules reach, as far as that can be proved from the rules alone. */
export interface Reach<R extends BaseRule> {
  /** Whether one rule names all that another one names. */
  readonly covers: (wide: R, narrow: R) => boolean;
  /** Whether nothing can be named by both. */
  readonly apart: (a: R, b: R) => boolean;
  /** `VMs` */
  readonly many: string;
}

/** For modules that limit whole VMs. */
export const WHOLE_VMS: Reach<BaseRule> = { covers: coversVms, apart: vmsApart, many: 'VMs' };

/** One group in one of libvirt's states. */
export interface Part {
  readonly group: string;
  readonly side: Side;
}

export function partsOf(rule: AskingRule): readonly Part[] {
  return Object.keys(rule.asks).flatMap((group) =>
    SIDES.filter((side) => appliesTo(rule, side)).map((side) => ({ group, side })),
  );
}

export function asks(rule: AskingRule, { group, side }: Part): boolean {
  return rule.asks[group] !== undefined && appliesTo(rule, side);
}

function appliesTo(rule: BaseRule, side: Side): boolean {
  return rule.applyTo === 'both' || rule.applyTo === side;
}

/** Whether two asks come to different values on every VM. */
export function alwaysDiffer(a: Ask, b: Ask): boolean {
  return a.id !== b.id && (a.kind === b.kind || a.kind === '' || b.kind === '');
}

/** `rule "web" (p.yml:4)` */
export function ruleWords({ name, file, line }: BaseRule): string {
  return `rule "${name}"${file === '' ? '' : ` (${file}:${line})`}`;
}
