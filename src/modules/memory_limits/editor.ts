import { TEMPLATE } from '../../schema/editor.ts';
import type { JsonSchema } from '../../schema/schema.ts';

const NUMBER = '[0-9]{1,30}(?:\\.[0-9]{1,30})?\\s*';
const SIZE = `${NUMBER}(?:[kMG]|[KMG]i)?B`;

/** What editors can check of the keywords that only code knows (keywords.ts). */
export const memoryEditorKeywords: Readonly<Record<string, JsonSchema>> = {
  virtuneMemory: {
    anyOf: [
      { const: 'unlimited' },
      { type: 'integer', minimum: 1 },
      {
        type: 'string',
        pattern: `^\\s*(?:[0-9]{1,30}|${SIZE}|${NUMBER}%\\s+of\\s+memory|memory(?:\\s*\\+\\s*${SIZE})?)\\s*$`,
      },
      TEMPLATE,
    ],
  },
  virtuneMemoryRule: {
    allOf: [
      { anyOf: ['domain', 'match'].map((key) => ({ required: [key] })) },
      { anyOf: ['soft_limit', 'hard_limit', 'swap_hard_limit'].map((key) => ({ required: [key] })) },
    ],
  },
};
