import { utcText } from '../base/time/utc.ts';
import type { Change, OnTrial, Value, Values } from '../model/change.ts';
import type { TrialEntry } from '../model/facts.ts';
import type { AnyModule, Found, Objection } from '../modules/module.ts';

/** What another run has on trial of a subject, and what that means for what is desired of it. */
export interface OthersTrial {
  readonly of: OnTrial;
  /** Its host would give back something that is desired. */
  readonly undoes: boolean;
  /** Its host would give nothing of the subject back any more. */
  readonly ends: boolean;
}

/**
 * Whether another run waits for a confirm of a subject (watchdog_script.ts). Its host gives back what was before where each
 * value is that run's or the one from before: so what is desired must not be made of these, or it would not stay.
 * @param wanted of the running VM
 * @param own the run itself, whose trial is no other's
 */
export function othersTrial(
  module: AnyModule,
  { domain, subject, live }: Found,
  wanted: Values,
  trials: readonly TrialEntry[],
  own: string | undefined,
): OthersTrial | null {
  if (live === null || trials.length === 0) return null;
  const { element, key, word = (name: string) => name } = module.watched;
  const entry = trials.find(
    (one) =>
      one.uuid === domain.uuid && one.element === element && one.key === key(subject) && one.run !== own,
  );
  if (entry === undefined) return null;
  const names = new Map(module.settings.map(({ name }) => [word(name), name]));
  const watched = entry.words.map(({ name, set, before }) => {
    const setting = names.get(name) ?? name;
    const has = textOf(wanted[setting] === undefined ? live[setting] : wanted[setting]);
    const isBefore = has === plain(before);
    return {
      isBefore,
      isKnown: isBefore || has === plain(set) || (entry.clears && has === ''),
      isWanted: wanted[setting] !== undefined,
    };
  });
  const due = watched.every(({ isKnown }) => isKnown) && watched.some(({ isBefore }) => !isBefore);
  return {
    of: { run: entry.run, until: entry.until },
    undoes: due && watched.some(({ isBefore, isWanted }) => isWanted && !isBefore),
    ends: !due,
  };
}

/** What is told of what is on trial: `on trial until 2026-11-27 12:36:32 UTC: its host gives back …`. */
export function trialText({ run, until }: OnTrial): string {
  const time = until === null ? '' : ` until ${utcText(until)}`;
  return `on trial${time}: its host gives back what was before unless the run ${run} is confirmed`;
}

/** Why a change is not made that would not stay. */
export function trialObjection(trial: OnTrial): Objection {
  return {
    status: 'refused',
    reason: `it is ${trialText(trial)}; virtune confirm ${trial.run} keeps it`,
  };
}

/** What is told of a subject that is on trial, and that is not refused for it. */
export function trialNotes(
  other: OthersTrial | null,
  { steps }: Pick<Change, 'steps'>,
  { trial = false }: { readonly trial?: boolean },
): readonly string[] {
  if (other === null || other.undoes) return [];
  if (!other.ends) return [trialText(other.of)];
  // Of a VM that waits for one run nothing is written on trial for another.
  if (steps.length === 0 || trial) return [];
  return [`what the run ${other.of.run} has on trial of it ends with this`];
}

/** Why nobody knows what was left of a subject that was on trial. */
export function trialDoubt(trial: OnTrial | undefined): string | undefined {
  return trial === undefined
    ? undefined
    : `the run ${trial.run} had it on trial, and no confirm is known: its host gives back what was before`;
}

/** What others, and programs, are told of it. */
export function trialPart(other: OthersTrial | null): Pick<Change, 'onTrial'> {
  return other === null || other.ends ? {} : { onTrial: other.of };
}

const textOf = (value: Value | undefined): string =>
  plain(value === null || value === undefined ? '' : String(value));

/** As libvirt describes it: 0, a negative number and no value are all no limit. */
function plain(text: string): string {
  return /^-?\d+$/.test(text) && Number(text) <= 0 ? '' : text;
}
