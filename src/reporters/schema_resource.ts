import { CAUSES } from '../model/cause.ts';
import { KERNEL_DRIFTS, SIDES } from '../model/change.ts';
import { SUBJECT_STATUSES } from '../model/status.ts';
import type { AnyModule } from '../modules/module.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { object, PLACE, RULE, text, texts, WAIVER } from './schema_parts.ts';

/** What is found of one subject, in the schemas of reports: what is common, and each module's own part. */

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

/** What schemas with hosts and warnings refer to. */
export function definitionsOf(modules: readonly AnyModule[]): JsonSchema {
  return { resource: { oneOf: modules.map(resourceSchema) }, place: PLACE, ...sharedOf(modules) };
}

/** What {@link resourceProperties} refer to: what all entries have in common, and what those of each module have. */
export function sharedOf(modules: readonly AnyModule[]): JsonSchema {
  return { domain: DOMAIN, cause: CAUSE, ...Object.fromEntries(modules.flatMap(statesOf)) };
}

/** The values of one module: those of one state, all of one state, and those of both states. */
function statesOf({ name, report, settings }: AnyModule): readonly (readonly [string, JsonSchema])[] {
  const state = { type: 'object', additionalProperties: false, ...report.state };
  const optional = settings.flatMap((one) => (one.optional === true ? [one.name.split('.')[0]] : []));
  const required = Object.keys((report.state.properties ?? {}) as object).filter(
    (one) => !optional.includes(one),
  );
  const orNull = { oneOf: [{ type: 'null' }, ref(`${name}.all`)] };
  const kernel = {
    description: 'What the kernel does, where somebody asked; null where that is not known.',
    ...orNull,
  };
  return [
    [`${name}.some`, state],
    [`${name}.all`, { ...state, required }],
    [`${name}.states`, object({ live: orNull, config: orNull, kernel }, ['kernel'])],
  ];
}

const ref = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` });

function resourceSchema(module: AnyModule): JsonSchema {
  return object(resourceProperties(module), [
    'desiredByState',
    'reason',
    'job',
    'notes',
    'next',
    'ramp',
    'onTrial',
    'kernel',
    'waiver',
    'cause',
    'ignored',
  ]);
}

const PARTY = object({ name: text, uuid: text });

const DOMAIN = object(
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
);

/** The properties of an entry of one module; they refer to {@link sharedOf}. */
export function resourceProperties({ name, kind, report }: AnyModule): Readonly<Record<string, JsonSchema>> {
  const state = ref(`${name}.some`);
  const both = ref(`${name}.states`);
  return {
    module: { const: name },
    kind: { const: kind },
    key: { type: 'string', description: 'The same in every run, and no other of its kind and VM has it.' },
    label: { type: 'string', description: 'As people name it within its VM.' },
    domain: ref('domain'),
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
    job: {
      description:
        'Where it is busy, and the host told so: the job that held its VM, by libvirt’s word for its operation in small letters, e.g. save, outgoing migration, start.',
      ...text,
    },
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
    onTrial: {
      description:
        'Where another run waits for a confirm of it (--confirm-within): its host gives back what was before unless that run is confirmed. Where that would undo what is desired, it is refused.',
      ...object({
        run: text,
        until: {
          description: 'RFC 3339, UTC; null where the host does not tell.',
          type: ['string', 'null'],
        },
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
      ...ref('cause'),
    },
    ignored: {
      description:
        'It does not count as failed: its task has ignore_errors, or it is unsupported and its rules have skip_unsupported.',
      const: true,
    },
  };
}
