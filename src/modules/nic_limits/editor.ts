import { MAX_BURST, MAX_RATE } from '../../base/units.ts';
import { quantityForEditors, TEMPLATE } from '../../schema/editor.ts';
import type { JsonSchema } from '../../schema/schema.ts';

const RATE = quantityForEditors('bit/s|bps|B/s', MAX_RATE);

const LIMITS = ['rate', 'inbound', 'outbound', 'download', 'upload'];

/** Conditions that name NICs without a VM; a template may hold them. */
const NAMING_NIC: JsonSchema = {
  anyOf: [
    {
      type: 'object',
      anyOf: ['mac', 'target', 'bridge', 'network', 'portgroup', 'port', 'fixed_ip'].map((key) => ({
        required: [key],
      })),
    },
    TEMPLATE,
  ],
};

/** What editors can check of the keywords that only code knows (keywords.ts). */
export const nicEditorKeywords: Readonly<Record<string, JsonSchema>> = {
  virtuneRate: RATE,
  virtuneNicWord: { enum: ['all'] },
  virtuneUplink: quantityForEditors('bit/s|bps|B/s', Number.MAX_SAFE_INTEGER),
  virtuneSize: quantityForEditors('bit|B', MAX_BURST),
  virtuneLimit: { anyOf: [{ const: 'unlimited' }, ...RATE.anyOf] },
  virtuneMac: { type: 'string', pattern: '^\\s*[0-9A-Fa-f]?[02468ACEace](?::[0-9A-Fa-f]{1,2}){5}\\s*$' },
  virtuneDirection: { dependencies: { peak: ['average'], burst: ['average'] } },
  virtuneRule: {
    allOf: [
      {
        anyOf: [
          ...['domain', 'match'].map((key) => ({ required: [key] })),
          { required: ['nic'], properties: { nic: NAMING_NIC } },
        ],
      },
      { anyOf: [...LIMITS, 'from'].map((key) => ({ required: [key] })) },
      ...[
        ['inbound', 'download'],
        ['outbound', 'upload'],
        ...['inbound', 'outbound', 'download', 'upload'].map((key) => ['rate', key]),
        ...LIMITS.map((key) => ['from', key]),
      ].map((both) => ({ not: { required: both } })),
    ],
  },
};
