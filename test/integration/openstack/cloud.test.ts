import { afterEach, describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../src/openstack/attempts.ts';
import { type Cloud, type CloudOptions, openCloud } from '../../../src/openstack/cloud.ts';
import type { CloudConfig } from '../../../src/openstack/config.ts';
import { CloudError } from '../../../src/openstack/errors.ts';
import { pagesOf } from '../../../src/openstack/pages.ts';
import {
  error,
  type FakeCloud,
  type FakeOptions,
  type FakeReply,
  PASSWORD,
  startFakeCloud,
} from '../../openstack/fake_cloud.ts';

const opened: { close: () => unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

const QUICK: CloudOptions = { attempts: { tries: 3, baseMs: 1, capMs: 5 } };

async function start(
  options: FakeOptions = {},
  config: Partial<CloudConfig> = {},
  how: CloudOptions = QUICK,
): Promise<{ fake: FakeCloud; cloud: Cloud }> {
  const fake = await startFakeCloud(options);
  const cloud = openCloud(
    {
      name: 'lab',
      authUrl: fake.authUrl,
      login: {
        kind: 'password',
        user: { name: 'admin', domain: { id: 'default' } },
        password: PASSWORD,
        project: { name: 'admin', domain: { id: 'default' } },
      },
      regions: [],
      interface: 'public',
      tls: { verify: true },
      endpoints: {},
      ...config,
    },
    how,
  );
  opened.push(cloud, fake);
  return { fake, cloud };
}

async function failure(promise: Promise<unknown>): Promise<CloudError> {
  const found = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(found).toBeInstanceOf(CloudError);
  return found as CloudError;
}

async function all(cloud: Cloud, path: string, key: string, service: 'compute' | 'network' = 'compute') {
  const items: unknown[] = [];
  for await (const page of pagesOf(cloud, { service, path, query: { limit: '2' } }, key)) items.push(...page);
  return items;
}

const SERVICES = { service: 'compute', path: '/os-services' } as const;
const FIVE = { count: 5, at: (index: number) => ({ id: index }) };

describe('a login', () => {
  it('is made once for all calls, regions and callers at once', async () => {
    const { fake, cloud } = await start({ regions: ['one', 'two'] });
    await Promise.all([cloud.in('one'), cloud.in('two'), cloud.in('one')].map((one) => one.call(SERVICES)));
    expect(fake.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(fake.requests.map(({ path }) => path)).toContain('/two/v2.1/os-services');
  });

  it('is made anew where its token is about to end, and once where it is turned down', async () => {
    const { fake, cloud } = await start({ tokenMs: 59_000 });
    await cloud.call(SERVICES);
    await cloud.call(SERVICES);
    const logins = () => fake.requests.filter(({ method }) => method === 'POST').length;
    expect(logins()).toBeGreaterThan(1);
    const before = logins();
    fake.revoke();
    await cloud.call(SERVICES);
    expect(logins()).toBeGreaterThan(before);
  });

  it('is not tried for ever by a service that turns down every token', async () => {
    const { fake, cloud } = await start();
    fake.answer = ({ path }) => (path.endsWith('/os-services') ? error(401, 'error', 'no') : null);
    expect(await failure(cloud.call(SERVICES))).toMatchObject({ code: 'unauthorized', status: 401 });
    expect(fake.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
  });

  it('that fails is told with what Keystone says, and tried again by the next call', async () => {
    const { fake, cloud } = await start();
    fake.answer = ({ path }, count) =>
      path === '/v3/auth/tokens' && count === 1
        ? error(401, 'error', `The password ${PASSWORD} is wrong\u001b[31m`)
        : null;
    const told = await failure(cloud.call(SERVICES));
    expect(told).toMatchObject({ code: 'unauthorized', cloud: 'lab' });
    expect(told.message).toContain('/v3/auth/tokens gets 401: The password *** is wrong\\x1b[31m');
    expect((await cloud.call(SERVICES)).status).toBe(200);
  });

  it('of an application credential names no scope', async () => {
    const { fake, cloud } = await start(
      {},
      { login: { kind: 'application_credential', credential: { id: 'cf4d' }, secret: PASSWORD } },
    );
    await cloud.call(SERVICES);
    expect(JSON.parse(fake.requests[0]?.body ?? '')).toEqual({
      auth: {
        identity: {
          methods: ['application_credential'],
          application_credential: { id: 'cf4d', secret: PASSWORD },
        },
      },
    });
  });
});

describe('a call', () => {
  const passing: [string, FakeReply][] = [
    ['a reset connection', { status: 0, reset: true }],
    ['429', { status: 429, headers: { 'retry-after': '0' } }],
    ['500', error(500, 'computeFault', 'oops')],
    ['503', { status: 503, text: '<html>busy</html>' }],
  ];
  it.each(passing)('that reads gets over %s', async (_, reply) => {
    const { fake, cloud } = await start();
    fake.answer = ({ path }, count) => (path.endsWith('/os-services') && count < 3 ? reply : null);
    expect((await cloud.call(SERVICES)).status).toBe(200);
  });

  it.each(passing)(
    'that changes something is not sent again after %s, unless it was turned down',
    async (what, reply) => {
      const { fake, cloud } = await start();
      fake.answer = ({ path }) => (path.endsWith('/action') ? reply : null);
      await failure(cloud.call({ service: 'compute', method: 'POST', path: '/servers/1/action', body: {} }));
      const sent = fake.requests.filter(({ path }) => path.endsWith('/action')).length;
      expect(sent).toBe(what === '429' ? 3 : 1);
    },
  );

  it('gives up after so many tries, and says what it was told', async () => {
    const { fake, cloud } = await start();
    fake.answer = ({ path }) => (path.endsWith('/os-services') ? error(503, 'x', 'later') : null);
    const told = await failure(cloud.call(SERVICES));
    expect(told).toMatchObject({ code: 'status', status: 503, said: 'later' });
    expect(fake.requests.filter(({ path }) => path.endsWith('/os-services'))).toHaveLength(3);
  });

  it('ends at its deadline, and when it is given up', async () => {
    const { fake, cloud } = await start({}, {}, { limits: { deadlineMs: 60 }, ...QUICK });
    await cloud.session();
    fake.answer = () => ({ status: 200, text: '', headers: { 'content-length': '5' } });
    expect(await failure(cloud.call(SERVICES))).toMatchObject({ code: 'timeout' });
    const signal = AbortSignal.abort();
    expect(await failure(cloud.call({ ...SERVICES, signal }))).toMatchObject({ code: 'aborted' });
  });

  it('takes no endless answer, and none that is not JSON', async () => {
    const { fake, cloud } = await start({}, {}, { limits: { maxBytes: 5000 }, ...QUICK });
    await cloud.session();
    fake.answer = () => ({ status: 200, text: ' '.repeat(6000) });
    expect(await failure(cloud.call(SERVICES))).toMatchObject({ code: 'malformed' });
    fake.answer = () => ({ status: 200, text: '{"services": [' });
    const told = await failure(cloud.call(SERVICES));
    expect(told).toMatchObject({ code: 'malformed' });
    expect(told.message).toContain('the answer is not JSON');
  });

  it('may be one of many with one signal: Node warns of nothing', async () => {
    const warnings: string[] = [];
    const hear = ({ name }: Error) => warnings.push(name);
    process.on('warning', hear);
    const { cloud } = await start();
    const { signal } = new AbortController();
    const request = { service: 'compute', path: '/os-services', signal } as const;
    await Promise.all(Array.from({ length: 30 }, () => cloud.call(request)));
    process.off('warning', hear);
    expect(warnings).toEqual([]);
  });

  it('to a cloud that is not there says so', async () => {
    const { cloud } = await start({}, { authUrl: 'http://127.0.0.1:1/v3' });
    const told = await failure(cloud.call(SERVICES));
    expect(told.message).toBe('cloud lab: POST http://127.0.0.1:1/v3/auth/tokens: the connection is refused');
  });

  it('with a caller’s token is never repeated with another one', async () => {
    const { fake, cloud } = await start();
    await cloud.session();
    expect(await failure(cloud.as('theirs').call(SERVICES))).toMatchObject({ code: 'unauthorized' });
    const used = fake.requests.filter(({ path }) => path.endsWith('/os-services'));
    expect(used.map(({ headers }) => headers['x-auth-token'])).toEqual(['theirs']);
  });

  it('asks for the microversion that both know', async () => {
    const { fake, cloud } = await start({ newest: '2.79' });
    expect(await cloud.microversion('2.90')).toBe('2.79');
    expect(await cloud.microversion('2.9')).toBe('2.9');
    await cloud.call({ ...SERVICES, microversion: '2.79' });
    expect(fake.requests.at(-1)?.headers['openstack-api-version']).toBe('compute 2.79');
    expect(fake.requests.filter(({ path }) => path.endsWith('/v2.1/'))).toHaveLength(1);
  });

  it('needs to know which of several regions, and an endpoint there', async () => {
    const { cloud } = await start({ regions: ['one', 'two'] });
    expect((await failure(cloud.call(SERVICES))).message).toContain('several regions, one, two');
    expect((await failure(cloud.in('three').call(SERVICES))).message).toContain('only in one, two');
    const { cloud: internal } = await start({}, { interface: 'internal' });
    expect(await failure(internal.call(SERVICES))).toMatchObject({ code: 'no_service' });
  });
});

describe('a caller’s token', () => {
  it('is told by Keystone at each question', async () => {
    const { fake, cloud } = await start();
    const { token } = await cloud.session();
    expect(await cloud.validate(token)).toMatchObject({
      userName: 'admin',
      roles: ['reader', 'member', 'admin'],
    });
    expect(await cloud.validate('garbage')).toBeNull();
    fake.revoke();
    expect(await cloud.validate(token)).toBeNull();
  });

  it('is in no error', async () => {
    const { fake, cloud } = await start();
    fake.answer = ({ method, headers }) =>
      method === 'GET'
        ? error(403, 'error', `no ${headers['x-subject-token']} ${headers['x-auth-token']}`)
        : null;
    const told = await failure(cloud.validate('secret-token'));
    expect(told.message).toMatch(/gets 403: no \*\*\* \*\*\*$/);
  });
});

describe('pages', () => {
  it('are followed by their query, whatever address they give', async () => {
    const { fake, cloud } = await start({ fleet: { servers: FIVE } });
    expect(await all(cloud, '/servers/detail', 'servers')).toEqual([0, 1, 2, 3, 4].map((id) => ({ id })));
    expect(fake.requests.filter(({ path }) => path.endsWith('/servers/detail'))).toHaveLength(3);
  });

  it.each([
    ['garbage', { status: 200, text: '{"servers": [{"id"' }, 'page 2 of /servers/detail: GET .* is not JSON'],
    ['no list', { status: 200, body: { servers: 7 } }, 'page 2 of /servers/detail has no list "servers"'],
    [
      'a link back',
      { status: 200, body: { servers: [], servers_links: [{ rel: 'next', href: '/x?limit=2&marker=2' }] } },
      'page 2 of /servers/detail leads back',
    ],
    [
      'a link that is none',
      { status: 200, body: { servers: [], servers_links: [{ rel: 'next', href: 'http://[' }] } },
      'page 2 of /servers/detail has a link',
    ],
    ['an error', error(403, 'forbidden', 'no'), 'page 2 of /servers/detail: GET .* gets 403: no'],
  ] satisfies [string, FakeReply, string][])('end in an error with %s midway', async (_, reply, message) => {
    const { fake, cloud } = await start({ fleet: { servers: FIVE } });
    fake.answer = ({ path, query }) =>
      path.endsWith('/servers/detail') && query.get('marker') === '2' ? reply : null;
    expect((await failure(all(cloud, '/servers/detail', 'servers'))).message).toMatch(new RegExp(message));
  });
});

it('Retry-After is seconds or a date', () => {
  expect(retryAfterMs('3', 0)).toBe(3000);
  expect(retryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 4000)).toBe(6000);
  expect(retryAfterMs('soon', 0)).toBeNull();
});
