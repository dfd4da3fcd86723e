import { REPORT_SCHEMA } from '../reporters/json.ts';
import { PLAN_SCHEMA } from './head.ts';

type Schema = Record<string, unknown>;

const text = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more });
const closed = (title: string, properties: Record<string, Schema>): Schema => ({
  title,
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

/**
 * The JSON Schema of a saved plan. The file holds three JSON values one after the other, so that it is written and read
 * in pieces: a first line, the report of the check that made the plan, and a last line. Each fits one of these.
 */
export function planSchema(): Schema {
  const files = (description: string): Schema => ({ type: 'array', items: { type: 'string' }, description });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A saved plan of virtune: its first line, the report in it, its last line',
    anyOf: [
      closed('first line', {
        schema: { const: PLAN_SCHEMA },
        id: text('of the check that made it; a plan of one id is applied once'),
        createdAt: text('when it was made'),
        expiresAt: text('until when it may be applied'),
        user: text('who made it'),
        inventory: files(
          'sources of the inventory, absolute: connections are read from there when it is applied',
        ),
        playbooks: files('absolute names'),
        folder: text('in which it was made'),
        rewrite: {
          type: 'boolean',
          description: 'set what is in force in running VMs also where libvirt describes it as declared',
        },
      }),
      {
        title:
          'the report of the check, as report.schema.json has it: resources that are pending are the changes',
        type: 'object',
        properties: { schema: { const: REPORT_SCHEMA } },
        required: ['schema', 'run', 'hosts'],
      },
      closed('last line', {
        sha256: text('of all bytes before this line', { pattern: '^[0-9a-f]{64}$' }),
      }),
    ],
  };
}
