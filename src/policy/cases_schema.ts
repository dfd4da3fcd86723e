import { MODULES } from '../modules/index.ts';
import { party, words } from './schema.ts';

/** The form of a file of `virtune policy test` as JSON Schema. */

/** What a policy makes of a change, gravest first; pass is all that no rule is about. */
export const VERDICTS = ['deny', 'confirm', 'warn', 'pass'] as const;
export type Verdict = (typeof VERDICTS)[number];

const text = (description: string) => ({ description, type: 'string', minLength: 1 });

const values = (description: string) => ({
  description: `${description}, by setting: with a unit as rules write it, as a number in libvirt’s own, or unlimited.`,
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'null'] },
});

const { properties: nova } = {
  properties: {
    name: text('The display name.'),
    flavor: text('The name of the flavor.'),
    project: text('The name of the project.'),
    user: text('The name of the user.'),
  },
};

const change = {
  type: 'object',
  additionalProperties: false,
  required: ['host', 'domain', 'module', 'desired'],
  properties: {
    host: text('A host of the inventory.'),
    domain: text('The name of the VM.'),
    module: { description: 'What makes the change.', enum: MODULES.map(({ name }) => name) },
    subject: text('What of the VM: "nic 1"; the first one where it is absent.'),
    state: {
      description: 'Of the VM: running where it is absent.',
      enum: ['running', 'paused', 'shutoff', 'other'],
    },
    persistent: {
      description: 'Whether the VM is defined beyond its current run; true where it is absent.',
      type: 'boolean',
    },
    title: text('The title of the VM.'),
    nova: {
      description: 'What Nova says of the VM; it is not Nova’s where this is absent.',
      type: 'object',
      additionalProperties: false,
      properties: nova,
    },
    before: values('What it has; unlimited where that is absent'),
    desired: values('What is asked for'),
  },
};

const expected = {
  type: 'object',
  additionalProperties: false,
  required: ['verdict'],
  properties: {
    host: words('Hosts; globs. Every one where it is absent.'),
    domain: words('VMs by name; globs.'),
    subject: words('What of a VM: "nic 1"; globs.'),
    module: words('Modules; globs.'),
    verdict: { description: 'What the policy makes of each of these changes.', enum: VERDICTS },
    rule: text('The rule that must be among those that say so.'),
  },
};

const oneCase = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'changes', 'expect'],
  properties: {
    name: text('What the case is about.'),
    changes: {
      description:
        'A saved plan, or the JSON report of a run, best of a check, from this file’s folder; or a list of changes.',
      type: ['string', 'array'],
      minLength: 1,
      minItems: 1,
      items: change,
    },
    identity: party('Who makes the run; nobody who is known where it is absent. No globs.'),
    at: {
      description: 'When, e.g. "2026-11-25T22:30:00+01:00". Needed where a rule has a window.',
      type: 'string',
      pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(?::\\d\\d)?(?:Z|[+-]\\d\\d:\\d\\d)$',
      'x-expected': 'a moment with its offset, such as "2026-11-25T22:30:00+01:00"',
    },
    check: { description: 'As `run.check` in conditions; false where it is absent.', type: 'boolean' },
    expect: {
      description: 'What the policy says of which changes. Changes that none of these names must pass.',
      type: 'array',
      items: expected,
    },
  },
};

export const CASES_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['policy', 'cases'],
  properties: {
    policy: text('The policy, from this file’s folder.'),
    inventory: words('Its inventory, from this file’s folder; -i names another.'),
    cases: { description: 'Each by itself.', type: 'array', minItems: 1, items: oneCase },
  },
};
