import { HOST_STATUSES } from '../model/result.ts';
import type { AnyModule } from '../modules/module.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { TRIGGERS } from '../watch/schedule.ts';
import { EVENTS_SCHEMA } from './ndjson.ts';
import { NOTIFICATION_SCHEMA } from './notification.ts';
import { HOST } from './schema.ts';
import { COUNT, OUTCOME, OUTCOME_OPTIONAL, object, RUN_HEAD, text } from './schema_parts.ts';
import { definitionsOf } from './schema_resource.ts';
import { WATCH_SCHEMA } from './watch_log.ts';

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
      event('host_waiting', HOST_WAITING),
      event('host_done', { host: HOST }),
      event('run_ended', OUTCOME, OUTCOME_OPTIONAL),
    ],
    definitions: definitionsOf(modules),
  };
}

/** The JSON Schema of each line of `virtune watch --log-format ndjson`. */
export function watchSchema(modules: readonly AnyModule[]): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:virtune:watch:1',
    title: WATCH_SCHEMA,
    description: 'A line: what has just happened in a watch. The first one names the schema.',
    oneOf: [
      event('watch_started', {
        schema: { const: WATCH_SCHEMA },
        check: { type: 'boolean', description: 'It only tells what differs.' },
        hosts: HYPERVISORS,
      }),
      event('host_connected', { host: { description: 'Its events are heard from now on.', ...text } }),
      event('host_lost', {
        host: text,
        reason: text,
        againInMs: { description: 'When it is tried again, and so on.', ...COUNT },
      }),
      event('host_left', { host: { description: 'The files name it no more.', ...text } }),
      event('host_garbled', {
        host: { description: 'Its stream holds what is no event.', ...text },
        line: { description: 'The beginning of such a line.', ...text },
      }),
      event('host_noted', { host: text, note: text }),
      event('host_waiting', HOST_WAITING),
      event('host_looked', {
        triggers: { description: 'What the look was for.', type: 'array', items: { enum: TRIGGERS } },
        vmEvent: {
          description: "libvirt's event that it was for, of a VM that was changed where one was.",
          oneOf: [{ type: 'null' }, object({ domain: text, word: text })],
        },
        reactionMs: {
          description: 'From that event, or what else it was for, until all was written and read back.',
          ...COUNT,
        },
        host: { description: 'What is in sync is left out, unless all is told (-v).', ...HOST },
      }),
      event('files_read', { hosts: HYPERVISORS }),
      event('files_broken', { hosts: HYPERVISORS }),
    ],
    definitions: definitionsOf(modules),
  };
}

const HOST_WAITING = {
  host: { description: 'Its write waits for another writer of that hypervisor.', ...text },
  holder: {
    description:
      'Who that is, in the words of the host: user, machine and run, or a process; null once it waits no longer.',
    type: ['string', 'null'],
  },
};

const HYPERVISORS = { description: 'How many hypervisors are watched.', ...COUNT };

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
