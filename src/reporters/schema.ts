import { FAIL_ON } from '../engine/exit_code.ts';
import { CAUSES } from '../model/cause.ts';
import { KERNEL_DRIFTS, SIDES } from '../model/change.ts';
import { HOST_STATUSES } from '../model/result.ts';
import { SUBJECT_STATUSES } from '../model/status.ts';
import type { AnyModule } from '../modules/module.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { REPORT_SCHEMA } from './json.ts';
import { COUNT, OUTCOME, object, PLACE, RULE, RUN_HEAD, text, texts, WAIVER } from './schema_parts.ts';

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

/** What schemas with hosts and warnings refer to. */
export function definitionsOf(modules: readonly AnyModule[]): JsonSchema {
  return { resource: { oneOf: modules.map(resourceSchema) }, place: PLACE };
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

const CAUSE = object(
  {
    kind: { description: 'The gravest, where there are several.', enum: CAUSES },
    also: {
      description: 'What is true of other settings of it.',
      type: 'array',
      items: { enum: CAUSES },
    },
    states: { description: 'In which somebody has changed it.', type: 'array', items: { enum: SIDES } },
    rules: {
      description: 'Those that decide now, and those that decided then.',
      ...object({
        now: { type: 'array', items: object(RULE) },
        earlier: { type: 'array', items: object(RULE) },
      }),
    },
    text: { description: 'The same for all that share it.', ...text },
    detail: { description: 'What it is told by: ids, times, hosts.', ...text },
  },
  ['also', 'states', 'rules', 'detail'],
);

function resourceSchema(module: AnyModule): JsonSchema {
  return object(resourceProperties(module), [
    'desiredByState',
    'reason',
    'notes',
    'next',
    'ramp',
    'kernel',
    'waiver',
    'cause',
    'ignored',
  ]);
}

const PARTY = object({ name: text, uuid: text });

/** The properties of an entry of one module. */
export function resourceProperties({
  name,
  kind,
  report,
  settings,
}: AnyModule): Readonly<Record<string, JsonSchema>> {
  const state = { type: 'object', additionalProperties: false, ...report.state };
  const optional = settings.flatMap((one) => (one.optional === true ? [one.name.split('.')[0]] : []));
  const names = Object.keys((report.state.properties ?? {}) as object).filter(
    (one) => !optional.includes(one),
  );
  const orNull = { oneOf: [{ type: 'null' }, { ...state, required: names }] };
  const kernel = {
    description: 'What the kernel does, where somebody asked; null where that is not known.',
    ...orNull,
  };
  const both = object({ live: orNull, config: orNull, kernel }, ['kernel']);
  return {
    module: { const: name },
    kind: { const: kind },
    key: { type: 'string', description: 'The same in every run, and no other of its kind and VM has it.' },
    label: { type: 'string', description: 'As people name it within its VM.' },
    domain: object(
      {
        name: text,
        uuid: text,
        state: { enum: ['running', 'paused', 'shutoff', 'other'] },
        persistent: { type: 'boolean' },
        managedSave: {
          description: 'A saved image waits: the next start restores it, with the live limits that it had.',
          const: true,
        },
        title: { description: 'Where the VM has one.', type: 'string' },
        nova: {
          description:
            'Where a policy asks for it: what OpenStack Nova wrote into the metadata, null for a VM that is not Nova’s.',
          oneOf: [{ type: 'null' }, object({ name: text, flavor: text, project: PARTY, user: PARTY })],
        },
      },
      ['managedSave', 'title', 'nova'],
    ),
    subject: { type: 'object', additionalProperties: false, ...report.subject },
    status: { enum: SUBJECT_STATUSES },
    rules: {
      description: 'The rules that name it, in the order in which they apply.',
      type: 'array',
      items: object(RULE),
    },
    desired: {
      description:
        'In the states that there are; where they are to have different values, those of the running VM. What is absent is left alone.',
      ...state,
    },
    desiredByState: {
      description:
        'What each state is to have, where the two are not to have the same, e.g. with apply_to: live.',
      ...object({ live: state, config: state }),
    },
    before: { description: 'null where it does not exist in that state.', ...both },
    after: {
      description: 'As read back after writing; null where nothing was written.',
      oneOf: [{ type: 'null' }, both],
    },
    commands: { description: 'The exact commands, made or (check mode) to be made.', ...texts },
    reason: { description: 'Why it has this status.', ...text },
    notes: texts,
    next: {
      description:
        'What it is to have after this, and from when on, where rules hold for a while only (until, during, not_during).',
      ...object({
        at: { description: 'RFC 3339, UTC.', ...text },
        zone: { description: 'By whose clock the rule was written.', ...text },
        desired: {
          description: 'What is absent is left as it is then.',
          ...object({ live: state, config: state }),
        },
        rules: { type: 'array', items: object(RULE) },
        text: { description: 'All of it in words.', ...text },
      }),
    },
    ramp: {
      description: 'Where it goes to what rules want in steps (ramp), and this is not the last.',
      ...object({
        target: { description: 'What they want in the end.', ...object({ live: state, config: state }) },
        step: {
          description: 'What is desired until the next step.',
          ...object({ live: state, config: state }),
        },
        stepsLeft: { type: 'integer', minimum: 1 },
        everySeconds: { type: 'integer', minimum: 1 },
      }),
    },
    kernel: {
      description: 'What a look at the kernel found before anything was written; absent where nobody asked.',
      ...object(
        {
          drift: {
            description: 'How it differs from what libvirt describes of the running VM.',
            type: 'array',
            items: object({ kind: { enum: KERNEL_DRIFTS }, settings: texts, text }),
          },
          unknown: { description: 'Why it is not known what the kernel does.', ...text },
        },
        ['unknown'],
      ),
    },
    waiver: { description: 'Who said that it may stay as it is (--waivers).', ...object(WAIVER) },
    cause: {
      description: 'Why it differs, by the report that --baseline names.',
      ...CAUSE,
    },
    ignored: {
      description:
        'It does not count as failed: its task has ignore_errors, or it is unsupported and its rules have skip_unsupported.',
      const: true,
    },
  };
}
