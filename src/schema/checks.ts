import type { CustomKeyword, CustomProblem, JsonSchema } from './types.ts';

/** The checks of custom keywords by name, as the code that ajv makes calls them. */
export type Checks = Readonly<Record<string, (value: unknown, setting: unknown) => CustomProblem | null>>;

export function checksOf(keywords: readonly CustomKeyword[]): Checks {
  return Object.fromEntries(
    keywords.map(({ keyword, check }) => [
      keyword,
      (value: unknown, setting: unknown) => {
        const found = check(value, setting);
        return typeof found === 'string' ? { message: found } : found;
      },
    ]),
  );
}

/** What the build knows the compiled form of schemas by (FNV-1a of their text); it fails where two have the same. */
export function idOf(schemas: readonly JsonSchema[], keywords: readonly CustomKeyword[]): string {
  const text = JSON.stringify([schemas, keywords.map(({ keyword }) => keyword)]);
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return `${text.length}-${(hash >>> 0).toString(16)}`;
}
