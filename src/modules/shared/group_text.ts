import { beforeOf, type Change, desiredOf, SIDES, type Side, type Values } from '../../model/change.ts';
import type { ModuleText } from '../module.ts';

/** Settings that are set together, in words; all functions take the values of one state. */
export interface GroupWords {
  readonly name: string;
  /** The settings that belong to it. */
  readonly settings: readonly string[];
  /** Within a sentence about the VM: `receives at most 100 Mbit/s`. */
  readonly sentence: (values: Values) => string;
  /** For a table: `100 Mbit/s`, `unlimited`. */
  readonly short: (values: Values) => string;
  /** libvirt's own numbers, with what they mean: `12500 (100 Mbit/s)`. */
  readonly numbers: (values: Values) => string;
  /** In libvirt's words: `--inbound 12500`. */
  readonly words: (values: Values) => string;
}

/** The texts of a module from those of its groups of settings. */
export function groupText(
  groups: readonly GroupWords[],
  { detail, columns }: Pick<ModuleText, 'detail' | 'columns'>,
): ModuleText {
  return {
    detail,
    columns,
    sentence: (change) => changeSentence(groups, change),
    diff: (change) => diffLines(groups, change),
    cells: (values) => groups.map((group) => group.short(values)),
    values: (values) => textsOf(groups, values),
  };
}

function textsOf(groups: readonly GroupWords[], values: Values): ReturnType<ModuleText['values']> {
  return groups.flatMap((group) => {
    if (group.settings.every((name) => values[name] === undefined)) return [];
    const { name, settings, sentence, short, words } = group;
    return [{ name, settings, text: sentence(values), short: short(values), words: words(values) }];
  });
}

/** One group in one of the states, of which something is desired. */
interface State {
  readonly side: Side;
  readonly had: Values;
  readonly want: Values;
}

function statesOf(change: Change, { settings }: GroupWords): readonly State[] {
  return SIDES.flatMap((side) => {
    const before = beforeOf(change, side);
    const want = desiredOf(change, side);
    if (before === null || settings.every((name) => want[name] === undefined)) return [];
    return [{ side, had: pick(before, settings), want: pick(want, settings) }];
  });
}

function pick(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
}

const SIDE_NAME: Readonly<Record<Side, string>> = { live: 'live', config: 'persistent' };

/** What each group is to be in which state, and what it was. */
function changeSentence(groups: readonly GroupWords[], change: Change): string {
  const both = SIDES.every((side) => beforeOf(change, side) !== null);
  const parts = groups.flatMap((group) => {
    const states = statesOf(change, group);
    const differing = states.filter(({ had, want }) => !same(had, want));
    const [first, second] = states;
    if (first === undefined || differing.length === 0) return [];
    if (second !== undefined && !same(first.want, second.want))
      return differing.map(
        ({ side, had, want }) => `${SIDE_NAME[side]} ${group.sentence(want)} (was ${group.short(had)})`,
      );
    // Where the rules leave the other state alone, it must be plain which one is meant.
    const only = states.length === 1 && both;
    const sentence = `${group.sentence(first.want)} (${wasText(group, states)})`;
    return [only ? `${SIDE_NAME[first.side]} ${sentence}` : sentence];
  });
  if (parts.length > 0 || change.steps.length === 0) return parts.join(', ');
  // Only where it was asked to be set anew.
  return `set again: ${textsOf(groups, desiredOf(change, 'live'))
    .map(({ text }) => text)
    .join(', ')}`;
}

function wasText(group: GroupWords, states: readonly State[]): string {
  const [first, second] = states;
  if (first !== undefined && (second === undefined || same(first.had, second.had)))
    return `was ${group.short(first.had)}`;
  return states
    .map(
      ({ side, had, want }) =>
        `${SIDE_NAME[side]} ${same(had, want) ? 'is right' : `was ${group.short(had)}`}`,
    )
    .join(', ');
}

function same(a: Values, b: Values): boolean {
  return Object.keys(a).every((name) => a[name] === b[name]);
}

/**
 * The whole difference with libvirt's own integers: for each group a line for what is right and a pair for what
 * differs, the two states together where they agree.
 */
function diffLines(groups: readonly GroupWords[], change: Change): string[] {
  const width = Math.max(...groups.map(({ name }) => name.length));
  return groups.flatMap((group) =>
    together(statesOf(change, group)).flatMap(([where, { had, want }]) => {
      const label = `${group.name.padEnd(width)} ${where.padEnd(15)}`;
      if (same(had, want)) return [`  ${label} ${group.numbers(had)}`];
      return [`- ${label} ${group.numbers(had)}`, `+ ${label} ${group.numbers(want)}`];
    }),
  );
}

function together(states: readonly State[]): readonly (readonly [where: string, state: State])[] {
  const [first, second] = states;
  const alike = first && second && same(first.had, second.had) && same(first.want, second.want);
  if (alike) return [['live+persistent', first]];
  return states.map((state) => [SIDE_NAME[state.side], state]);
}
