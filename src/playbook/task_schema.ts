import { type TaskOptions, VERIFICATIONS } from '../model/playbook.ts';
import { compileSchema, type JsonSchema } from '../schema/schema.ts';

/** A truth value, or a word for one in quotes: templates and -e give texts. */
const BOOLEAN = {
  type: ['boolean', 'string'],
  pattern: '^(?:[Yy]es|YES|[Nn]o|NO|[Tt]rue|TRUE|[Ff]alse|FALSE|[Oo]n|ON|[Oo]ff|OFF|1|0)$',
  'x-expected': 'true or false',
} as const;

const NAME = {
  type: 'string',
  pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
  'x-expected': 'the name of a variable',
} as const;

/** What plays, blocks and tasks may say alike; those of a play and a block hold for their tasks. */
export const TASK_OPTIONS = {
  tags: {
    description: 'Names for --tags and --skip-tags: a list, or a text with commas.',
    anyOf: [
      { type: 'string' },
      { type: 'number' },
      { type: 'array', items: { type: ['string', 'number'] } },
      { type: 'null' },
    ],
  },
  ignore_errors: { ...BOOLEAN, description: 'A host whose NICs fail goes on, and does not count as failed.' },
  ignore_unreachable: {
    ...BOOLEAN,
    description: 'A host that cannot be reached does not count, and is tried by the next play.',
  },
  any_errors_fatal: { ...BOOLEAN, description: 'When a host fails, the run ends after its batch.' },
  run_once: { ...BOOLEAN, description: 'Only the first host of each batch has the task.' },
  throttle: {
    description: 'So many hosts at once at most, below --forks.',
    type: ['integer', 'string'],
    minimum: 0,
    pattern: '^\\s*[0-9]{1,6}\\s*$',
    'x-expected': 'a number of hosts',
  },
  verify: {
    description:
      'kernel: look at what the kernel of the host does with running VMs, too, and set it again where it does something else. libvirt, the default: what libvirt describes is enough.',
    enum: VERIFICATIONS,
  },
} as const satisfies JsonSchema;

const CONDITION = { type: ['string', 'boolean'] } as const;

const COMMON = {
  name: { type: ['string', 'number'], 'x-expected': 'a text', description: 'What it does, for people.' },
  when: {
    description: 'A condition in Jinja without braces, or a list of them, all of which must hold.',
    anyOf: [CONDITION, { type: 'array', items: CONDITION }],
  },
  vars: {
    type: ['object', 'null'],
    description: 'Variables for this alone; they win over those of the play.',
  },
  ...TASK_OPTIONS,
} as const;

export const TASK_SCHEMA = {
  type: 'object',
  properties: {
    ...COMMON,
    loop: {
      description: 'The task once for each item of a list, which is in the variable "item".',
      type: ['array', 'string'],
    },
    loop_control: {
      description: 'How the loop names its items.',
      type: 'object',
      additionalProperties: false,
      properties: {
        loop_var: { ...NAME, description: 'The variable for the item, instead of "item".' },
        index_var: { ...NAME, description: 'A variable for the position, from 0.' },
        label: { description: 'Accepted and ignored: reports name NICs, not items.' },
      },
    },
  },
} as const satisfies JsonSchema;

export const BLOCK_SCHEMA = {
  type: 'object',
  properties: { ...COMMON, block: true },
} as const satisfies JsonSchema;

export const TASK_KEYS: readonly string[] = Object.keys(TASK_SCHEMA.properties);
export const BLOCK_KEYS: readonly string[] = Object.keys(BLOCK_SCHEMA.properties);

/** All that is wrong with the values of a task's keywords, its module and unknown keys left aside. */
export const taskSchema = compileSchema(TASK_SCHEMA);
export const blockSchema = compileSchema(BLOCK_SCHEMA);

/** Tags from what the schema has let pass. */
export function parseTags(value: unknown): readonly string[] {
  const list = typeof value === 'string' ? value.split(',') : [value ?? []].flat();
  return list.map((tag) => String(tag).trim()).filter((tag) => tag !== '');
}

/** What is said about failing, over what holds around it; from what the schema has let pass. */
export function parseOptions(value: Readonly<Record<string, unknown>>, around: TaskOptions): TaskOptions {
  const truth = (key: string) =>
    typeof value[key] === 'string' ? /^(?:yes|true|on|1)$/i.test(value[key]) : value[key];
  const said = {
    ignoreErrors: truth('ignore_errors'),
    ignoreUnreachable: truth('ignore_unreachable'),
    anyErrorsFatal: truth('any_errors_fatal'),
    runOnce: truth('run_once'),
    throttle: value.throttle === undefined ? undefined : Number(value.throttle),
    verify: value.verify,
  };
  return { ...around, ...Object.fromEntries(Object.entries(said).filter(([, one]) => one !== undefined)) };
}
