import { THROTTLES } from '../../facts/blkiotune.ts';
import { DEVICE_PATH_ERE } from '../../libvirt/devices.ts';
import { TEMPLATE } from '../../schema/editor.ts';
import type { JsonSchema } from '../../schema/schema.ts';

const amount = (least: number, most: number, pattern: string): JsonSchema => ({
  anyOf: [
    { const: 'unlimited' },
    { type: 'integer', minimum: least, maximum: most },
    { type: 'string', pattern: `^\\s*(?:${pattern})\\s*$` },
    TEMPLATE,
  ],
});

/** What editors can check of the keywords that only code knows (keywords.ts). */
export const blockEditorKeywords: Readonly<Record<string, JsonSchema>> = {
  virtuneBlockBytes: amount(
    1000,
    1_000_000_000_000_000,
    '[0-9]{1,18}(?:\\.[0-9]{1,9})?\\s*(?:(?:[kMG]|[KMG]i)?B/s)?',
  ),
  virtuneBlockOperations: amount(1, 4_294_967_294, '[0-9]{1,10}'),
  virtuneBlockDevice: {
    anyOf: [{ type: 'array' }, { type: 'string', pattern: `^${DEVICE_PATH_ERE}$` }, TEMPLATE],
  },
  virtuneBlockRule: {
    allOf: [
      { anyOf: ['domain', 'match'].map((key) => ({ required: [key] })) },
      { anyOf: THROTTLES.map((key) => ({ required: [key] })) },
    ],
  },
};
