import type { UndoEntry } from '../libvirt/watchdog_script.ts';
import { type Change, desiredOf, differs, type Value, type Values } from '../model/change.ts';
import type { AnyModule, DecideOptions, Found } from '../modules/module.ts';
import { settingsOf } from './settings.ts';

/**
 * A change on trial: only the running VM is set, and its configuration once somebody has confirmed that. So a restart of
 * the VM, or of its host, gives back what was before, too.
 */
export interface Trial {
  /** What is written until then: no steps where that is nothing, since all of it is the configuration's. */
  readonly change: Change;
  /** How the host gives it back by itself. */
  readonly undo: UndoEntry;
}

/** @param change as it is to be at the end @returns null where nothing is to be written */
export function trialOf(
  module: AnyModule,
  found: Found,
  change: Change,
  options: DecideOptions,
): Trial | null {
  if (change.steps.length === 0) return null;
  const elsewhere = change.steps.find(({ via }) => via !== undefined);
  if (elsewhere !== undefined)
    return {
      change: { ...change, steps: [], status: 'refused', reason: noWayBack(`${elsewhere.via} sets it`) },
      undo: { uuid: change.domain.uuid, of: null, words: [], commands: [] },
    };
  const wanted = desiredOf(change, 'live');
  const { uuid } = change.domain;
  const nothing: UndoEntry = { uuid, of: null, words: [], commands: [] };
  const config = desiredOf(change, 'config');
  const held = differs(found.config, config) ? { held: config } : {};
  const live =
    found.live === null || Object.keys(wanted).length === 0
      ? null
      : module.decide(found, { live: wanted, config: {} }, options);
  if (found.live === null || live === null || (live.objection === undefined && live.steps.length === 0))
    return { change: { ...change, ...held, steps: [], reason: WAITS }, undo: nothing };
  const settings = settingsOf(module, found, live.desired, options.kernel);
  const now: Change = {
    ...change,
    ...held,
    settings,
    steps: live.steps,
    ...(held.held === undefined ? {} : { notes: [...(change.notes ?? []), WAITS] }),
  };
  if (live.objection !== undefined)
    return { change: { ...change, steps: [], ...live.objection }, undo: nothing };
  // Set anew as it is: there is nothing to give back.
  if (!differs(found.live, live.desired.live)) return { change: now, undo: nothing };
  const before = pick(found.live, live.desired.live);
  const set: Values = { ...found.live, ...live.desired.live };
  const back = module.decide(
    module.withLive?.(found, set) ?? { ...found, live: set },
    { live: before, config: {} },
    { rewrite: false, kernel: false },
  );
  if (back.objection !== undefined || back.steps.length === 0)
    return {
      change: { ...change, steps: [], status: 'refused', reason: noWayBack(back.objection?.reason) },
      undo: nothing,
    };
  const { watched } = module;
  const word = watched.word ?? ((name: string) => name);
  return {
    change: now,
    undo: {
      uuid,
      of: { element: watched.element, key: watched.key(change.subject) },
      words: Object.entries(live.desired.live).map(([name, value]) => ({
        name: word(name),
        set: textOf(value),
        before: textOf(before[name]),
      })),
      clears: live.steps.some(({ commands }) => commands.length > 1),
      commands: back.steps.flatMap(({ commands }) => commands),
    },
  };
}

/** A change that waits for no confirm after all. */
export function notOnTrial<T extends { readonly change: Change }>(owned: T): T {
  const { held: _, notes, ...change } = owned.change;
  const left = (notes ?? []).filter((note) => note !== WAITS);
  return { ...owned, change: { ...change, ...(left.length === 0 ? {} : { notes: left }) } };
}

const WAITS = 'its configuration is written by virtune confirm';

function noWayBack(why: string | undefined): string {
  return `not written, since its host could not give back what it has now${why === undefined ? '' : `: ${why}`}; without --confirm-within it can be set`;
}

function pick(values: Values, like: Values): Values {
  return Object.fromEntries(Object.keys(like).map((name): [string, Value] => [name, values[name] ?? null]));
}

function textOf(value: Value | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
