import { isDeepStrictEqual } from 'node:util';
import {
  beforeOf,
  type Change,
  commandLines,
  type Desired,
  desiredOf,
  kernelBefore,
  type Next,
  type Ramp,
  SIDES,
  type Sides,
  type Value,
  type Values,
} from '../model/change.ts';

/** A change as the JSON report has it (virtune.report/2). */
export function resourceEntry(change: Change): Readonly<Record<string, unknown>> {
  const {
    module,
    subject,
    domain,
    status,
    rules,
    reason,
    job,
    notes,
    next,
    ramp,
    onTrial,
    kernel,
    waiver,
    cause,
    ignored,
    after,
  } = change;
  const { kind, key, label, ...details } = subject;
  return {
    module,
    kind,
    key,
    label,
    domain: domainEntry(domain),
    subject: details,
    status,
    rules,
    ...desiredEntry(change),
    before: statesEntry(beforeOf(change, 'live'), beforeOf(change, 'config'), kernelBefore(change)),
    after: after && statesEntry(after.live, after.config, after.kernel),
    commands: commandLines(change),
    ...(reason === undefined ? {} : { reason }),
    ...(job === undefined ? {} : { job }),
    ...(notes === undefined ? {} : { notes }),
    ...(next === undefined ? {} : { next: nextEntry(next) }),
    ...(ramp === undefined ? {} : { ramp: rampEntry(ramp) }),
    ...(onTrial === undefined ? {} : { onTrial }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(waiver === undefined ? {} : { waiver }),
    ...(cause === undefined ? {} : { cause }),
    ...(ignored === undefined ? {} : { ignored }),
  };
}

function nextEntry({ at, zone, desired, rules, text }: Next): object {
  return { at, zone, desired: { live: nested(desired.live), config: nested(desired.config) }, rules, text };
}

function rampEntry({ target, step, stepsLeft, everySeconds }: Ramp): object {
  const states = ({ live, config }: Desired) => ({ live: nested(live), config: nested(config) });
  return { target: states(target), step: states(step), stepsLeft, everySeconds };
}

function statesEntry(live: Sides['live'], config: Sides['config'], kernel: Sides['kernel']): object {
  const states = { live: nestedOrNull(live), config: nestedOrNull(config) };
  return kernel === undefined ? states : { ...states, kernel: nestedOrNull(kernel) };
}

function domainEntry({ name, uuid, state, persistent, managedSave, title, nova }: Change['domain']): object {
  return {
    name,
    uuid,
    state,
    persistent,
    ...(managedSave === undefined ? {} : { managedSave }),
    ...(title === undefined ? {} : { title }),
    ...(nova === undefined ? {} : { nova }),
  };
}

/**
 * What is desired of the states that there are; each by itself, too, where that is not the same, and where nothing is
 * desired of those.
 */
function desiredEntry(change: Change): object {
  const there = SIDES.filter((side) => beforeOf(change, side) !== null);
  const asked = there.filter((side) => Object.keys(desiredOf(change, side)).length > 0);
  const merged: Values = Object.assign(
    {},
    ...(asked.length > 0 ? asked : SIDES).toReversed().map((side) => desiredOf(change, side)),
  );
  const [live, config] = [desiredOf(change, 'live'), desiredOf(change, 'config')];
  if ((there.length === 1 && asked.length === 1) || isDeepStrictEqual(live, config))
    return { desired: nested(merged) };
  return { desired: nested(merged), desiredByState: { live: nested(live), config: nested(config) } };
}

type Group = Readonly<Record<string, Value>>;

/**
 * `inbound.average` and the like as objects: a group without any value is null, that is unlimited; within a group that
 * has one, 0 stands for what is not set.
 */
export function nested(values: Values): Readonly<Record<string, Value | Group | null>> {
  const groups: Record<string, Value | Record<string, Value> | null> = {};
  for (const [name, value] of Object.entries(values)) {
    const dot = name.indexOf('.');
    if (dot < 0) {
      groups[name] = value;
      continue;
    }
    const group = name.slice(0, dot);
    const own = groups[group];
    const members = typeof own === 'object' && own !== null ? own : {};
    groups[group] = { ...members, [name.slice(dot + 1)]: value };
  }
  return Object.fromEntries(
    Object.entries(groups).map(([name, group]) => {
      if (typeof group !== 'object' || group === null) return [name, group];
      const members = Object.entries(group);
      if (members.every(([, value]) => value === null)) return [name, null];
      return [name, Object.fromEntries(members.map(([member, value]) => [member, value ?? 0]))];
    }),
  );
}

function nestedOrNull(values: Values | null): ReturnType<typeof nested> | null {
  return values === null ? null : nested(values);
}
