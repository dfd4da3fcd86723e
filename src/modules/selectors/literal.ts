import type { BaseRule } from './rule.ts';

/** The same rules about one VM, named by its name or UUID whatever characters that has. */
export function aboutDomain<R extends BaseRule>(
  rules: readonly R[],
  domain: string,
  name: string,
): readonly R[] {
  const selector = { include: [domain], exclude: [], literal: true };
  return rules.map((rule) => ({ ...rule, name, exact: [domain], domain: selector }));
}
