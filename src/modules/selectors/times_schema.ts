import { DURATION_PATTERN } from '../../base/time/duration.ts';
import { INSTANT_PATTERN } from '../../base/time/instant.ts';
import { DAYS } from '../../base/time/windows.ts';
import { OTHERWISE } from './times.ts';

/** When rules hold, as JSON Schema: of modules, and of policies. */

/** One, or a list of them. */
export const some = (one: { readonly description: string }) => ({
  description: one.description,
  type: ['object', 'array'],
  if: { type: 'object' },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: one,
  else: { minItems: 1, items: one },
});

const time = (description: string, hours: string) => ({
  description,
  type: 'string',
  pattern: `^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]${hours})$`,
  'x-expected': 'a time of the day such as "22:00"',
});

/** Weekly windows. */
export const windows = (description: string) =>
  some({
    description,
    ...{ type: 'object', additionalProperties: false, minProperties: 1 },
    ...{
      properties: {
        zone: {
          description: 'Whose clock it goes by, e.g. Europe/Berlin or UTC.',
          type: 'string',
          minLength: 1,
        },
        days: {
          description: `Days on which it begins: ${DAYS.join(', ')}; every day where they are absent.`,
          type: ['string', 'array'],
          if: { type: 'string' },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: { enum: DAYS },
          else: { minItems: 1, uniqueItems: true, items: { enum: DAYS } },
        },
        from: time('When it begins, e.g. "22:00"; the beginning of the day where it is absent.', ''),
        to: time('When it ends, e.g. "06:00"; before `from` it is on the next day.', '|24:00'),
      },
      required: ['zone'],
    },
  });

/** Properties of every rule of a module. */
export const TIME_PROPERTIES = {
  until: {
    description:
      'Until when the rule holds: a time with its zone ("2026-12-01 06:00 Europe/Berlin", "2026-12-01T06:00:00+01:00"), or a date, the whole of which it holds (UTC, or of the zone beside it).',
    type: 'string',
    pattern: INSTANT_PATTERN,
    'x-expected':
      'a date such as 2026-12-24, or a time with its zone such as "2026-12-24 18:00 Europe/Berlin"',
  },
  during: windows('The rule holds in these weekly windows only.'),
  not_during: windows('The rule holds outside of these weekly windows only.'),
  otherwise: {
    description:
      'What becomes of its limits outside of its times, where no other rule sets them: unlimited takes them away, leave lets them stay.',
    enum: OTHERWISE,
  },
  ramp: {
    description:
      'The rule goes to what it sets in steps, one with each run; virtune watch makes all of them.',
    type: 'object',
    additionalProperties: false,
    required: ['step', 'every'],
    properties: {
      step: {
        description: 'The most by which a limit changes at a time, as the rule writes limits: "100 Mbit/s".',
        type: ['string', 'number'],
      },
      every: {
        description: 'How long virtune watch waits between two steps: 30s, 10m, 2h.',
        type: 'string',
        pattern: DURATION_PATTERN,
        'x-expected': 'a time such as 30s, 10m or 2h',
      },
    },
  },
} as const;
