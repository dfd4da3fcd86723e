import { INSTANT_PATTERN } from '../../src/base/time/instant.ts';
import { MODULES } from '../../src/modules/index.ts';
import { PLAY_SCHEMA } from '../../src/playbook/play_schema.ts';
import { BLOCK_SCHEMA, TASK_SCHEMA } from '../../src/playbook/task_schema.ts';
import { TEMPLATE } from '../../src/schema/editor.ts';
import { waiversSchema } from '../../src/waivers/schema.ts';
import { VARIABLES } from './variables.ts';

/**
 * JSON Schemas for editors, from the schemas that the code validates with. What only code can check becomes a pattern
 * where that is possible and is left out where not; wherever a value may stand, a template may.
 */

export type Schema = Readonly<Record<string, unknown>>;

const DEFINITIONS = {
  template: { description: 'A template, resolved for each host.', type: 'string', pattern: '\\{\\{|\\{%' },
};

/** What stands for the keywords that only the code of a module knows. */
const KEYWORDS = keywordsOf(MODULES);

function keywordsOf(modules: typeof MODULES): Readonly<Record<string, Schema>> {
  const all: Record<string, Schema> = {};
  for (const { name, editorKeywords = {} } of modules) {
    for (const [keyword, schema] of Object.entries(editorKeywords)) {
      if (keyword in all && all[keyword] !== schema)
        throw new Error(`${name} has the keyword ${keyword}, which another module has with another meaning`);
      all[keyword] = schema;
    }
  }
  return all;
}

/** Keywords whose values are schemas of values, of which each may be a template instead. */
const OF_VALUES = new Set(['properties']);
const OF_SCHEMAS = new Set(['if', 'then', 'else']);

/** A schema of the code in an editor's words. @param value also takes a template */
function forEditors(schema: Schema | boolean, value: boolean): unknown {
  if (typeof schema === 'boolean') return schema;
  const { description, 'x-expected': expected, ...rest } = schema as Record<string, unknown>;
  const words = description ?? (expected === undefined ? undefined : `Expected: ${expected}.`);
  const result: Record<string, unknown> = {};
  const parts: Schema[] = [];
  for (const [key, inner] of Object.entries(rest)) {
    const own = KEYWORDS[key];
    if (own !== undefined) parts.push(own);
    else if (key.startsWith('virtune')) throw new Error(`no words for editors for the keyword ${key}`);
    else if (OF_VALUES.has(key))
      result[key] = mapValues(inner as Schema, (one) => forEditors(one as Schema, true));
    else if (OF_SCHEMAS.has(key)) result[key] = forEditors(inner as Schema, false);
    else if (key === 'items') result[key] = forEditors(inner as Schema, true);
    else if (key === 'anyOf') result[key] = (inner as Schema[]).map((one) => forEditors(one, false));
    else result[key] = inner;
  }
  const merged = merge(result, parts);
  const said = words === undefined ? {} : { description: words };
  if (!value || Object.keys(merged).length === 0 || takesTemplates(merged)) return { ...said, ...merged };
  return { ...said, anyOf: [merged, TEMPLATE] };
}

/** A keyword's schema takes the place of a type that it says better. */
function merge(result: Record<string, unknown>, parts: readonly Schema[]): Schema {
  const [only, ...others] = parts.filter((part) => Object.keys(part).length > 0);
  if (only === undefined) return result;
  if (others.length > 0 || Object.keys(only).some((key) => Object.hasOwn(result, key) && key !== 'type'))
    return { ...result, allOf: [only, ...others] };
  const { type, ...rest } = result;
  return only.anyOf === undefined && type !== undefined ? { type, ...rest, ...only } : { ...rest, ...only };
}

function takesTemplates(schema: Schema): boolean {
  const branches = (schema.anyOf ?? []) as readonly Schema[];
  return (
    branches.some((one) => one.$ref === TEMPLATE.$ref) ||
    (schema.type === 'string' &&
      Object.keys(schema).every((key) => ['type', 'minLength', 'description'].includes(key)))
  );
}

function mapValues(map: Schema, change: (value: unknown) => unknown): Schema {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

export const head = (name: string, title: string, description: string): Schema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: `urn:virtune:${name}`,
  title,
  description,
});

const varsSchema = () => ({
  type: ['object', 'null'],
  properties: mapValues(VARIABLES, (one) => forEditors(one as Schema, true)),
});

/** A file below group_vars/ or host_vars/, or for `-e @FILE`. */
export function variablesSchema(): Schema {
  const about = 'Variables of hosts for virtune; what else they hold is not its business.';
  return { ...head('vars', 'virtune variables', about), ...varsSchema(), definitions: DEFINITIONS };
}

/** A file of an inventory. */
export function inventorySchema(): Schema {
  const groups = { additionalProperties: { $ref: '#/definitions/group' } };
  const group = {
    description: 'A group of hosts.',
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      hosts: {
        description: 'Hosts as keys, each with its variables or nothing; ranges such as hv[01:20].',
        anyOf: [
          { type: 'object', additionalProperties: { $ref: '#/definitions/vars' } },
          { type: ['string', 'null'] },
        ],
      },
      children: {
        description: 'Groups within this one, as keys.',
        anyOf: [{ type: 'object', ...groups }, { type: ['string', 'null'] }],
      },
      vars: { description: 'Variables of all its hosts.', $ref: '#/definitions/vars' },
    },
  };
  return {
    ...head('inventory', 'virtune inventory', 'An inventory in Ansible’s YAML format: a map of groups.'),
    type: 'object',
    minProperties: 1,
    ...groups,
    definitions: { ...DEFINITIONS, group, vars: varsSchema() },
  };
}

/** A file of waivers: no templates stand in it. */
export function waiversForEditors(): Schema {
  const about = 'Known differences that are left as they are, and do not count, until a date.';
  return {
    ...head('waivers', 'virtune waivers', about),
    ...waiversSchema(
      MODULES.map(({ name }) => name),
      INSTANT_PATTERN,
    ),
  };
}

/** A playbook. */
export function playbookSchema(): Schema {
  const modules = mapValues(Object.fromEntries(MODULES.map((module) => [module.name, module])), (module) => {
    const { schema, summary } = module as (typeof MODULES)[number];
    return { description: `${summary}.`, ...(forEditors(schema, false) as Schema) };
  });
  const tasks = { type: 'array', minItems: 1, items: { $ref: '#/definitions/task' } };
  const strict = (schema: Schema, more: Schema) => {
    const { properties, ...rest } = forEditors(schema, false) as { properties: Schema };
    return { ...rest, additionalProperties: false, properties: { ...properties, ...more } };
  };
  const block = strict(BLOCK_SCHEMA, {
    block: { ...tasks, description: 'Tasks that the keys beside it hold for.' },
  });
  const task = strict(TASK_SCHEMA, modules);
  return {
    ...head('playbook', 'virtune playbook', 'A playbook: a list of plays.'),
    type: 'array',
    minItems: 1,
    items: { $ref: '#/definitions/play' },
    definitions: {
      ...DEFINITIONS,
      play: strict(PLAY_SCHEMA, { tasks: { ...tasks, description: 'What to do, in order.' } }),
      task: {
        if: { required: ['block'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { ...block, description: 'Tasks with something in common.' },
        else: {
          ...task,
          description: 'One module and its arguments.',
          anyOf: MODULES.map((module) => ({ required: [module.name] })),
        },
      },
    },
  };
}
