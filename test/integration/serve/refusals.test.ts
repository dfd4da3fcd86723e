import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { json } from './cloud.ts';
import {
  type CallOptions,
  DEMO,
  MACS,
  NOWHERE,
  OTHER,
  type Reply,
  STRANGERS,
  type Stage,
  startStage,
  TOKENS,
  WEB,
} from './stage.ts';

/** Bad input and bad times: what a client of Nova expects, nothing half done, and a line in the audit. */

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => {
  await stage.stop();
});
afterEach(() => {
  Object.assign(stage.web, { status: 'ACTIVE', vmState: 'active', taskState: null, locked: false });
  Object.assign(stage.cloud, { keystone: null, nova: null });
  Object.assign(stage, { ceilings: [] });
});

const action = (id = WEB) => `/v2.1/servers/${id}/action`;
const set = (value: unknown) => ({ body: { setInterface: value } });
const GOOD = set({ interface: 1, rate: 100 });
const nova = (name: string, code: number, message: unknown) => ({ [name]: { code, message } });
const bad = (message: unknown) => nova('badRequest', 400, message);
const UNAUTHORISED = {
  error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
};
const gone = (id: string) => nova('itemNotFound', 404, `Instance ${id} could not be found.`);
const rate = (value: unknown) => set({ interface: 1, rate: value });

interface Row {
  readonly what: string;
  readonly path?: string;
  readonly options: CallOptions;
  readonly before?: () => void;
  readonly status: number;
  readonly body: unknown;
}

const ROWS: readonly Row[] = [
  { what: 'no token', options: { ...GOOD, token: null }, status: 401, body: UNAUTHORISED },
  { what: 'a token that is none', options: { ...GOOD, token: 'nonsense' }, status: 401, body: UNAUTHORISED },
  { what: 'an expired token', options: { ...GOOD, token: TOKENS.expired }, status: 401, body: UNAUTHORISED },
  {
    what: 'a token of no project',
    options: { ...GOOD, token: TOKENS.unscoped },
    status: 401,
    body: UNAUTHORISED,
  },
  { what: "another project's server", path: action(OTHER), options: GOOD, status: 404, body: gone(OTHER) },
  { what: 'a server that is none', path: action('xyz'), options: GOOD, status: 404, body: gone('xyz') },
  {
    what: "another project's path",
    path: `/v2.1/${STRANGERS.id}/servers/${WEB}/action`,
    options: GOOD,
    status: 400,
    body: bad('Malformed request url'),
  },
  {
    what: 'a reader',
    options: { ...GOOD, token: TOKENS.reader },
    status: 403,
    body: nova('forbidden', 403, "Policy doesn't allow virtune:servers:setInterface to be performed."),
  },
  {
    what: 'NIC 0',
    options: set({ interface: 0, rate: 100 }),
    status: 400,
    body: bad(
      'Invalid input for field/attribute interface. Value: 0. 0 is not a position from 1, a MAC or a port id',
    ),
  },
  {
    what: 'NIC 9',
    options: set({ interface: 9, rate: 100 }),
    status: 404,
    body: nova('itemNotFound', 404, `Instance ${WEB} has no nic 9.`),
  },
  {
    what: 'a MAC that it has not',
    options: set({ interface: 'fa:16:3e:ff:ff:ff', rate: 100 }),
    status: 404,
    body: nova('itemNotFound', 404, `Instance ${WEB} has no fa:16:3e:ff:ff:ff.`),
  },
  {
    what: 'a port that it has not',
    options: set({ interface: WEB, rate: 100 }),
    status: 404,
    body: nova('itemNotFound', 404, `Port ${WEB} could not be found.`),
  },
  {
    what: 'a rate of 0',
    options: rate(0),
    status: 400,
    body: bad(expect.stringMatching(/limits\. .*unlimited/)),
  },
  { what: 'a negative rate', options: rate(-5), status: 400, body: bad(expect.stringContaining('limits. ')) },
  {
    what: 'a rate that is a word',
    options: rate('fast'),
    status: 400,
    body: bad(expect.stringContaining('fast')),
  },
  {
    what: 'a rate that may mean two',
    options: rate('100M'),
    status: 400,
    body: bad(expect.stringContaining('100M')),
  },
  {
    what: 'a rate of 2^63',
    options: rate(2 ** 63),
    status: 400,
    body: bad(expect.stringContaining('limits. ')),
  },
  {
    what: 'a rate that is null',
    options: rate(null),
    status: 400,
    body: bad(expect.stringContaining('limits. ')),
  },
  {
    what: 'a rate that is a list',
    options: rate([1]),
    status: 400,
    body: bad(expect.stringContaining('limits. ')),
  },
  {
    what: 'a rate and a direction',
    options: set({ interface: 1, rate: 5, inbound: 5 }),
    status: 400,
    body: bad(expect.stringContaining('limits. ')),
  },
  {
    what: 'no limits',
    options: set({ interface: 1 }),
    status: 400,
    body: bad(expect.stringContaining('one of rate, inbound or outbound is required')),
  },
  {
    what: 'a peak without an average',
    options: set({ interface: 1, inbound: { peak: 5 } }),
    status: 400,
    body: bad(expect.stringContaining('average')),
  },
  {
    what: 'extra keys',
    options: set({ interface: 1, rate: 5, x: 1 }),
    status: 400,
    body: bad(expect.stringContaining("Additional properties are not allowed ('x' was unexpected)")),
  },
  {
    what: 'a prototype',
    options: { raw: '{"setInterface": {"interface": 1, "rate": 5, "__proto__": {"rate": 6}}}' },
    status: 400,
    body: bad(expect.stringContaining("'__proto__' was unexpected")),
  },
  {
    what: 'two actions',
    options: { body: { setInterface: { interface: 1, rate: 5 }, reboot: {} } },
    status: 400,
    body: bad('Malformed request body'),
  },
  {
    what: 'broken JSON',
    options: { raw: '{"setInterface":' },
    status: 400,
    body: bad('Malformed request body'),
  },
  {
    what: 'no UTF-8',
    options: { raw: Buffer.from([0x22, 0xff, 0x22]) },
    status: 400,
    body: bad('Malformed request body'),
  },
  { what: 'an empty map', options: { body: {} }, status: 400, body: bad('Malformed request body') },
  { what: 'a list', options: { body: [1] }, status: 400, body: bad('Malformed request body') },
  {
    what: 'another type of content',
    options: { ...GOOD, headers: { 'content-type': 'text/plain' } },
    status: 400,
    body: bad('Malformed request body'),
  },
  {
    what: 'an action that nobody knows',
    options: { body: { reboot: { type: 'HARD' } } },
    status: 400,
    body: bad('There is no such action: reboot'),
  },
  {
    what: 'more than a request may be',
    options: { raw: JSON.stringify({ setInterface: 'x'.repeat(200_000) }) },
    status: 413,
    body: nova('overLimit', 413, 'Request is too large.'),
  },
  {
    what: 'a microversion that Nova lacks',
    options: { ...GOOD, headers: { 'openstack-api-version': 'compute 2.999' } },
    status: 406,
    body: nova(
      'computeFault',
      406,
      'Version 2.999 is not supported by the API. Minimum is 2.1 and maximum is 2.93.',
    ),
  },
  {
    what: 'a key that is none',
    options: { ...GOOD, headers: { 'idempotency-key': 'a b' } },
    status: 400,
    body: bad('Idempotency-Key: 1 to 200 characters without spaces are expected.'),
  },
  {
    what: 'a server in error',
    options: GOOD,
    before: () => Object.assign(stage.web, { status: 'ERROR', vmState: 'error' }),
    status: 409,
    body: nova(
      'conflictingRequest',
      409,
      `Cannot 'setInterface' instance ${WEB} while it is in vm_state error`,
    ),
  },
  {
    what: 'a server that is being deleted',
    options: GOOD,
    before: () => Object.assign(stage.web, { taskState: 'deleting' }),
    status: 409,
    body: nova(
      'conflictingRequest',
      409,
      `Cannot 'setInterface' instance ${WEB} while it is in task_state deleting`,
    ),
  },
  {
    what: 'a locked server',
    options: GOOD,
    before: () => Object.assign(stage.web, { locked: true }),
    status: 409,
    body: nova('conflictingRequest', 409, `Instance ${WEB} is locked`),
  },
  {
    what: 'a host that the inventory lacks',
    path: action(NOWHERE),
    options: GOOD,
    status: 501,
    body: nova('notImplemented', 501, `The host of instance ${NOWHERE} is not managed by this service.`),
  },
  {
    what: 'more than the project may set',
    options: rate('10 Gbit/s'),
    before: () => Object.assign(stage, { ceilings: [{ names: () => true, rate: 125_000, nics: null }] }),
    status: 403,
    body: nova('forbidden', 403, 'inbound: 10 Gbit/s is above what this project may set, 1 Gbit/s.'),
  },
  {
    what: 'no limit, where there is a ceiling',
    options: rate('unlimited'),
    before: () => Object.assign(stage, { ceilings: [{ names: () => true, rate: 125_000, nics: null }] }),
    status: 403,
    body: nova('forbidden', 403, 'inbound: no limit is above what this project may set, 1 Gbit/s.'),
  },
  {
    what: 'more NICs than the project may limit',
    options: GOOD,
    before: () => Object.assign(stage, { ceilings: [{ names: () => true, rate: null, nics: 0 }] }),
    status: 403,
    body: nova('forbidden', 403, 'Quota exceeded for interfaces with limits: 0 of 0 are used.'),
  },
  {
    what: 'a Keystone that is away',
    options: { ...GOOD, token: 'another-token-that-nobody-knows' },
    before: () => Object.assign(stage.cloud, { keystone: (r: { destroy: () => void }) => r.destroy() }),
    status: 503,
    body: nova('serviceUnavailable', 503, expect.stringContaining('identity service')),
  },
  {
    what: 'a Nova that fails',
    options: GOOD,
    before: () => {
      stage.cloud.nova = (response) => json(response, 500, { computeFault: { code: 500, message: 'x' } });
    },
    status: 503,
    body: nova('serviceUnavailable', 503, expect.stringContaining('compute service')),
  },
  {
    what: 'a Nova that answers garbage',
    options: GOOD,
    before: () => {
      stage.cloud.nova = (response) => void response.writeHead(200).end('<html>{"server":');
    },
    status: 503,
    body: nova('serviceUnavailable', 503, expect.stringContaining('compute service')),
  },
  {
    what: 'a Nova that ends within its answer',
    options: GOOD,
    before: () => {
      stage.cloud.nova = (response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('{"server": {');
        setTimeout(() => response.destroy(), 20);
      };
    },
    status: 503,
    body: nova('serviceUnavailable', 503, expect.stringContaining('compute service')),
  },
  {
    what: 'a Nova that tells of another server',
    options: GOOD,
    before: () => {
      stage.cloud.nova = (response) =>
        json(response, 200, { server: { id: OTHER, status: 'ACTIVE', tenant_id: DEMO.id, locked: false } });
    },
    status: 503,
    body: nova('serviceUnavailable', 503, expect.stringContaining('compute service')),
  },
];

const jobs = () => stage.call('GET', '/v1/jobs', { token: TOKENS.admin });
const newest = async () => {
  const { body } = await stage.call('GET', '/v1/audit?limit=1', { token: TOKENS.admin });
  return (body as { audit: Readonly<Record<string, unknown>>[] }).audit[0];
};

it.each(ROWS)('$what: $status', async ({ path = action(), options, before, status, body }) => {
  const had = JSON.stringify(stage.hosts.map(({ domains }) => domains));
  before?.();
  const reply: Reply = await stage.call('POST', path, options);
  expect(reply.body, reply.text).toEqual(body);
  expect(reply.status).toBe(status);
  expect(reply.headers.get('x-compute-request-id')).toMatch(/^req-/);
  Object.assign(stage.cloud, { keystone: null, nova: null });
  expect(await newest()).toMatchObject({ request: reply.headers.get('x-compute-request-id'), status });
  expect((await jobs()).body).toEqual({ jobs: [], next: null });
  expect(JSON.stringify(stage.hosts.map(({ domains }) => domains))).toBe(had);
  // Whoever calls can do nothing about a cloud that does not answer: whoever runs the service is told why.
  expect(stage.said.splice(0)).toEqual(status === 503 ? [expect.stringMatching(/^(Keystone|Nova)/)] : []);
});

it('believes no token that was revoked, once what was known of it is old', async () => {
  const token = 'gAAAA-soon-revoked-Ab12';
  stage.cloud.tokens.set(token, {
    user: { id: 'user-soon', name: 'soon' },
    project: DEMO,
    roles: ['member'],
    expiresAt: Date.now() + 60_000,
  });
  const good = await stage.call('POST', action(), { body: { getInterface: { interface: 1 } }, token });
  expect([good.status, good.body]).toMatchObject([200, { interface: { mac: MACS[0] } }]);
  Object.assign(stage.cloud.tokens.get(token) ?? {}, { revoked: true });
  // Nova is asked with the caller's own token each time, and says no before what was remembered is old.
  expect((await stage.call('POST', action(), { ...GOOD, token })).status).toBe(401);
});

it('is too much for nobody who waits: 429 says for how long', async () => {
  const slow = await startStage({ perSecond: 1 });
  try {
    const replies = [];
    for (let i = 0; i < 6; i++)
      replies.push(await slow.call('POST', action(), { body: { getInterface: { interface: 1 } } }));
    const refused = replies.find(({ status }) => status === 429);
    expect(refused?.body).toEqual({
      overLimit: { code: 429, message: 'Too many requests. Please try again later.', retryAfter: '1' },
    });
    expect(refused?.headers.get('retry-after')).toBe('1');
    // Another caller is not held up.
    expect((await slow.call('POST', action(), { ...GOOD, token: TOKENS.admin })).status).toBe(202);
  } finally {
    await slow.stop();
  }
});
