import { SUBJECT_STATUSES } from '../model/status.ts';
import type { AnyModule } from '../modules/module.ts';
import { object, PLACE, RULE, text, texts, WARNING } from '../reporters/schema_parts.ts';
import { resourceProperties, sharedOf } from '../reporters/schema_resource.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { EXPLAIN_SCHEMA } from './json.ts';

/** The JSON Schema of `virtune.explain/2`. */
export function explainSchema(modules: readonly AnyModule[]): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:virtune:explain:2',
    title: EXPLAIN_SCHEMA,
    description: 'Which rules decided what one VM is to have, and where they stand.',
    ...object({
      schema: { const: EXPLAIN_SCHEMA },
      host: object({ name: text, address: text }),
      resources: {
        description: 'One entry per subject and task.',
        type: 'array',
        items: { oneOf: modules.map(subjectSchema) },
      },
      notes: { description: 'What is worth knowing of the host as a whole.', ...texts },
      warnings: { description: 'Advice on the rules and the inventory.', type: 'array', items: WARNING },
    }),
    definitions: { place: PLACE, ...sharedOf(modules) },
  };
}

const ORIGIN = {
  description: 'The variable that holds the rule; null for one that stands in the playbook, or in several.',
  oneOf: [
    { type: 'null' },
    object({
      variable: text,
      kind: { enum: ['group', 'host', 'play', 'task', 'extraVars'] },
      name: text,
    }),
  ],
};

const TIMES = {
  description: 'When it holds, where that is not always.',
  ...object({ holds: { description: 'Whether it does now.', type: 'boolean' }, text }),
};

const REPLACED = {
  description: 'By state: the position, from 1, of the rule that replaced it; null where it stands.',
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    ['live', 'config'].map((side) => [side, { type: ['integer', 'null'], minimum: 1 }]),
  ),
};

function subjectSchema(module: AnyModule): JsonSchema {
  const {
    desired: _,
    desiredByState: __,
    after: ___,
    rules: ____,
    cause: _____,
    kernel: ______,
    waiver: _______,
    job: ________,
    ...common
  } = resourceProperties(module);
  const values = { type: 'object', additionalProperties: false, ...module.report.state };
  const desired = {
    description: 'null where it does not exist in that state.',
    oneOf: [{ type: 'null' }, object({ values, words: texts, sentences: texts })],
  };
  const sets = object({ setting: text, text, words: text, replacedBy: REPLACED });
  return object(
    {
      play: text,
      task: text,
      ...common,
      status: { enum: SUBJECT_STATUSES },
      rules: {
        description: 'The rules that name it, in the order in which they apply.',
        type: 'array',
        items: object({ ...RULE, times: TIMES, origin: ORIGIN, sets: { type: 'array', items: sets } }, [
          'times',
        ]),
      },
      desired: object({ live: desired, config: desired }),
    },
    ['reason', 'notes', 'next', 'ramp', 'onTrial', 'ignored'],
  );
}
