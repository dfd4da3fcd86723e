import type { JsonSchema } from '../../schema/schema.ts';
import { KINDS, WAYS } from './settings.ts';

/** What editors can check of the keywords that only code knows (keywords.ts). */
export const diskEditorKeywords: Readonly<Record<string, JsonSchema>> = {
  virtuneDiskAmount: {},
  virtuneDiskRule: {
    allOf: [
      { anyOf: ['domain', 'match'].map((key) => ({ required: [key] })) },
      { anyOf: KINDS.flatMap((kind) => WAYS.map((way) => ({ required: [`${way}_${kind}_sec`] }))) },
    ],
  },
};
