import { groupBy } from '../../base/group.ts';
import { CAUSES, type Cause } from '../../model/cause.ts';
import {
  type Change,
  type Desired,
  type DomainRef,
  KERNEL_DRIFTS,
  type KernelDrift,
  type KernelVerdict,
  type Next,
  type NovaRef,
  type OnTrial,
  type Ramp,
  type Setting,
  SIDES,
  type Sides,
  type Step,
  type Value,
  type Values,
} from '../../model/change.ts';
import { type RuleRef, SUBJECT_STATUSES } from '../../model/status.ts';
import type { WaiverRef } from '../../model/waiver.ts';
import { MODULES } from '../../modules/index.ts';
import type { AnyModule, SettingInfo } from '../../modules/module.ts';
import {
  type Fields,
  fields,
  get,
  isTrue,
  list,
  Misfit,
  maybe,
  oneOf,
  orNull,
  text,
  whole,
  yes,
} from './values.ts';

/** Reads a resource of a host of this name. */
export type ResourceReader = (value: unknown, path: string, host: string) => Change;

/**
 * The way back of {@link resourceEntry}: play and task are not in a report, and steps are one. What is the same for many
 * (settings of what is in sync, rules) is one value for all of them: of 200,000 NICs it is three quarters.
 */
export function resourceReader(): ResourceReader {
  const shared = new Map<string, unknown>();
  /** @param from what the value is made of alone */
  const share = <T>(from: readonly unknown[], make: () => T): T => {
    const key = JSON.stringify(from);
    const known = shared.get(key) as T | undefined;
    if (known !== undefined) return known;
    const made = make();
    shared.set(key, made);
    return made;
  };
  return (value, path, host) => readResource(value, path, host, share);
}

function readResource(
  value: unknown,
  path: string,
  host: string,
  share: <T>(from: readonly unknown[], make: () => T) => T,
): Change {
  const from = fields(value, path);
  const name = get(from, 'module', path, oneOf(MODULES.map((module) => module.name)));
  const module = MODULES.find((one) => one.name === name) as AnyModule;
  const sides = (given: unknown, at: string): Sides => {
    const both = fields(given, at);
    const side = orNull((one, place) => flat(module.settings, one, place));
    return {
      live: get(both, 'live', at, side),
      config: get(both, 'config', at, side),
      ...maybe(both, 'kernel', at, side),
    };
  };
  return {
    module: name,
    play: '',
    task: '',
    host,
    domain: get(from, 'domain', path, domain),
    subject: {
      ...get(from, 'subject', path, details),
      kind: get(from, 'kind', path, oneOf([module.kind])),
      key: get(from, 'key', path, text),
      label: get(from, 'label', path, text),
    },
    settings: share([name, from.before, from.desired, from.desiredByState], () =>
      settings(module, from, path, get(from, 'before', path, sides)),
    ),
    rules: share([from.rules], () => get(from, 'rules', path, list(rule))),
    steps: steps(get(from, 'commands', path, list(text)), path, ['virsh', ...(module.programs ?? [])]),
    status: get(from, 'status', path, oneOf(SUBJECT_STATUSES)),
    ...maybe(from, 'reason', path, text),
    ...maybe(from, 'job', path, text),
    ...maybe(from, 'notes', path, list(text)),
    ...maybe(from, 'next', path, (given, at) => next(module, given, at)),
    ...maybe(from, 'ramp', path, (given, at) => ramp(module, given, at)),
    ...maybe(from, 'onTrial', path, onTrial),
    ...maybe(from, 'kernel', path, kernelVerdict),
    ...maybe(from, 'waiver', path, waiver),
    ...maybe(from, 'cause', path, cause),
    ...maybe(from, 'ignored', path, isTrue),
    after: get(from, 'after', path, orNull(sides)),
  };
}

export function rule(value: unknown, path: string): RuleRef {
  const from = fields(value, path);
  return {
    name: get(from, 'name', path, text),
    file: get(from, 'file', path, text),
    line: get(from, 'line', path, whole),
  };
}

function next(module: AnyModule, value: unknown, path: string): Next {
  const from = fields(value, path);
  const at = get(from, 'at', path, text);
  if (Number.isNaN(Date.parse(at))) throw new Misfit(`${path}.at is not a time`);
  return {
    at,
    zone: get(from, 'zone', path, text),
    desired: get(from, 'desired', path, statesOf(module)),
    rules: get(from, 'rules', path, list(rule)),
    text: get(from, 'text', path, text),
  };
}

function ramp(module: AnyModule, value: unknown, path: string): Ramp {
  const from = fields(value, path);
  return {
    target: get(from, 'target', path, statesOf(module)),
    step: get(from, 'step', path, statesOf(module)),
    stepsLeft: get(from, 'stepsLeft', path, whole),
    everySeconds: get(from, 'everySeconds', path, whole),
  };
}

function onTrial(value: unknown, path: string): OnTrial {
  const from = fields(value, path);
  return { run: get(from, 'run', path, text), until: get(from, 'until', path, orNull(text)) };
}

function statesOf({ settings }: AnyModule): (value: unknown, path: string) => Desired {
  const values = (one: unknown, place: string) => flat(settings, one, place);
  return (value, path) => {
    const states = fields(value, path);
    return { live: get(states, 'live', path, values), config: get(states, 'config', path, values) };
  };
}

function kernelVerdict(value: unknown, path: string): KernelVerdict {
  const from = fields(value, path);
  return {
    drift: get(from, 'drift', path, list(kernelDrift)),
    ...maybe(from, 'unknown', path, text),
  };
}

function kernelDrift(value: unknown, path: string): KernelDrift {
  const from = fields(value, path);
  return {
    kind: get(from, 'kind', path, oneOf(KERNEL_DRIFTS)),
    settings: get(from, 'settings', path, list(text)),
    text: get(from, 'text', path, text),
  };
}

export function waiver(value: unknown, path: string): WaiverRef {
  const from = fields(value, path);
  return {
    owner: get(from, 'owner', path, text),
    reason: get(from, 'reason', path, text),
    until: get(from, 'until', path, text),
    file: get(from, 'file', path, text),
    line: get(from, 'line', path, whole),
  };
}

function cause(value: unknown, path: string): Cause {
  const from = fields(value, path);
  return {
    kind: get(from, 'kind', path, oneOf(CAUSES)),
    ...maybe(from, 'also', path, list(oneOf(CAUSES))),
    ...maybe(from, 'states', path, list(oneOf(SIDES))),
    ...maybe(from, 'rules', path, (given, at) => {
      const both = fields(given, at);
      return { now: get(both, 'now', at, list(rule)), earlier: get(both, 'earlier', at, list(rule)) };
    }),
    text: get(from, 'text', path, text),
    ...maybe(from, 'detail', path, text),
  };
}

function domain(value: unknown, path: string): DomainRef {
  const from = fields(value, path);
  return {
    name: get(from, 'name', path, text),
    uuid: get(from, 'uuid', path, text),
    state: get(from, 'state', path, oneOf(['running', 'paused', 'shutoff', 'other'])),
    persistent: get(from, 'persistent', path, yes),
    ...maybe(from, 'managedSave', path, isTrue),
    ...maybe(from, 'title', path, text),
    ...maybe(from, 'nova', path, orNull(nova)),
  };
}

function nova(value: unknown, path: string): NovaRef {
  const from = fields(value, path);
  const party = (given: unknown, at: string) => {
    const own = fields(given, at);
    return { name: get(own, 'name', at, text), uuid: get(own, 'uuid', at, text) };
  };
  return {
    name: get(from, 'name', path, text),
    flavor: get(from, 'flavor', path, text),
    project: get(from, 'project', path, party),
    user: get(from, 'user', path, party),
  };
}

type Detail = string | number | boolean | null;

function details(value: unknown, path: string): Readonly<Record<string, Detail>> {
  for (const [name, one] of Object.entries(fields(value, path)))
    if (one !== null && !['string', 'number', 'boolean'].includes(typeof one))
      throw new Misfit(`${path}.${name} is not one value`);
  return value as Readonly<Record<string, Detail>>;
}

function settings(
  module: AnyModule,
  from: Fields,
  path: string,
  { live, config, kernel = null }: Sides,
): readonly Setting[] {
  const values = (one: unknown, place: string) => flat(module.settings, one, place);
  const both = get(from, 'desired', path, values);
  const each = maybe(from, 'desiredByState', path, (one, place) => {
    const states = fields(one, place);
    return { live: get(states, 'live', place, values), config: get(states, 'config', place, values) };
  }).desiredByState ?? { live: both, config: both };
  return module.settings.flatMap(({ name, unit, optional }) => {
    const pick = <K extends string>(key: K, of: Values | null) =>
      of?.[name] === undefined ? {} : { [key]: of[name] };
    const setting: Setting = {
      name,
      unit,
      desired: { ...pick('live', each.live), ...pick('config', each.config) },
      ...pick('live', live),
      ...pick('config', config),
      ...pick('kernel', kernel),
    };
    const { desired, ...states } = setting;
    const told = Object.keys(desired).length > 0 || Object.keys(states).length > 2;
    return optional !== true || told ? [setting] : [];
  });
}

/** The way back of {@link nested}: `inbound: null` is null for all numbers of it, and 0 beside numbers is not set. */
function flat(infos: readonly SettingInfo[], value: unknown, path: string): Values {
  const values: Record<string, Value> = {};
  const given = new Map(Object.entries(fields(value, path)));
  for (const { name } of infos) {
    const [group = name, member] = name.split('.');
    const own = given.get(group);
    if (own === undefined) continue;
    if (member === undefined || own === null) values[name] = single(own, `${path}.${group}`);
    else {
      const members = fields(own, `${path}.${group}`);
      if (!Object.hasOwn(members, member)) continue;
      const number = single(members[member], `${path}.${name}`);
      values[name] = number === 0 ? null : number;
    }
  }
  const names = new Set(infos.map(({ name }) => name.split('.')[0]));
  for (const name of given.keys())
    if (!names.has(name)) throw new Misfit(`${path}.${name} is no setting that virtune knows`);
  return values;
}

function single(value: unknown, path: string): Value {
  if (value === null || typeof value === 'string' || Number.isFinite(value)) return value as Value;
  throw new Misfit(`${path} is not a number, a text or null`);
}

function steps(lines: readonly string[], path: string, programs: readonly string[]): readonly Step[] {
  if (lines.length === 0) return [];
  const commands = lines.map((line, index) => {
    const [via = '', ...words] = line.split(' ');
    if (!programs.includes(via))
      throw new Misfit(`${path}.commands[${index}] is not a command of ${programs.join(' or ')}`);
    return { via, words };
  });
  return [...groupBy(commands, ({ via }) => via)].map(([via, same]) => ({
    commands: same.map(({ words }) => words),
    ...(via === 'virsh' ? {} : { via }),
  }));
}
