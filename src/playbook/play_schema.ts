import { HOST_ORDERS, type Serial } from '../model/playbook.ts';
import { compileSchema, type JsonSchema } from '../schema/schema.ts';
import { CONNECTION_SCHEMAS } from './play_connection.ts';
import { TASK_OPTIONS } from './task_schema.ts';

const SERIAL = {
  type: ['integer', 'string'],
  minimum: 1,
  pattern: '^\\s*(?:[1-9][0-9]{0,5}|(?!0+(?:\\.0*)?%)(?:100(?:\\.0*)?|[1-9]?[0-9](?:\\.[0-9]+)?)%)\\s*$',
  'x-expected': 'a number of hosts from 1, or a share such as "25%"',
} as const;

/** The keys of a play and what they may hold; unknown ones and tasks have checks of their own. */
export const PLAY_SCHEMA = {
  type: 'object',
  required: ['hosts', 'tasks'],
  properties: {
    name: { type: ['string', 'number'], description: 'What the play does, for the report.' },
    hosts: {
      description: 'The hosts of the play: an Ansible pattern, or a list of them.',
      anyOf: [
        { type: 'string', minLength: 1 },
        { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
      ],
    },
    vars: { type: ['object', 'null'], description: 'Variables of the play.' },
    vars_files: {
      description:
        'Files of variables, beside the playbook; they win over "vars". Of a list within the list the first file that exists counts.',
      anyOf: [
        { type: 'string', minLength: 1 },
        {
          type: 'array',
          items: {
            anyOf: [
              { type: 'string', minLength: 1 },
              { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
            ],
          },
        },
        { type: 'null' },
      ],
    },
    order: {
      description: 'In which order hosts are taken; that of the inventory when absent.',
      enum: HOST_ORDERS,
    },
    serial: {
      description: 'How many hosts at a time: a number, a share such as "25%", or a list of them.',
      anyOf: [SERIAL, { type: 'array', minItems: 1, items: SERIAL }],
    },
    max_fail_percentage: {
      description: 'The play stops when more than this share of a batch has failed.',
      type: ['number', 'string'],
      minimum: 0,
      maximum: 100,
      pattern: '^\\s*(?:100|[1-9]?[0-9](?:\\.[0-9]+)?)\\s*%?\\s*$',
      'x-expected': 'a number from 0 to 100',
    },
    pause: {
      description: 'Seconds to wait before the next batch of "serial", after one that changed something.',
      type: ['integer', 'string'],
      minimum: 0,
      maximum: 86_400,
      pattern: '^\\s*[0-9]{1,5}\\s*$',
      'x-expected': 'seconds, from 0 to 86400',
    },
    // Taken since nearly every playbook has it, and ignored: virtune reads what its modules need and nothing else.
    gather_facts: { type: 'boolean', description: 'Accepted and ignored.' },
    tasks: true,
    ...CONNECTION_SCHEMAS,
    ...TASK_OPTIONS,
  },
} as const satisfies JsonSchema;

export const PLAY_KEYS = Object.keys(
  PLAY_SCHEMA.properties,
) as readonly (keyof typeof PLAY_SCHEMA.properties)[];

/** All that is wrong with the values of a play, its tasks and unknown keys left aside. */
export const playSchema = compileSchema(PLAY_SCHEMA);

/** Batch sizes from what the schema has let pass; numbers in quotes become numbers. */
export function parseSerial(value: unknown): Serial | undefined {
  if (value === undefined) return undefined;
  return [value].flat().map((size) => {
    const text = String(size).trim();
    return text.endsWith('%') ? text : Number(text);
  });
}

/** Seconds from what the schema has let pass. */
export function parsePause(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** A share from what the schema has let pass. */
export function parseMaxFailPercentage(value: unknown): number | undefined {
  return value === undefined ? undefined : Number.parseFloat(String(value));
}
