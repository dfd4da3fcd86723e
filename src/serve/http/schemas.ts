import { nicLimitsKeywords } from '../../modules/nic_limits/keywords.ts';
import { nicLimitsSchema } from '../../modules/nic_limits/schema.ts';
import { compileSchema, type JsonSchema } from '../../schema/schema.ts';
import { JOB_STATES } from '../store/records.ts';

/** The schemas of bodies: those of requests are what requests are held against, all are in the OpenAPI document. */

const { properties: ofRule } = nicLimitsSchema.properties.rules.items;

const UUID = { type: 'string', format: 'uuid' };
const TIME = { type: 'string', format: 'date-time' };
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
const object = (properties: Readonly<Record<string, JsonSchema>>, description?: string): JsonSchema => ({
  ...(description === undefined ? {} : { description }),
  type: 'object',
  required: Object.keys(properties),
  properties,
});

export const LIMITS_REQUEST: JsonSchema = {
  description:
    'What is set: `rate`, or `inbound` and `outbound`. A direction that is not named stays as it was set, or as it is.',
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    rate: ofRule.rate,
    inbound: ofRule.inbound,
    outbound: ofRule.outbound,
    until: {
      description: 'When it ends by itself, as RFC 3339 has it: 2030-01-31T18:00:00Z.',
      type: 'string',
      pattern:
        '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})$',
      'x-expected': 'a time such as 2030-01-31T18:00:00Z',
    },
    reason: { description: 'Why, for the history.', type: 'string', maxLength: 500 },
  },
};

export const checkLimitsRequest = compileSchema(LIMITS_REQUEST, nicLimitsKeywords);

const NUMBERS = orNull(
  object(
    {
      average: { type: 'integer', description: 'kB/s of 1000 bytes' },
      peak: orNull({ type: 'integer', description: 'kB/s' }),
      burst: orNull({ type: 'integer', description: 'KiB' }),
    },
    'null: without limit',
  ),
);
const LIMITS: JsonSchema = { type: 'object', properties: { inbound: NUMBERS, outbound: NUMBERS } };

const SET = orNull(
  object(
    {
      limits: LIMITS,
      text: { type: 'string' },
      until: orNull(TIME),
      reason: { type: 'string' },
      user: { type: 'string' },
      project: { type: 'string' },
      request: { type: 'string' },
      at: TIME,
    },
    'What was set here and holds; null where nothing was.',
  ),
);

export const NIC: JsonSchema = object({
  position: orNull({ type: 'integer', description: 'In libvirt’s order, from 1.' }),
  mac: { type: 'string' },
  device: { type: 'string', description: 'On the host, while the server runs.' },
  live: orNull(LIMITS),
  config: orNull(LIMITS),
  set: SET,
  status: { type: 'string', description: 'As in a report: inSync, unmanaged, failed, …' },
  reason: { type: 'string' },
});

export const SERVER: JsonSchema = object({
  server: UUID,
  seenAt: { ...TIME, description: 'When its host was read last.' },
  nics: { type: 'array', items: NIC },
});

export const OVERRIDE: JsonSchema = object({ server: UUID, mac: { type: 'string' }, set: SET });

export const JOB: JsonSchema = object({
  id: { type: 'integer' },
  kind: { enum: ['set', 'withdraw'] },
  state: { enum: [...JOB_STATES] },
  server: UUID,
  mac: { type: 'string' },
  request: { type: 'string' },
  attempts: { type: 'integer' },
  progress: { type: 'string', description: 'What it waits for, or what became of it.' },
  createdAt: TIME,
  startedAt: orNull(TIME),
  finishedAt: orNull(TIME),
});

export const AUDIT: JsonSchema = object({
  id: { type: 'integer' },
  at: TIME,
  request: { type: 'string' },
  user: orNull({ type: 'string' }),
  project: orNull({ type: 'string' }),
  action: { type: 'string' },
  server: orNull(UUID),
  mac: orNull({ type: 'string' }),
  status: orNull({ type: 'integer' }),
  detail: { type: 'string' },
});

export const PREVIEW: JsonSchema = object({
  nics: {
    type: 'array',
    items: {
      type: 'object',
      required: ['mac', 'status', 'notes'],
      properties: {
        mac: { type: 'string' },
        status: { type: 'string', description: 'pending: it would be changed; inSync: nothing to do.' },
        change: { type: 'string' },
        reason: { type: 'string' },
        notes: { type: 'array', items: { type: 'string' } },
      },
    },
  },
});

export const JOBS_ACCEPTED: JsonSchema = object({ jobs: { type: 'array', items: JOB } });

export const PROBLEM: JsonSchema = object(
  {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    requestId: { type: 'string' },
  },
  'Problem details, RFC 9457.',
);

export const page = (name: string, items: JsonSchema): JsonSchema =>
  object({
    [name]: { type: 'array', items },
    next: orNull({ type: 'string', description: 'The address of the next page; null at the end.' }),
  });
