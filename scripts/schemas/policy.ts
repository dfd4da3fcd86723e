import { CASES_SCHEMA } from '../../src/policy/cases_schema.ts';
import { POLICY_SCHEMA } from '../../src/policy/schema.ts';
import { head, type Schema } from './editor.ts';

/** A policy file. It has no templates: what it says holds as it stands. */
export function policySchema(): Schema {
  const about = 'Rules on what runs of virtune may change: docs/policy.md.';
  return { ...head('policy', 'virtune policy', about), ...(inWords(POLICY_SCHEMA) as Schema) };
}

/** A file of `virtune policy test`. */
export function policyTestSchema(): Schema {
  const about = 'Changes, and what a policy is to make of them: virtune policy test.';
  return { ...head('policy-test', 'virtune policy test', about), ...(inWords(CASES_SCHEMA) as Schema) };
}

/** A schema of the code in an editor's words: what it expects stands where it has no description. */
function inWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inWords);
  if (typeof value !== 'object' || value === null) return value;
  const { 'x-expected': expected, ...rest } = value as Record<string, unknown>;
  const said =
    expected === undefined || rest.description !== undefined ? {} : { description: `Expected: ${expected}.` };
  return { ...said, ...Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, inWords(one)])) };
}
