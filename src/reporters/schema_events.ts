import { HOST_STATUSES } from '../model/result.ts';
import type { AnyModule } from '../modules/module.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { EVENTS_SCHEMA } from './ndjson.ts';
import { NOTIFICATION_SCHEMA } from './notification.ts';
import { definitionsOf, HOST } from './schema.ts';
import { COUNT, OUTCOME, OUTCOME_OPTIONAL, object, RUN_HEAD, text } from './schema_parts.ts';

const TIME = { type: 'string', description: 'RFC 3339, UTC.' };

/** The JSON Schema of each line of `--report ndjson`. */
export function eventsSchema(modules: readonly AnyModule[]): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:virtune:events:1',
    title: EVENTS_SCHEMA,
    description: 'A line: what has just happened in a run. The first one names the schema.',
    oneOf: [
      event('run_started', { schema: { const: EVENTS_SCHEMA }, run: object(RUN_HEAD) }),
      event('play_started', { play: text, hosts: { description: 'How many.', ...COUNT } }),
      event('host_started', { host: text }),
      event('host_done', { host: HOST }),
      event('run_ended', OUTCOME, OUTCOME_OPTIONAL),
    ],
    definitions: definitionsOf(modules),
  };
}

function event(name: string, more: JsonSchema, optional: readonly string[] = []): JsonSchema {
  return object({ event: { const: name }, at: TIME, ...more }, optional);
}

/** The JSON Schema of what `--notify URL` posts. */
export function notificationSchema(): JsonSchema {
  const { exitCode, summary } = OUTCOME;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:virtune:notification:1',
    title: NOTIFICATION_SCHEMA,
    description: 'How a run ended, for a program that is told.',
    ...object({
      schema: { const: NOTIFICATION_SCHEMA },
      title: { description: 'The same in a line, for people.', ...text },
      run: object({ ...RUN_HEAD, finishedAt: TIME }),
      exitCode,
      summary,
      trouble: {
        description: 'The first ten hosts that failed, were refused or unreachable.',
        type: 'array',
        maxItems: 10,
        items: object({
          host: text,
          status: { enum: HOST_STATUSES },
          message: { description: "The host's error, or that of what went wrong first on it.", ...text },
        }),
      },
    }),
  };
}
