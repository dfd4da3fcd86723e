import { type Change, SIDES, type Side, type Value, type Values } from '../../model/change.ts';
import type { Effect } from '../module.ts';
import type { GroupWords } from './group_words.ts';

/** One group in one of the states, of which something is desired. */
export interface State {
  readonly side: Side;
  readonly had: Values;
  readonly want: Values;
}

export const SIDE_NAME: Readonly<Record<Side, string>> = { live: 'live', config: 'persistent' };

export function statesOf(change: Change, { settings }: GroupWords): readonly State[] {
  const own = settings.map((name) => change.settings.find((setting) => setting.name === name));
  return SIDES.flatMap((side) => {
    const asked = own.some((setting) => setting?.desired[side] !== undefined);
    if (!asked || !isThere(change, side)) return [];
    const [had, want]: [Record<string, Value>, Record<string, Value>] = [{}, {}];
    for (const [index, name] of settings.entries()) {
      had[name] = own[index]?.[side] ?? null;
      want[name] = own[index]?.desired[side] ?? null;
    }
    return [{ side, had, want }];
  });
}

/** Whether the subject exists in that state. */
function isThere({ settings }: Change, side: Side): boolean {
  return settings.some((setting) => setting[side] !== undefined);
}

export function same(a: Values, b: Values): boolean {
  return Object.keys(a).every((name) => a[name] === b[name]);
}

/**
 * What differs, was and will be: `receives 80 → 100 Mbit/s; sends unlimited → 200 Mbit/s`; '' where nothing does.
 * @param alike what is said instead of the names where all groups differ in the same way: `both ways`
 */
export function changeSentence(
  groups: readonly GroupWords[],
  alike: string | undefined,
  change: Change,
): string {
  const both = SIDES.every((side) => isThere(change, side));
  const parts = groups.flatMap((group) => {
    const states = statesOf(change, group);
    if (states.every(({ had, want }) => same(had, want))) return [];
    return [{ title: group.title, text: groupSentence(group, states, both) }];
  });
  return joined(parts, parts.length === groups.length ? alike : undefined);
}

/** What is to be, whatever was: `100 Mbit/s both ways`. */
export function targetText(groups: readonly GroupWords[], alike: string | undefined, change: Change): string {
  const parts = groups.flatMap((group) => {
    const { title, brief = group.short } = group;
    const [first, second] = statesOf(change, group);
    if (first === undefined) return [];
    if (second === undefined || same(first.want, second.want)) return [{ title, text: brief(first.want) }];
    const text = [first, second].map(({ side, want }) => `${brief(want)} (${SIDE_NAME[side]})`).join(', ');
    return [{ title, text }];
  });
  return joined(parts, parts.length === groups.length ? alike : undefined);
}

/** @param alike said instead of the titles where all parts have the same text */
function joined(
  parts: readonly { readonly title: string; readonly text: string }[],
  alike: string | undefined,
): string {
  const [first, ...rest] = parts;
  if (alike !== undefined && first !== undefined && rest.every(({ text }) => text === first.text))
    return `${first.text} ${alike}`;
  return parts.map(({ title, text }) => `${title} ${text}`).join('; ');
}

function groupSentence(group: GroupWords, states: readonly State[], both: boolean): string {
  const [first, second] = states;
  const arrow = ({ had, want }: State) => arrowText(group, had, want);
  if (first === undefined) return '';
  // Where the rules leave the other state alone, it must be plain which one is meant.
  if (second === undefined) return `${arrow(first)}${both ? ` (${SIDE_NAME[first.side]} only)` : ''}`;
  if (same(first.had, second.had) && same(first.want, second.want)) return arrow(first);
  const differing = states.filter(({ had, want }) => !same(had, want));
  const right = states.find(({ had, want }) => same(had, want));
  const rest = right === undefined ? '' : `; ${SIDE_NAME[right.side]} is right`;
  return differing.map((state) => `${arrow(state)} (${SIDE_NAME[state.side]}${rest})`).join(', ');
}

/** `80 → 100 Mbit/s`: in the shortest form in which the two differ, with a unit that both have told once. */
function arrowText({ brief, short, numbers }: GroupWords, had: Values, want: Values): string {
  const forms = [brief ?? short, short, numbers];
  const form = forms.find((text) => text(had) !== text(want)) ?? numbers;
  const [was, willBe] = [form(had), form(want)];
  const [, number, unit] = /^(\d+(?:\.\d+)?) (\S+)$/.exec(was) ?? [];
  const oneUnit = unit !== undefined && /^\d+(?:\.\d+)? \S+$/.test(willBe) && willBe.endsWith(` ${unit}`);
  return `${oneUnit ? number : was} → ${willBe}`;
}

/** Whether all that differs was without limit, or is to be. */
export function effectOf(groups: readonly GroupWords[], change: Change): Effect {
  const differing = groups.flatMap((group) => {
    const nothing = group.short(Object.fromEntries(group.settings.map((name) => [name, null])));
    return statesOf(change, group)
      .filter(({ had, want }) => !same(had, want))
      .map(({ had, want }) => ({ was: group.short(had) !== nothing, willBe: group.short(want) !== nothing }));
  });
  if (differing.length === 0) return 'changed';
  if (differing.every(({ was }) => !was)) return 'new';
  return differing.every(({ willBe }) => !willBe) ? 'removed' : 'changed';
}
