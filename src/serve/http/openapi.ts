import type { JsonSchema } from '../../schema/schema.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { PROBLEM } from './schemas.ts';

/** The OpenAPI 3.1 document of the API under /v1, from the table of its routes. */
export function openApi(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of ROUTES) {
    const own = paths[route.path] ?? {};
    own[route.method.toLowerCase()] = operation(route);
    paths[route.path] = own;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'virtune serve',
      version,
      description:
        'Limits of the NICs of running servers. Nova’s own action is `POST /v2.1/servers/{server}/action` with `setInterface` or `getInterface`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Auth-Token',
          description: 'A token of Keystone, scoped to a project.',
        },
      },
      responses: {
        Problem: {
          description: 'It is not done, and why.',
          content: { 'application/problem+json': { schema: PROBLEM } },
        },
      },
    },
  };
}

function operation({ id, path, method, summary, description, query = [], body, answers }: Route): object {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true, description: PATH_WORDS[name] },
    schema: { type: 'string' },
  }));
  const inQuery = query.map(({ name, ...more }) => ({ name, in: 'query', ...more }));
  const headers = method === 'GET' ? [] : [IDEMPOTENCY];
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: [...inPath, ...inQuery, ...headers],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: plain(body) } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description: what, schema }]) => [
          status,
          {
            description: what,
            ...(schema === undefined ? {} : { content: { 'application/json': { schema: plain(schema) } } }),
          },
        ]),
      ),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

const PATH_WORDS: Readonly<Record<string, string>> = {
  server: 'The ID that Nova has for it.',
  nic: 'Its position from 1, its MAC, or the ID of its port.',
  job: 'Its number.',
};

const IDEMPOTENCY = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'The same request with the same key is done once, and gets the same answer for a day.',
  schema: { type: 'string', maxLength: 200 },
};

/** Without the keywords that only virtune knows: what they check is in the descriptions. */
function plain(schema: JsonSchema): JsonSchema {
  const entries = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    if (key.startsWith('virtune') || key === 'x-expected') return [];
    return [[key, plainValue(value)]];
  });
  return Object.fromEntries(entries);
}

function plainValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainValue);
  return typeof value === 'object' && value !== null ? plain(value as JsonSchema) : value;
}
