import { TEMPLATE } from '../../schema/editor.ts';
import type { JsonSchema } from '../../schema/schema.ts';
import { AMOUNT_KEYWORDS, type DiskForm } from './amount_keywords.ts';
import { KINDS, WAYS } from './settings.ts';

const NUMBER = '[0-9]{1,18}(?:\\.[0-9]{1,9})?\\s*';
const UNLIMITED: readonly JsonSchema[] = [{ const: 'unlimited' }];

const integer = (minimum: number, maximum = 1_000_000_000_000_000) => ({ type: 'integer', minimum, maximum });
const text = (pattern: string) => ({ type: 'string', pattern: `^\\s*(?:${pattern})\\s*$` });

/** Amounts by their forms (shared/io_amounts.ts), as far as a pattern can say them. */
const AMOUNTS: Readonly<Record<DiskForm, readonly JsonSchema[]>> = {
  bytes: [...UNLIMITED, integer(1000), text(`${NUMBER}(?:(?:[kMG]|[KMG]i)?B/s)?`)],
  iops: [...UNLIMITED, integer(1), text('[0-9]{1,18}')],
  size: [integer(512), text(`${NUMBER}(?:(?:[kMG]|[KMG]i)?B)?`)],
  duration: [integer(1, 86_400), text('[0-9]{1,18}\\s*s?')],
};

/** What editors can check of the keywords that only code knows (keywords.ts). */
export const diskEditorKeywords: Readonly<Record<string, JsonSchema>> = {
  ...Object.fromEntries(
    Object.entries(AMOUNTS).map(([form, anyOf]) => [
      AMOUNT_KEYWORDS[form as DiskForm],
      { anyOf: [...anyOf, TEMPLATE] },
    ]),
  ),
  virtuneDiskRule: {
    allOf: [
      { anyOf: ['domain', 'match'].map((key) => ({ required: [key] })) },
      {
        anyOf: [
          ...KINDS.flatMap((kind) => WAYS.map((way) => ({ required: [`${way}_${kind}_sec`] }))),
          { required: ['group'] },
          { required: ['from'] },
        ],
      },
    ],
  },
};
