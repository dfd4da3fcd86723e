import { didYouMeanHint } from '../base/suggest.ts';
import { parseExpression, parseTemplate } from '../jinja/parse.ts';
import { beforeOf, type Change, desiredOf } from '../model/change.ts';
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

/** Whether a change meets conditions; a text where that cannot be told. */
export function meets(when: readonly Condition[], change: Change, asking: Asking): boolean | string {
  if (when.length === 0) return true;
  const { holds, diagnostics } = conditionsHold(when, {}, variablesOf(change, asking));
  return diagnostics[0]?.message ?? holds;
}

/** Not as variables, whose texts may be templates: names of VMs are their owners' texts. */
function variablesOf(
  change: Change,
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
    ['desired', { ...desiredOf(change, 'config'), ...desiredOf(change, 'live') }],
    ['before', { ...beforeOf(change, 'config'), ...beforeOf(change, 'live') }],
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
    const { diagnostics } = conditionsHold([{ text, place }], {}, variablesOf(NO_CHANGE, NOBODY));
    return diagnostics.filter(({ missing }) => missing !== true);
  }
  return unknown.map((name) => ({
    severity: 'error',
    message: `a condition of a policy has no variable "${name}"`,
    hint: didYouMeanHint(name, VARIABLES) ?? `it has ${VARIABLES.join(', ')}`,
    place,
  }));
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
