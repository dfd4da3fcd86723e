import { type Change, desiredOf, kernelBefore, type Values } from '../../model/change.ts';
import type { ModuleText } from '../module.ts';
import {
  changeSentence,
  effectOf,
  SIDE_NAME,
  type State,
  same,
  statesOf,
  targetText,
} from './change_text.ts';
import type { GroupWords } from './group_words.ts';

/**
 * The texts of a module from those of its groups of settings.
 * @param alike what a difference is called that all groups have: `both ways`
 */
export function groupText(
  groups: readonly GroupWords[],
  { detail, columns, alike }: Pick<ModuleText, 'detail' | 'columns'> & { readonly alike?: string },
): ModuleText {
  return {
    detail,
    columns,
    sentence: (change) => changeSentence(groups, alike, change) || anewSentence(groups, change),
    effect: (change) => effectOf(groups, change),
    target: (change) => targetText(groups, alike, change),
    diff: (change) => diffLines(groups, change),
    cells: (values, brief = false) =>
      groups.map(({ short, brief: shorter = short }) => (brief ? shorter(values) : short(values))),
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

/** Only where it was asked to be set anew is there something to do and no difference. */
function anewSentence(groups: readonly GroupWords[], change: Change): string {
  if (change.steps.length === 0) return '';
  const texts = textsOf(groups, desiredOf(change, 'live')).map(({ text }) => text);
  return `set again: ${texts.join(', ')}`;
}

/**
 * The whole difference with libvirt's own integers: for each group a line for what is right and a pair for what
 * differs, the two states together where they agree.
 */
function diffLines(groups: readonly GroupWords[], change: Change): string[] {
  const width = Math.max(...groups.map(({ name }) => name.length));
  return groups.flatMap((group) => [
    ...together(statesOf(change, group)).flatMap(([where, { had, want }]) => {
      const label = `${group.name.padEnd(width)} ${where.padEnd(15)}`;
      if (same(had, want)) return [`  ${label} ${group.numbers(had)}`];
      return [`- ${label} ${group.numbers(had)}`, `+ ${label} ${group.numbers(want)}`];
    }),
    ...kernelLines(group, width, change),
  ]);
}

/** What the kernel does, where somebody asked; marked where a set is to change that. */
function kernelLines(group: GroupWords, width: number, change: Change): string[] {
  const kernel = kernelBefore(change);
  if (kernel === undefined || statesOf(change, group).length === 0) return [];
  const label = `${group.name.padEnd(width)} ${'kernel'.padEnd(15)}`;
  if (kernel === null) return [`  ${label} not known`];
  const own = change.kernel?.drift.some(({ settings }) =>
    settings.some((name) => group.settings.includes(name)),
  );
  return [`${own && change.steps.length > 0 ? '-' : ' '} ${label} ${group.numbers(kernel)}`];
}

function together(states: readonly State[]): readonly (readonly [where: string, state: State])[] {
  const [first, second] = states;
  const alike = first && second && same(first.had, second.had) && same(first.want, second.want);
  if (alike) return [['live+persistent', first]];
  return states.map((state) => [SIDE_NAME[state.side], state]);
}
