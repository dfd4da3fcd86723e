import { Ajv, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { relevantErrors } from './branches.ts';
import { explainSchemaError } from './errors.ts';

/** A JSON Schema as a plain object, shared parts written in by reference in TypeScript: `$ref` is not for it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A check that JSON Schema cannot express, used in a schema under its name: `{ virtuneRate: true }`. */
export interface CustomKeyword {
  readonly keyword: string;
  /** What is wrong with the value, or null; `setting` is what the schema gives the keyword. */
  readonly check: (value: unknown, setting: unknown) => string | CustomProblem | null;
}

export interface CustomProblem {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** All that is wrong with a value, each at its place; `fallback` is the place of data that no file gave. */
export type Validate = (value: unknown, fallback?: Place) => readonly Diagnostic[];

/** Enough to repair a file by, and no flood. */
const MAX_ERRORS = 50;

/**
 * A validator that speaks the user's words, from a JSON Schema. Of `anyOf` and `oneOf` only the branch that was most
 * likely meant is reported. A schema may say what it expects with `x-expected: "a MAC address such as …"`.
 * It is compiled when it is first used: that takes longer than most commands have reason to wait.
 */
export function compileSchema(schema: JsonSchema, keywords: readonly CustomKeyword[] = []): Validate {
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, JsonSchema>> };
  const ajv = lazily(() => newAjv(keywords));
  const compile = (part: JsonSchema): ValidateFunction => ajv().compile(part as AnySchemaObject);
  const whole = lazily(() => {
    const any = Object.fromEntries(Object.keys(properties).map((key) => [key, true]));
    return compile({ ...schema, properties: any });
  });
  const parts = new Map(
    Object.entries(properties).map(([key, part]) => [
      key,
      lazily(() => compile({ properties: { [key]: part } })),
    ]),
  );
  return (value, fallback) => {
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    const validators = [whole, ...keys.flatMap((key) => parts.get(key) ?? [])];
    const found = validators.flatMap((validator) => {
      const validate = validator();
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

/**
 * Without ajv's check of the schema itself, which costs more than the compilation: a test makes that check.
 * @throws Error when the schema is wrong: a bug, never the user's fault
 */
function newAjv(keywords: readonly CustomKeyword[]): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    validateSchema: false,
    meta: false,
    code: { optimize: false },
  });
  ajv.addKeyword({ keyword: 'x-expected', schemaType: 'string' });
  for (const custom of keywords) ajv.addKeyword(ajvKeyword(custom));
  return ajv;
}

function ajvKeyword({ keyword, check }: CustomKeyword) {
  const validate = (setting: unknown, value: unknown): boolean => {
    const found = check(value, setting);
    if (found === null) return true;
    const problem = typeof found === 'string' ? { message: found } : found;
    validate.errors = [{ keyword, message: problem.message, params: { custom: true, hint: problem.hint } }];
    return false;
  };
  validate.errors = [] as Partial<ErrorObject>[];
  return { keyword, errors: true, validate };
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
