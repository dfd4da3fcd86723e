import type { JsonSchema } from '../schema/schema.ts';
import { object, PLACE, text } from './schema_parts.ts';

export const VALIDATE_SCHEMA = 'virtune.validate/1';

/** The JSON Schema of what `virtune validate --report json` writes. */
export function validateSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:virtune:validate:1',
    title: VALIDATE_SCHEMA,
    description: 'What was found in files, without contacting a host.',
    ...object({
      schema: { const: VALIDATE_SCHEMA },
      valid: { description: 'No errors; with --strict, no warnings either.', type: 'boolean' },
      exitCode: { enum: [0, 1] },
      diagnostics: {
        type: 'array',
        items: object(
          {
            severity: {
              description: 'A note is worth knowing and no mistake.',
              enum: ['error', 'warning', 'note'],
            },
            message: { description: 'One sentence without its full stop.', ...text },
            hint: { description: 'What to do about it.', ...text },
            place: { $ref: '#/definitions/place' },
          },
          ['hint', 'place'],
        ),
      },
    }),
    definitions: { place: PLACE },
  };
}
