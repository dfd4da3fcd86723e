import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readCeilings } from '../../../src/serve/ceilings.ts';
import { startDomain, stopDomain } from '../../../src/sim/lifecycle.ts';
import { DEMO, MACS, OTHER, PORT, type Reply, type Stage, startStage, TOKENS, until, WEB } from './stage.ts';

/** The API of its own, and what holds over time. */

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ proxy: true });
});
afterAll(async () => {
  await stage.stop();
});
afterEach(() => {
  Object.assign(stage, { policy: null, ceilings: [] });
});

const NIC = (nic: number | string) => `/v1/servers/${WEB}/nics/${nic}/limits`;
const jobsOf = ({ body }: Reply) => (body as { jobs: { id: number; mac: string }[] }).jobs;

async function ended(reply: Reply): Promise<readonly unknown[]> {
  const ids = jobsOf(reply).map(({ id }) => id);
  let jobs: unknown[] = [];
  await until(
    async () => {
      jobs = await Promise.all(ids.map(async (id) => (await stage.call('GET', `/v1/jobs/${id}`)).body));
      return jobs.every((job) => !['queued', 'running'].includes((job as { state: string }).state));
    },
    () => JSON.stringify(jobs) + stage.said.join(),
  );
  return jobs;
}

const withdrawn = async () => ended(await stage.call('DELETE', `/v1/servers/${WEB}/limits`));

describe('limits', () => {
  it('are set for one direction, by MAC or port, and what is set later adds to it', async () => {
    const first = await stage.call('PATCH', NIC(MACS[1]), { body: { inbound: '8 Mbit/s', reason: 'first' } });
    expect([first.status, first.headers.get('location')]).toEqual([202, `/v1/jobs/${jobsOf(first)[0]?.id}`]);
    expect(await ended(first)).toMatchObject([{ state: 'done', mac: MACS[1] }]);
    expect(await ended(await stage.call('PATCH', NIC(PORT), { body: { outbound: 500 } }))).toMatchObject([
      { state: 'done', mac: MACS[1] },
    ]);
    const { body } = await stage.call('GET', NIC(2));
    expect(body).toMatchObject({
      mac: MACS[1],
      live: { inbound: { average: 1000 }, outbound: { average: 500 } },
      config: { inbound: { average: 1000 }, outbound: { average: 500 } },
      set: { limits: { inbound: { average: 1000 }, outbound: { average: 500 } }, user: 'user-member' },
    });
    expect(stage.inbound(1)).toBe(0);
    expect(await withdrawn()).toMatchObject([{ state: 'done', kind: 'withdraw' }]);
    // No rule names it: what it had before holds again.
    expect((await stage.call('GET', NIC(2))).body).toMatchObject({
      live: { inbound: null, outbound: null },
      config: { inbound: null, outbound: null },
      set: null,
    });
  });

  it('of all NICs of a server are set at once', async () => {
    const reply = await stage.call('PATCH', `/v1/servers/${WEB}/limits`, { body: { rate: 300 } });
    expect(jobsOf(reply).map(({ mac }) => mac)).toEqual(MACS);
    await ended(reply);
    expect([stage.inbound(1), stage.inbound(2)]).toEqual([300, 300]);
    const { body } = await stage.call('GET', `/v1/servers/${WEB}/limits`);
    expect(body).toMatchObject({ server: WEB, nics: [{ position: 1 }, { position: 2 }] });
    await withdrawn();
  });

  it('hold again after a hard reboot, which makes the VM anew, until they are withdrawn', async () => {
    await ended(await stage.call('PATCH', NIC(1), { body: { inbound: 700 } }));
    const [host] = stage.hosts;
    const [vm] = host?.domains ?? [];
    if (host === undefined || vm === undefined) throw new Error('no VM');
    stopDomain(host, vm);
    vm.config = (vm.config ?? []).map((nic) => ({ ...nic, bandwidth: null }));
    expect(startDomain(host, vm)).toBeNull();
    expect(stage.inbound(1)).toBe(0);
    await until(() => stage.inbound(1) === 700);
    await withdrawn();
    expect(stage.inbound(1)).toBe(0);
  });

  it('are set often without being left alone for it', async () => {
    for (let rate = 101; rate < 108; rate++)
      expect(await ended(await stage.call('PATCH', NIC(1), { body: { inbound: rate } }))).toMatchObject([
        { state: 'done' },
      ]);
    expect(stage.inbound(1)).toBe(107);
    await withdrawn();
  });

  it('end each direction at its own time', async () => {
    const soon = () => new Date(Date.now() + 1_500).toISOString();
    const NONE = { body: { set: null } };
    await ended(await stage.call('PATCH', NIC(1), { body: { inbound: 600 } }));
    await ended(await stage.call('PATCH', NIC(1), { body: { outbound: 500, until: soon() } }));
    const outbound = () => stage.hosts[0]?.domains[0]?.live?.[0]?.bandwidth?.outbound?.average ?? 0;
    expect([stage.inbound(1), outbound()]).toEqual([600, 500]);
    await until(() => outbound() === 0);
    const { body } = await stage.call('GET', NIC(1));
    expect(body).toMatchObject({ set: { limits: { inbound: { average: 600 } }, until: null } });
    expect(stage.inbound(1)).toBe(600);
    // The other way round: what is to end ends, whatever was set beside it.
    await ended(await stage.call('PATCH', NIC(1), { body: { inbound: 700, until: soon() } }));
    await ended(await stage.call('PATCH', NIC(1), { body: { outbound: 400 } }));
    await until(() => stage.inbound(1) === 0);
    expect(outbound()).toBe(400);
    await withdrawn();
    expect(outbound()).toBe(0);
    expect(await stage.call('GET', NIC(1))).toMatchObject(NONE);
  });

  it('end by themselves', async () => {
    const until1 = new Date(Date.now() + 1_500).toISOString();
    await ended(await stage.call('PATCH', NIC(1), { body: { inbound: 600, until: until1 } }));
    expect(stage.inbound(1)).toBe(600);
    await until(() => stage.inbound(1) === 0);
    const { body } = await stage.call('GET', `/v1/servers/${WEB}/history`);
    expect((body as { history: { action: string }[] }).history.map(({ action }) => action)).toContain(
      'expire',
    );
  });

  it.each([
    [{ inbound: 5, until: '2020-01-01T00:00:00Z' }, /future/],
    [{ inbound: 5, until: 'tomorrow' }, /until.*2030-01-31T18:00:00Z/],
    [{ inbound: 5, speed: 1 }, /speed/],
    [{ inbound: { average: 5, floor: 5 } }, /floor/],
    [{ reason: 'none' }, /limits/],
    [[], /map|object/],
    ['x', /map|object/],
  ])('are refused as %j', async (body, message) => {
    const reply = await stage.call('PATCH', NIC(1), { body });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    expect((reply.body as { detail: string }).detail).toMatch(message);
  });
});

describe('a check', () => {
  it('reads the host, says what would be done, and leaves nothing behind', async () => {
    const before = (await stage.call('GET', '/v1/jobs')).text;
    const reply = await stage.call('PATCH', `${NIC(1)}?check`, { body: { inbound: '100 Mbit/s' } });
    expect([reply.status, reply.body]).toEqual([
      200,
      { nics: [{ mac: MACS[0], status: 'pending', change: 'receives unlimited → 100 Mbit/s', notes: [] }] },
    ]);
    const admin = await stage.call('PATCH', `${NIC(1)}?check`, { body: { inbound: 5 }, token: TOKENS.admin });
    expect(admin.body).toMatchObject({
      nics: [{ host: 'hv1', commands: [expect.stringMatching(/^virsh domiftune/)] }],
    });
    expect((await stage.call('GET', '/v1/jobs')).text).toBe(before);
    expect(stage.inbound(1)).toBe(0);
  });
});

describe('an idempotency key', () => {
  it('does a request once, also when it comes twice at once, and no other one', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    const ask = () => stage.call('PATCH', NIC(1), { body: { inbound: 250 }, headers });
    const replies = await Promise.all([ask(), ask(), ask()]);
    const ids = new Set(replies.map((reply) => jobsOf(reply)[0]?.id));
    expect([ids.size, new Set(replies.map(({ status }) => status))]).toEqual([1, new Set([202])]);
    const other = await stage.call('PATCH', NIC(1), { body: { inbound: 251 }, headers });
    expect([other.status, other.body]).toMatchObject([
      422,
      { detail: expect.stringContaining('Idempotency-Key') },
    ]);
    // Another caller's key is another key.
    const [job] = jobsOf(
      await stage.call('PATCH', NIC(1), { body: { inbound: 250 }, headers, token: TOKENS.admin }),
    );
    expect(ids.has(job?.id)).toBe(false);
    await withdrawn();
  });
});

describe('lists', () => {
  it('come in pages, each with the address of the next', async () => {
    const seen: number[] = [];
    let next: string | null = '/v1/jobs?limit=3';
    while (next !== null) {
      const { body } = await stage.call('GET', next);
      const page = body as { jobs: { id: number }[]; next: string | null };
      seen.push(...page.jobs.map(({ id }) => id));
      next = page.next;
    }
    const all = jobsOf(await stage.call('GET', '/v1/jobs?limit=1000')).map(({ id }) => id);
    expect(seen).toEqual(all);
    expect(seen.length).toBeGreaterThan(6);
  });

  it("show nobody another project's", async () => {
    const token = TOKENS.stranger;
    expect((await stage.call('GET', '/v1/jobs', { token })).body).toEqual({ jobs: [], next: null });
    const [job] = jobsOf(await stage.call('GET', '/v1/jobs?limit=1'));
    expect((await stage.call('GET', `/v1/jobs/${job?.id}`, { token })).status).toBe(404);
    expect((await stage.call('GET', `/v1/servers/${WEB}/history`, { token })).status).toBe(404);
    expect((await stage.call('GET', '/v1/audit', { token })).body).toEqual({ audit: [], next: null });
    const { text } = await stage.call('GET', '/v1/jobs?limit=1000');
    expect(text).not.toMatch(/hv1|domiftune/);
  });

  it.each([
    ['/v1/jobs?limit=0', 400],
    ['/v1/jobs?limit=x', 400],
    ['/v1/jobs?marker=-1', 400],
    ['/v1/jobs?state=lost', 400],
    ['/v1/jobs?server=1', 400],
    ['/v1/jobs?all', 400],
    ['/v1/jobs?limit=1&limit=2', 400],
    ['/v1/jobs/x', 404],
    ['/v1/jobs/99999999', 404],
    ['/v1/servers/x/limits', 404],
    [`/v1/servers/${WEB}/nics/x/limits`, 404],
    [`/v1/servers/${OTHER}/limits`, 404],
    ['/v1', 404],
    ['/nothing', 404],
  ])('%s: %i', async (path, status) => {
    expect((await stage.call('GET', path)).status).toBe(status);
  });
});

describe('a policy', () => {
  it('judges who has set something, each time', async () => {
    stage.ceilings = readCeilings({ ceilings: [{ project: DEMO.id, rate: '1 MB/s' }] });
    expect((await stage.call('PATCH', NIC(1), { body: { inbound: '2 MB/s' } })).status).toBe(403);
    expect((await stage.call('PATCH', NIC(1), { body: { inbound: 'unlimited' } })).status).toBe(403);
    await ended(await stage.call('PATCH', NIC(1), { body: { inbound: '1 MB/s' } }));
    // Admins are not bounded by what their project may set.
    await ended(await stage.call('PATCH', NIC(1), { body: { inbound: '2 MB/s' }, token: TOKENS.admin }));
    expect(stage.inbound(1)).toBe(2000);
    await withdrawn();
  });
});

describe('Nova', () => {
  it('gets everything else as it came, with the token of the caller', async () => {
    const raw = '{ "reboot" : {"type":"HARD"} }';
    const reply = await stage.call('POST', `/v2.1/servers/${WEB}/action`, { raw });
    expect([reply.status, reply.headers.get('x-nova')]).toEqual([202, 'yes']);
    expect(stage.cloud.forwarded.at(-1)).toEqual({
      url: `/v2.1/servers/${WEB}/action`,
      body: raw,
      token: TOKENS.member,
    });
    const list = await stage.call('GET', `/v2.1/servers/${WEB}`);
    expect(list.body).toMatchObject({ server: { id: WEB } });
    const lost = await stage.call('GET', `/v2.1/servers/${OTHER}`);
    expect([lost.status, lost.body]).toMatchObject([404, { itemNotFound: { code: 404 } }]);
    await stage.call('GET', '/v2.1/../v3/auth/tokens');
    expect(stage.cloud.heard.at(-1)).not.toContain('/v3/auth/tokens HTTP');
    stage.cloud.nova = (response) => response.destroy();
    expect((await stage.call('GET', '/v2.1/servers')).status).toBe(503);
    stage.cloud.nova = null;
  });
});

it('describes itself', async () => {
  const { status, body } = await stage.call('GET', '/v1/openapi.json', { token: null });
  expect([status, (body as { openapi: string }).openapi]).toEqual([200, '3.1.0']);
  expect((await stage.call('GET', '/healthz', { token: null })).body).toEqual({
    hosts: 2,
    connected: 2,
    database: true,
  });
});
