import type { ErrorObject } from 'ajv';
import { didYouMeanHint } from '../base/suggest.ts';
import { oneOf, plural } from '../base/text.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { keyPlaceOf, placeOf } from '../yaml/places.ts';
import { foundWords, quoted, typeOfValue, typeWords } from './words.ts';

/** One of ajv's errors in plain words, at the place of what is wrong. */
export function explainSchemaError(error: ErrorObject, root: unknown, fallback?: Place): Diagnostic {
  const path = walk(root, error.instancePath);
  const { message, hint, key } = words(error, path.subject);
  const keyPlace = key === undefined ? undefined : keyPlaceOf(error.data, key);
  return { severity: 'error', message, hint, place: keyPlace ?? path.place ?? fallback };
}

interface Path {
  /** The value's name in a message: `"serial"` or `item 2 of "rules"`. */
  readonly subject: string;
  readonly place: Place | undefined;
}

/** Follows a JSON pointer, remembering the last place that it passes. */
function walk(root: unknown, pointer: string): Path {
  let value = root;
  let place = placeOf(root);
  let name = 'the value';
  let subject = name;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const list = Array.isArray(value);
    subject = list ? `item ${Number(key) + 1} of ${name}` : quoted(key);
    name = subject;
    const index = list ? Number(key) : key;
    place = placeOf(value, index) ?? place;
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? Reflect.get(value, key)
        : undefined;
  }
  return { subject, place };
}

interface Words {
  readonly message: string;
  readonly hint?: string | undefined;
  /** The key of the value that is meant, where the place is the key's. */
  readonly key?: string;
}

function words(error: ErrorObject, subject: string): Words {
  const params = error.params as Readonly<Record<string, unknown>>;
  if (params.custom === true) return { message: error.message ?? '', hint: asText(params.hint) };
  const explain = BY_KEYWORD[error.keyword];
  if (explain !== undefined) return explain(error, subject, params);
  return { message: `${subject} ${error.message ?? 'is not valid'}` };
}

type Explain = (error: ErrorObject, subject: string, params: Readonly<Record<string, unknown>>) => Words;

const unknownKey =
  (param: string): Explain =>
  (error, _subject, params) => {
    const key = String(params[param]);
    const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
    const hint =
      placeInMaps(key, error.parentSchema) ??
      didYouMeanHint(key, known) ??
      (known.length === 0 ? undefined : `known here: ${known.join(', ')}`);
    return { message: `unknown key ${quoted(key)}`, hint, key };
  };

/** `write match: { state: … }`, for a key that belongs into one of the maps there. */
function placeInMaps(key: string, schema: unknown): string | undefined {
  const path = pathTo(key, schema, MAP_LEVELS);
  if (path === null || path.length < 2) return undefined;
  const text = path.reduceRight(
    (inner, outer) => (inner === '' ? `${outer}: …` : `${outer}: { ${inner} }`),
    '',
  );
  return `write ${text}`;
}

/** How deep a key is looked for that stands too high. */
const MAP_LEVELS = 3;

function pathTo(key: string, schema: unknown, levels: number): readonly string[] | null {
  const { properties = {}, then: map } = (schema ?? {}) as {
    readonly properties?: object;
    readonly then?: unknown;
  };
  if (Object.hasOwn(properties, key)) return [key];
  if (levels === 1) return null;
  for (const [name, inner] of Object.entries(properties)) {
    const path = pathTo(key, inner, levels - 1);
    if (path !== null) return [name, ...path];
  }
  return map === undefined ? null : pathTo(key, map, levels);
}

const bound =
  (text: string): Explain =>
  (error, subject, params) => ({
    message: `${subject} must be ${text} ${params.limit}, found ${quoted(error.data)}`,
  });

const count =
  (text: string, what: string): Explain =>
  (_error, subject, params) => ({
    message: `${subject} must have ${text} ${plural(Number(params.limit), what)}`,
  });

const BY_KEYWORD: Readonly<Partial<Record<string, Explain>>> = {
  type: wrongType,
  anyOf: noBranch,
  oneOf: noBranch,
  additionalProperties: unknownKey('additionalProperty'),
  unevaluatedProperties: unknownKey('unevaluatedProperty'),
  propertyNames: (_error, _subject, params) => ({
    message: `${quoted(params.propertyName)} cannot be a key here`,
    key: String(params.propertyName),
  }),
  required: (_error, subject, params) => ({
    message: `${subject} lacks the key ${quoted(params.missingProperty)}`,
  }),
  dependentRequired: (_error, subject, params) => ({
    message: `${subject} has ${quoted(params.property)} and lacks ${quoted(params.missingProperty)}`,
  }),
  enum: (error, subject, params) => {
    const allowed = params.allowedValues as readonly unknown[];
    const texts = allowed.filter((value): value is string => typeof value === 'string');
    const hint = typeof error.data === 'string' ? didYouMeanHint(error.data, texts) : undefined;
    return { message: `${subject} must be ${oneOf(allowed.map(quoted))}, found ${quoted(error.data)}`, hint };
  },
  const: (error, subject, params) => ({
    message: `${subject} must be ${quoted(params.allowedValue)}, found ${quoted(error.data)}`,
  }),
  pattern: (error, subject, params) => ({
    message: `${subject} must be ${expected(error) ?? `a text that matches ${String(params.pattern)}`}, found ${quoted(error.data)}`,
  }),
  minimum: bound('at least'),
  maximum: bound('at most'),
  exclusiveMinimum: bound('more than'),
  exclusiveMaximum: bound('less than'),
  minItems: count('at least', 'item'),
  maxItems: count('at most', 'item'),
  minProperties: count('at least', 'key'),
  maxProperties: count('at most', 'key'),
  minLength: (error, subject, params) =>
    params.limit === 1
      ? { message: `${subject} is empty` }
      : count('at least', 'character')(error, subject, params),
  maxLength: count('at most', 'character'),
  uniqueItems: (_error, subject, params) => ({
    message: `${subject} has the same item twice: ${Number(params.j) + 1} and ${Number(params.i) + 1}`,
  }),
  not: (_error, subject) => ({
    message: `${subject} has a value or a combination of keys that is not allowed`,
  }),
  'false schema': (_error, subject) => ({ message: `${subject} is not allowed here` }),
};

function wrongType(error: ErrorObject, subject: string, params: Readonly<Record<string, unknown>>): Words {
  const types = [params.type].flat().map(String);
  return typeMismatch(error, subject, types, expected(error));
}

/** No branch takes a value of this type: all types that some branch would. */
function noBranch(error: ErrorObject, subject: string): Words {
  const branches = error.schema as readonly Readonly<Record<string, unknown>>[];
  if (error.keyword === 'oneOf' && (error.params as { passingSchemas?: unknown }).passingSchemas) {
    return { message: `${subject} can be read in more than one way` };
  }
  const types = branches.flatMap((branch) =>
    [branch.type ?? constants(branch).map(typeOfValue)].flat().map(String),
  );
  const words = branches.flatMap((branch) => {
    const fixed = constants(branch);
    return fixed.length > 0 ? fixed.map(quoted) : [typeWords([branch.type ?? []].flat().map(String))];
  });
  const texts = branches.flatMap(constants).filter((value) => typeof value === 'string');
  const meant = typeof error.data === 'string' ? didYouMeanHint(error.data, texts) : undefined;
  const mismatch = typeMismatch(error, subject, types, expected(error) ?? oneOf([...new Set(words)]));
  return meant === undefined ? mismatch : { ...mismatch, hint: meant };
}

function constants(branch: Readonly<Record<string, unknown>>): readonly unknown[] {
  if ('const' in branch) return [branch.const];
  return Array.isArray(branch.enum) ? branch.enum : [];
}

function typeMismatch(
  error: ErrorObject,
  subject: string,
  types: readonly string[],
  wanted: string | undefined,
): Words {
  const message = `${subject} must be ${wanted ?? typeWords(types)}, found ${foundWords(error.data)}`;
  return { message, hint: typeHint(error.data, types) };
}

/** YAML's traps: texts that look like numbers or truth values, one item without its list. */
function typeHint(value: unknown, types: readonly string[]): string | undefined {
  const found = typeOfValue(value);
  if (types.includes('string') && (found === 'number' || found === 'boolean')) {
    return `put it in quotes, as it was written: YAML reads it as ${found === 'number' ? 'a number' : 'true or false'}`;
  }
  if (
    found === 'string' &&
    types.some((type) => type === 'number' || type === 'integer' || type === 'boolean')
  ) {
    return NUMBER.test(String(value)) ? 'remove the quotes' : undefined;
  }
  if (types.includes('array') && found !== 'null')
    return 'a list has a "- " before each item, or is "[a, b]"';
  return undefined;
}

const NUMBER = /^-?\d+(\.\d+)?$/;

function expected(error: ErrorObject): string | undefined {
  return asText((error.parentSchema as Readonly<Record<string, unknown>> | undefined)?.['x-expected']);
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
