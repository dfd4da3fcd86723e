import { isDeepStrictEqual } from 'node:util';
import { didYouMeanHint } from '../base/suggest.ts';
import { MAC, normaliseMac } from '../facts/nics.ts';
import { parseExpression, parseTemplate } from '../jinja/parse.ts';
import { type Change, SIDES, type Side, type Value } from '../model/change.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Condition } from '../model/playbook.ts';
import { conditionsHold } from '../template/condition.ts';
import type { Asking } from './policy.ts';

/** What conditions may name: of a change, and of the run that wants it. */
const VARIABLES = [
  'host',
  'groups',
  'domain',
  'subject',
  'module',
  'play',
  'task',
  'desired',
  'before',
  'identity',
  'run',
];

/**
 * Whether a change meets conditions, as far as either of libvirt's states goes: rules may ask something else of each. A
 * text where that cannot be told.
 */
export function meets(when: readonly Condition[], change: Change, asking: Asking): boolean | string {
  if (when.length === 0) return true;
  const [live, config] = SIDES.map((side) => numbersOf(change, side)) as [Numbers, Numbers];
  const views = isDeepStrictEqual(live, config) ? [live] : [live, config];
  const met = views.map((numbers) => {
    const { holds, diagnostics } = conditionsHold(when, {}, variablesOf(change, numbers, asking));
    return diagnostics[0]?.message ?? holds;
  });
  return met.includes(true) || (met.find((one) => one !== false) ?? false);
}

interface Numbers {
  readonly desired: Readonly<Record<string, Value>>;
  readonly before: Readonly<Record<string, Value>>;
}

/** What is asked of a state and what it had; of a setting of which nothing is asked there, that of the other one. */
function numbersOf({ settings }: Change, side: Side): Numbers {
  const desired: Record<string, Value> = {};
  const before: Record<string, Value> = {};
  for (const setting of settings) {
    const { name } = setting;
    const other = SIDES.find((one) => one !== side) as Side;
    const isOthers = setting.desired[side] === undefined && setting.desired[other] !== undefined;
    const [first, second] = isOthers ? [other, side] : [side, other];
    const [wanted, had] = [setting.desired[first], setting[first] ?? setting[second]];
    if (wanted !== undefined) desired[name] = wanted;
    if (had !== undefined) before[name] = had;
  }
  return { desired, before };
}

/** Not as variables, whose texts may be templates: names of VMs are their owners' texts. */
function variablesOf(
  change: Change,
  { desired, before }: Numbers,
  { identities, check, groupsOf, hostsOf }: Asking,
): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ['host', change.host],
    ['groups', [...new Set(hostsOf(change).flatMap(groupsOf))]],
    ['domain', change.domain],
    ['subject', change.subject],
    ['module', change.module],
    ['play', change.play],
    ['task', change.task],
    ['desired', desired],
    ['before', before],
    ['identity', Object.fromEntries(identities.map(({ kind, claims }) => [kind, claims]))],
    ['run', { check }],
  ]);
}

/** Only what every change has. */
const NO_CHANGE: Change = {
  module: 'module',
  play: 'play',
  task: 'task',
  host: 'host',
  domain: { uuid: 'uuid', name: 'vm', state: 'running', persistent: true },
  subject: { kind: 'kind', key: 'key', label: 'label' },
  settings: [],
  rules: [],
  steps: [],
  status: 'pending',
  after: null,
};

const NOBODY: Asking = {
  identities: [],
  now: new Date(0),
  check: false,
  groupsOf: () => [],
  hostsOf: () => [],
};

/** What is wrong with a condition whatever change it is about: no Jinja, or a name that it cannot have. */
export function conditionErrors({ text, place }: Condition): readonly Diagnostic[] {
  if (typeof text === 'boolean') return [];
  const template = /\{\{|\{%/.test(text) ? parseTemplate(text) : parseExpression(text);
  if (template.kind === 'problem')
    return [{ severity: 'error', message: template.message, hint: template.hint, place }];
  if (template.kind === 'text') return [];
  const unknown = [...namesIn(template.node)].filter((name) => !VARIABLES.includes(name));
  if (unknown.length === 0) {
    // What a change may lack is not there, either; a filter that does not exist is nowhere.
    const nothing = { desired: {}, before: {} };
    const { diagnostics } = conditionsHold([{ text, place }], {}, variablesOf(NO_CHANGE, nothing, NOBODY));
    return [
      ...diagnostics.filter(({ missing }) => missing !== true),
      ...neverMet(text, template.node, place),
    ];
  }
  return unknown.map((name) => ({
    severity: 'error',
    message: `a condition of a policy has no variable "${name}"`,
    hint: didYouMeanHint(name, VARIABLES) ?? `it has ${VARIABLES.join(', ')}`,
    place,
  }));
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Changes have MACs and UUIDs in small letters: a condition that compares with another form holds never. */
function neverMet(text: string, node: unknown, place: Condition['place']): readonly Diagnostic[] {
  // Whoever makes large letters of them compares with large ones; a name of a VM may have any.
  if (/\|\s*upper\b|\.upper\(/.test(text) || !/\b(?:mac|uuid|key)\b/.test(text)) return [];
  return textsIn(node).flatMap((one): readonly Diagnostic[] => {
    const mac = normaliseMac(one);
    const right = MAC.test(mac) ? mac : UUID.test(one) ? one.toLowerCase() : one;
    if (right === one) return [];
    const message = `no change has "${one}": MACs and UUIDs are in small letters there`;
    return [{ severity: 'warning', message, hint: `write "${right}"`, place }];
  });
}

function textsIn(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type, value } = node as { type?: unknown; value?: unknown };
  if (type === 'literal') return typeof value === 'string' ? [value] : [];
  return Object.values(node).flatMap(textsIn);
}

function namesIn(node: unknown, names = new Set<string>()): ReadonlySet<string> {
  if (typeof node !== 'object' || node === null) return names;
  const { type, name, callee } = node as { type?: unknown; name?: unknown; callee?: { type?: unknown } };
  if (type === 'name' && typeof name === 'string') names.add(name);
  for (const [key, inner] of Object.entries(node)) {
    // A function such as lookup is no variable.
    if (type === 'call' && key === 'callee' && callee?.type === 'name') continue;
    namesIn(inner, names);
  }
  return names;
}
