import { HOST_STATUSES } from '../model/result.ts';
import { SUBJECT_STATUSES } from '../model/status.ts';
import { WAIVER_STATES } from '../model/waiver.ts';
import type { JsonSchema } from '../schema/schema.ts';

/** What the schemas of several reports have in common. */

export const text = { type: 'string' };
export const texts = { type: 'array', items: text };

/** An object all of whose properties are there, except those named. */
export function object(properties: JsonSchema, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', required, additionalProperties: false, properties };
}

function counts(description: string, names: readonly string[]): JsonSchema {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'integer', minimum: 0 }]));
  return { description, ...object(properties) };
}

export const RULE = { name: text, file: text, line: { type: 'integer' } };

export const COUNT = { type: 'integer', minimum: 0 };

/** Of `definitions`, where `$ref` looks for it. */
export const PLACE = object({ file: text, line: { type: 'integer' }, column: { type: 'integer' } });

export const WARNING = object({ message: text, hint: text, place: { $ref: '#/definitions/place' } }, [
  'hint',
  'place',
]);

/** What is known of a run when it begins. */
export const RUN_HEAD = {
  id: { type: 'string', description: 'Unique; sorts by time.' },
  startedAt: { type: 'string', description: 'RFC 3339, UTC.' },
  mode: { enum: ['apply', 'check'] },
  playbooks: texts,
  inventory: texts,
  user: { type: 'string', description: 'Who ran it, on the machine that it ran on.' },
  command: text,
};

const GONE = object(
  {
    kind: {
      description: 'moved: another host has it. unknown: hosts were not read that may have it.',
      enum: ['gone', 'moved', 'unknown'],
    },
    host: { description: 'Where it was, as this run names it.', ...text },
    name: text,
    uuid: text,
    rule: { description: 'The last of those that named it then.', ...object(RULE) },
    text,
  },
  ['rule'],
);

/** Who said that something may differ, why and until when. */
export const WAIVER = {
  owner: text,
  reason: text,
  until: { description: 'A date, the whole of which is meant (UTC), or a timestamp.', ...text },
  file: text,
  line: { type: 'integer' },
};

const WAIVER_USE = object({
  ...WAIVER,
  state: {
    description:
      'unused: nothing that it covers differs. expired: what it covered counts again. unknown: not all that it may be for was read.',
    enum: WAIVER_STATES,
  },
  count: { description: 'Of the subjects that it has left as they are.', ...COUNT },
});

/** Fields of {@link OUTCOME} that may be absent. */
export const OUTCOME_OPTIONAL = ['gone', 'waivers'];

/** What a run says at its end. */
export const OUTCOME = {
  exitCode: { enum: [0, 1, 2, 3, 4, 5, 6, 7, 130] },
  summary: {
    type: 'object',
    required: ['hosts', 'resources'],
    additionalProperties: false,
    properties: {
      hosts: counts('total is the sum of the others.', ['total', ...HOST_STATUSES]),
      resources: {
        description: 'By kind. Everything counts once, whatever the number of names that reach it.',
        type: 'object',
        additionalProperties: counts(
          'total = managed + unmanaged; managed is the sum of the other statuses. They are what the VMs that were read have: vmsNotRead counts further VMs of the hosts, which no rule can be about.',
          ['total', 'managed', 'vmsNotRead', ...SUBJECT_STATUSES],
        ),
      },
    },
  },
  unmatchedRules: {
    description: 'Rules that named nothing on any host that was read.',
    type: 'array',
    items: object({ ...RULE, required: { type: 'boolean' } }),
  },
  missingDomains: {
    description:
      'Names without wildcards that a rule gives and no host has, where every host of the rule was read.',
    type: 'array',
    items: object({ domain: text, rule: object(RULE) }),
  },
  warnings: { type: 'array', items: WARNING },
  gone: {
    description: 'VMs that rules named in the baseline, and that their hosts have no more.',
    type: 'array',
    items: GONE,
  },
  waivers: { description: 'What became of each waiver.', type: 'array', items: WAIVER_USE },
};
