import { FAIL_ON } from '../engine/exit_code.ts';
import { HOST_STATUSES } from '../model/result.ts';
import type { AnyModule } from '../modules/module.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { REPORT_SCHEMA } from './json.ts';
import { COUNT, OUTCOME, object, RULE, RUN_HEAD, text, texts } from './schema_parts.ts';
import { definitionsOf } from './schema_resource.ts';

/** The JSON Schema of `virtune.report/2`: what is common to all modules, and each module's own part. */
export function reportSchema(modules: readonly AnyModule[]): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:virtune:report:2',
    title: REPORT_SCHEMA,
    description: 'What a run found and did, on every host and for everything that a rule names.',
    type: 'object',
    required: [
      'schema',
      'run',
      'exitCode',
      'summary',
      'unmatchedRules',
      'missingDomains',
      'warnings',
      'hosts',
    ],
    additionalProperties: false,
    properties: {
      schema: { const: REPORT_SCHEMA },
      run: RUN,
      ...OUTCOME,
      hosts: { type: 'array', items: HOST },
    },
    definitions: definitionsOf(modules),
  };
}

const EVIDENCE = object({
  plays: {
    type: 'array',
    items: object({
      read: COUNT,
      unread: COUNT,
      unmatched: { type: 'array', items: object({ ...RULE, required: { type: 'boolean' } }) },
    }),
  },
  names: { type: 'array', items: object({ rule: object(RULE), known: texts, missing: texts }) },
});

const SHARD = {
  description: 'It was one of several parts of a run, which virtune report merge puts together.',
  ...object(
    {
      index: { type: 'integer', minimum: 1 },
      count: { type: 'integer', minimum: 1 },
      fleet: { description: 'The same for all shards of a run.', ...text },
      pipeline: { description: 'Of the CI platform that ran it.', ...text },
      inventoryHosts: { description: 'How many hosts the inventory has.', ...COUNT },
      limited: { description: 'Hosts of plays were left out by a limit.', const: true },
      places: { description: 'Of each host, its place in the inventory.', type: 'array', items: COUNT },
      evidence: { description: 'What its hosts have told of rules, by which all shards judge.', ...EVIDENCE },
    },
    ['pipeline', 'limited'],
  ),
};

const RUN = object(
  {
    ...RUN_HEAD,
    finishedAt: { type: 'string', description: 'RFC 3339, UTC.' },
    missingOk: { description: 'Names that no host has are warnings.', const: true },
    strict: { description: 'Every warning is an error.', const: true },
    at: { description: 'What time it was taken to be (--at): RFC 3339, UTC.', ...text },
    failOn: { description: 'What fails it (--fail-on).', type: 'array', items: { enum: FAIL_ON } },
    baseline: {
      description: 'The run by whose report causes are told, and what is to be known of the comparison.',
      ...object({ id: text, note: text }, ['note']),
    },
    policies: { description: 'The files of the policies in force.', type: 'array', items: text },
    confirm: {
      description: 'What it has written is given back unless virtune confirm comes before that time.',
      ...object({ until: text }),
    },
    shard: SHARD,
    shards: {
      description: 'It was put together from its shards.',
      ...object({ count: COUNT, missing: { type: 'array', items: COUNT } }),
    },
  },
  ['missingOk', 'strict', 'failOn', 'at', 'baseline', 'policies', 'confirm', 'shard', 'shards'],
);

const TOTAL = {
  oneOf: [
    COUNT,
    {
      description:
        'Where only some VMs were read: how many there are, and what each that was read has, by UUID.',
      ...object({ vms: COUNT, read: { type: 'object', additionalProperties: COUNT } }),
    },
  ],
};

const REMEDY = object(
  {
    error: { description: 'The error without it.', ...text },
    text,
    command: {
      description: 'One command for all: word is what differs from host to host.',
      ...object({ before: text, word: text, after: text }),
    },
  },
  ['command'],
);

const CREATED = { oneOf: [{ type: 'null' }, text] };

const VMS = object({
  complete: { description: 'No other VM is there.', type: 'boolean' },
  known: {
    type: 'array',
    items: object(
      {
        name: text,
        uuid: text,
        id: {
          description:
            "Of its start, counted by the host's libvirt; null where it does not run, absent where it could not be read.",
          oneOf: [{ type: 'null' }, COUNT],
        },
        created: {
          description: 'When Nova made the description of each state; absent where no metadata says so.',
          ...object({ live: CREATED, config: CREATED }),
        },
      },
      ['id', 'created'],
    ),
  },
});

/** A host of a report. Its resources are those of `definitions` in {@link definitionsOf}. */
export const HOST = object(
  {
    name: text,
    address: text,
    hypervisor: {
      description: 'The same for all inventory names of one hypervisor, and in every run that reaches it so.',
      ...text,
    },
    status: {
      description:
        'changed: something changed or, in check mode, would change. skipped: the run ended before its turn.',
      enum: HOST_STATUSES,
    },
    error: { type: 'string', description: 'What went wrong with the host as a whole, and what to do.' },
    errorCode: { type: 'string', description: "The error's name, e.g. host_key_unknown, no_libvirtd." },
    remedy: {
      description: 'What to do about the error, where many hosts may share it; error has it too.',
      ...REMEDY,
    },
    notes: {
      description: 'What is worth knowing of the host as a whole although nothing is wrong.',
      ...texts,
    },
    ignored: {
      description:
        'It does not count as failed or unreachable: its tasks have ignore_errors or ignore_unreachable.',
      const: true,
    },
    durationMs: { type: 'integer', minimum: 0 },
    totals: {
      description: 'By kind, what the hypervisor has, named by a rule or not.',
      type: 'object',
      additionalProperties: TOTAL,
    },
    vms: {
      description:
        'The VMs of the hypervisor, under the first of its names: what tells causes to a later run (--baseline).',
      ...VMS,
    },
    resources: { type: 'array', items: { $ref: '#/definitions/resource' } },
  },
  ['error', 'errorCode', 'remedy', 'notes', 'ignored', 'vms'],
);
