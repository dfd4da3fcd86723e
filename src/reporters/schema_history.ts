import { HOST_STATUSES } from '../model/result.ts';
import { SUBJECT_STATUSES } from '../model/status.ts';
import type { AnyModule } from '../modules/module.ts';
import { DISARMED, RUN_KINDS } from '../record/entry.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { HISTORY_SCHEMA } from './history.ts';
import { COUNT, object, text, texts } from './schema_parts.ts';
import { definitionsOf } from './schema_resource.ts';

const CLAIMS = { type: 'object', additionalProperties: text };

const WHO = object(
  {
    user: text,
    uid: { type: ['integer', 'null'] },
    host: { description: 'The machine that virtune ran on.', ...text },
    sudoUser: { description: 'Who became that user by sudo.', ...text },
    ci: {
      description: 'What the variables of a CI platform claim: whoever wrote the job could have set them.',
      ...object({ platform: text, claims: CLAIMS }),
    },
    tokens: {
      description: 'What tokens say whose signatures were checked.',
      type: 'array',
      items: object({ kind: text, claims: CLAIMS }),
    },
  },
  ['sudoUser', 'ci', 'tokens'],
);

const START = object(
  {
    at: { description: 'RFC 3339, UTC.', ...text },
    what: { enum: [...RUN_KINDS] },
    of: { description: 'The run that is rolled back or confirmed.', ...text },
    command: { description: 'What was typed, without secrets and without values of -e.', ...text },
    playbooks: texts,
    inventory: texts,
    folder: { description: 'From where names of files are to be understood.', ...text },
    who: WHO,
    reason: text,
  },
  ['of', 'reason'],
);

const END = object({
  at: text,
  exitCode: { type: 'integer' },
  hosts: someOf(HOST_STATUSES),
  subjects: someOf(SUBJECT_STATUSES),
});

function someOf(names: readonly string[]): JsonSchema {
  return object(Object.fromEntries(names.map((name) => [name, COUNT])), names);
}

const CHANGE = object({
  host: text,
  at: text,
  line: { description: 'Of the file, where it stands before it was made.', type: 'integer', minimum: 1 },
  known: { description: 'False where what became of it is not recorded.', type: 'boolean' },
  resource: { $ref: '#/definitions/resource' },
});

/** One watchdog of a run with --confirm-within. */
const CONFIRM = object({
  watchdog: text,
  until: { description: 'When it gives back what was before, unless it is called off.', ...text },
  hosts: texts,
  how: {
    description:
      'What became of it, as far as anybody has asked: dropped by a confirm, late for one, gone before one, idle since nothing was written. Null where nobody has asked.',
    enum: [...DISARMED, null],
  },
});

const RUN = object(
  {
    run: text,
    file: text,
    state: {
      description: 'cut: it was killed, or its machine went down, or it goes on on another machine.',
      enum: ['ended', 'running', 'cut'],
    },
    start: { description: 'Null where the record cannot be believed.', oneOf: [{ type: 'null' }, START] },
    end: { oneOf: [{ type: 'null' }, END] },
    fault: {
      description: 'What ends the part of the file that can be believed.',
      oneOf: [
        { type: 'null' },
        object({ kind: { enum: ['torn', 'broken'] }, line: { type: 'integer', minimum: 1 }, text }),
      ],
    },
    confirm: { description: 'Of a run with --confirm-within.', type: 'array', items: CONFIRM },
    changes: { type: 'array', items: CHANGE },
  },
  ['confirm'],
);

/** The JSON Schema of what `virtune history --json` writes. */
export function historySchema(modules: readonly AnyModule[]): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:virtune:history:1',
    title: HISTORY_SCHEMA,
    description: 'What runs have changed, when, why and by whom; the newest first.',
    ...object({ schema: { const: HISTORY_SCHEMA }, runs: { type: 'array', items: RUN } }),
    definitions: definitionsOf(modules),
  };
}
