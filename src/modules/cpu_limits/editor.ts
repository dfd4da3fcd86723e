import { TEMPLATE } from '../../schema/editor.ts';
import type { JsonSchema } from '../../schema/schema.ts';

const AMOUNT = '[0-9]{1,15}(?:\\.[0-9]{1,12})?\\s*';
const TIME = `[0-9]{1,15}|${AMOUNT}(?:us|µs|ms|s)`;

/** What editors can check of the keywords that only code knows (keywords.ts). */
export const cpuEditorKeywords: Readonly<Record<string, JsonSchema>> = {
  virtuneCpuQuota: {
    anyOf: [
      { const: 'unlimited' },
      { type: 'integer', minimum: 1000 },
      { type: 'string', pattern: `^\\s*(?:${TIME}|${AMOUNT}%)\\s*$` },
      TEMPLATE,
    ],
  },
  virtuneCpuPeriod: {
    anyOf: [
      { type: 'integer', minimum: 1000, maximum: 1_000_000 },
      { type: 'string', pattern: `^\\s*(?:${TIME})\\s*$` },
      TEMPLATE,
    ],
  },
  virtuneCpuShares: { type: 'integer', minimum: 2, maximum: 10_000 },
  virtuneCpuRule: {
    allOf: [
      { anyOf: ['domain', 'match'].map((key) => ({ required: [key] })) },
      { anyOf: ['cpu_quota', 'total', 'cpu_shares', 'from'].map((key) => ({ required: [key] })) },
      { dependencies: { cpu_period: ['cpu_quota'], total_period: ['total'] } },
    ],
  },
};
