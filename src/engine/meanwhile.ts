import { NO_CONFIG, type StepOutcome } from '../libvirt/apply_answer.ts';
import { ownWords } from '../libvirt/errors.ts';
import {
  beforeOf,
  type Change,
  desiredOf,
  differs,
  SIDES,
  type Side,
  type Sides,
  type Values,
} from '../model/change.ts';
import type { Domain } from '../model/facts.ts';
import { moduleNamed } from '../modules/index.ts';

/** What somebody else has done to a VM between the read and the end of the write. */
export type Meanwhile = keyof typeof TEXTS;

/**
 * What became of the VM of a change since it was planned, by what libvirt says; null where it is as it was.
 * @param now the VM as read back; null where it could not be
 */
export function meanwhileOf(
  { domain }: Pick<Change, 'domain'>,
  outcome: StepOutcome,
  now: Domain | null,
): Meanwhile | null {
  const ran = domain.state !== 'shutoff';
  const runs = now === null ? ran : now.state !== 'shutoff';
  if (ran !== runs) return ran ? 'stopped' : 'started';
  if (domain.persistent && now !== null && !now.persistent) return 'undefined';
  if (outcome.kind === 'stale') return 'changed';
  if (outcome.kind !== 'virsh_failed') return null;
  const said = ownWords(outcome.error);
  if (NO_CONFIG.test(said)) return 'undefined';
  if (ran && /domain is not running/.test(said)) return now === null ? 'stopped' : 'restarted';
  return null;
}

/** `the VM was started while the run was under way` */
export function meanwhileText(what: Meanwhile): string {
  return `the VM ${TEXTS[what]}`;
}

const UNDER_WAY = 'while the run was under way';

const TEXTS = {
  started: `was started ${UNDER_WAY}`,
  stopped: `was stopped ${UNDER_WAY}`,
  restarted: `was restarted ${UNDER_WAY}`,
  undefined: `was undefined ${UNDER_WAY} and has no persistent configuration any more`,
  defined: `was given a persistent configuration ${UNDER_WAY}`,
  changed: `was changed ${UNDER_WAY}`,
};

/** What is known better of a VM of which the host only saw that it has changed, by another read of it. */
export function changedHow(
  before: Pick<Domain, 'id' | 'persistent'> | undefined,
  now: Pick<Domain, 'id' | 'persistent'> | undefined,
): Meanwhile {
  if (before === undefined || now === undefined) return 'changed';
  if (before.id !== undefined && now.id !== undefined && before.id !== now.id) return 'restarted';
  return !before.persistent && now.persistent ? 'defined' : 'changed';
}

/** `it has other limits than declared: live: …` */
export function otherText(change: Change, after: Sides): string {
  const wrong = SIDES.filter((side) => differs(after[side], desiredOf(change, side)));
  return `it has other limits than declared: ${sidesText(change, wrong, after)}`;
}

/** `it has now: live: …; persistent: …` */
export function nowText(change: Change, after: Sides): string {
  const sides = SIDES.filter(
    (side) => after[side] !== null && Object.keys(desiredOf(change, side)).length > 0,
  );
  return `it has now: ${sidesText(change, sides, after, true)}`;
}

/** Why a write that succeeded is not what is read back. */
export function overwrittenText(change: Change, after: Sides): string {
  const wrong = SIDES.filter((side) => differs(after[side], desiredOf(change, side)));
  const others = wrong.filter((side) => {
    const desired = desiredOf(change, side);
    const before = beforeOf(change, side);
    return before === null || differs(after[side], only(before, desired));
  });
  if (others.length > 0)
    return `another run or person set other limits while this run was under way, which were left as they are: ${sidesText(change, others, after)}`;
  const where = wrong.map((side) => WORDS[side]).join(' and ');
  return `${doneBy(change)} reported success, but the ${where} limits read back are those from before: either it did not take them, or another run or person put them back`;
}

/** What of a subject is other than before although nobody asked for that; '' where nothing is. */
export function besidesText(change: Change, after: Sides): string {
  const { text } = moduleNamed(change.module);
  const said = SIDES.flatMap((side) => {
    const [had, has] = [beforeOf(change, side), after[side]];
    if (had === null || has === null) return [];
    const desired = desiredOf(change, side);
    const other = Object.keys(had).filter(
      (name) => desired[name] === undefined && Object.hasOwn(has, name) && has[name] !== had[name],
    );
    const textOf = (values: Values): string =>
      text
        .values(values)
        .filter(({ settings }) => settings.some((name) => other.includes(name)))
        .map((one) => one.text)
        .join(', ');
    return other.length === 0 ? [] : [`${WORDS[side]}: ${textOf(has)}, before that: ${textOf(had)}`];
  });
  return said.length === 0 ? '' : `something is other that nobody has asked for: ${said.join('; ')}`;
}

/** Whoever says that a change is made. */
export function doneBy({ steps }: Change): string {
  return steps.find(({ via }) => via !== undefined)?.via ?? 'libvirt';
}

const WORDS = { live: 'live', config: 'persistent' } as const;

/** The values of those settings that are desired. */
function only(values: Values, desired: Values): Values {
  return Object.fromEntries(Object.keys(desired).map((name) => [name, values[name] ?? null]));
}

/** `live: receives at most 5 MB/s; persistent: …` */
function sidesText(change: Change, sides: readonly Side[], values: Sides | null, whole = false): string {
  const { text } = moduleNamed(change.module);
  const said = sides.map((side) => {
    const wrong = Object.entries(desiredOf(change, side)).flatMap(([name, value]) =>
      !whole && (values?.[side]?.[name] ?? null) === value ? [] : [name],
    );
    const texts = text
      .values(values?.[side] ?? {})
      .filter(({ settings }) => settings.some((name) => wrong.includes(name)));
    return `${WORDS[side]}: ${texts.map((one) => one.text).join(', ')}`;
  });
  return said.join('; ');
}
