import type { ErrorObject } from 'ajv';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { relevantErrors } from './branches.ts';
import { explainSchemaError } from './errors.ts';
import type { CustomKeyword, JsonSchema } from './types.ts';
import { validatorsOf } from './validators.ts';

export type { CustomKeyword, JsonSchema } from './types.ts';

/** All that is wrong with a value, each at its place; `fallback` is the place of data that no file gave. */
export type Validate = (value: unknown, fallback?: Place) => readonly Diagnostic[];

/** Enough to repair a file by, and no flood. */
const MAX_ERRORS = 50;

/**
 * A validator that speaks the user's words, from a JSON Schema. Of `anyOf` and `oneOf` only the branch that was most
 * likely meant is reported. A schema may say what it expects with `x-expected: "a MAC address such as …"`.
 * Called where a module is loaded, so that the build finds the schema and compiles it.
 */
export function compileSchema(schema: JsonSchema, keywords: readonly CustomKeyword[] = []): Validate {
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, JsonSchema>> };
  const names = Object.keys(properties);
  // Each property by itself, since compiling them takes long and most values have few.
  const whole = { ...schema, properties: Object.fromEntries(names.map((key) => [key, true])) };
  const parts = names.map((key) => ({ properties: { [key]: properties[key] } }));
  const validator = validatorsOf([whole, ...parts], keywords);
  const indexOf = new Map(names.map((key, index) => [key, index + 1]));
  return (value, fallback) => {
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    const found = [0, ...keys.flatMap((key) => indexOf.get(key) ?? [])].flatMap((index) => {
      const validate = validator(index);
      return validate(value) ? [] : (validate.errors ?? []);
    });
    if (found.length === 0) return [];
    const errors = withoutHasty(relevantErrors(found));
    return errors.slice(0, MAX_ERRORS).map((error) => explainSchemaError(error, value, fallback));
  };
}

/** A check of a whole map cannot tell what a key in it was meant to be that is misspelt. */
function withoutHasty(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const unknown = errors.filter(({ keyword }) => keyword.endsWith('Properties'));
  return errors.filter(
    ({ params, data, instancePath }) =>
      params.custom !== true ||
      typeof data !== 'object' ||
      !unknown.some((other) => `${other.instancePath}/`.startsWith(`${instancePath}/`)),
  );
}
