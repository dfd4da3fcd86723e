import type { JsonSchema } from '../schema/schema.ts';

const list = (description: string) => ({
  description,
  type: ['string', 'array'],
  minLength: 1,
  minItems: 1,
  items: { type: 'string', minLength: 1 },
});

const words = (description: string, pattern = '\\S') => ({ description, type: 'string', pattern });

/**
 * The JSON Schema of a file of waivers.
 * @param modules names of all modules
 * @param until the pattern of a time: without one, code says better what is wrong with it
 */
export function waiversSchema(modules: readonly string[], until?: string): JsonSchema {
  return {
    type: 'object',
    required: ['waivers'],
    additionalProperties: false,
    properties: {
      waivers: {
        description:
          'Known differences that are left as they are for a while; the first that covers one is told.',
        type: ['array', 'null'],
        items: waiverSchema(modules, until),
      },
    },
  };
}

function waiverSchema(modules: readonly string[], until: string | undefined): JsonSchema {
  return {
    type: 'object',
    required: ['owner', 'reason', 'until'],
    additionalProperties: false,
    properties: {
      owner: words('Who answers for it.'),
      reason: words('Why it may stay.'),
      until: words(
        'Until when: a date such as 2026-12-24, the whole of which it holds (UTC), or a time with its zone such as 2026-12-24T18:00:00+01:00 or "2026-12-24 18:00 Europe/Berlin".',
        until,
      ),
      hosts: words('Hosts, as in a play: a name, a group, a glob, several joined by ":".'),
      domain: list('VMs by libvirt name (glob) or UUID; a list of those; a leading ! excludes.'),
      module: {
        description: 'Whose limits: a module or a list of them; of all where it is absent.',
        type: ['string', 'array'],
        minItems: 1,
        items: { enum: modules },
        if: { type: 'string' },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { enum: modules },
      },
      subject: list(
        'Which NIC, disk or device, as reports name it ("nic 1"), or by its MAC, target or source; globs.',
      ),
      settings: list(
        'Which settings, by the names of the JSON report ("inbound.average"); globs. It covers a difference of these alone.',
      ),
      has: {
        description:
          'What must be there for it to hold, by setting, in libvirt’s units; null for unlimited. Anything else counts again.',
        type: 'object',
        minProperties: 1,
        additionalProperties: { type: ['number', 'string', 'null'] },
      },
    },
  };
}
