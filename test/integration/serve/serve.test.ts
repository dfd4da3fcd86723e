import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MACS, type Stage, startStage, TOKENS, until, WEB } from './stage.ts';

const ACTION = `/v2.1/servers/${WEB}/action`;

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ declared: 50 });
});
afterAll(async () => {
  await stage.stop();
});

const done = async (job: string | null): Promise<Record<string, unknown>> => {
  let body: Record<string, unknown> = {};
  await until(async () => {
    body = (await stage.call('GET', `/v1/jobs/${job}`)).body as Record<string, unknown>;
    return !['queued', 'running'].includes(String(body.state));
  });
  return body;
};

describe('setInterface', () => {
  it('limits one NIC in both directions, and is remembered', async () => {
    await until(() => stage.inbound() === 50);
    const reply = await stage.call('POST', ACTION, { body: { setInterface: { interface: 1, rate: 10240 } } });
    expect([reply.status, reply.text]).toEqual([202, '']);
    expect(reply.headers.get('x-openstack-request-id')).toMatch(/^req-[0-9a-f-]{36}$/);
    expect(reply.headers.get('content-type')).toBe('application/json');
    expect(await done(reply.headers.get('x-virtune-job'))).toMatchObject({ state: 'done', mac: MACS[0] });
    expect([stage.inbound(1), stage.inbound(2)]).toEqual([10240, 50]);
    const seen = await stage.call('POST', ACTION, { body: { getInterface: { interface: 1 } } });
    expect(seen.body).toMatchObject({
      interface: {
        position: 1,
        mac: MACS[0],
        live: { inbound: { average: 10240, peak: 10240, burst: 10240 } },
        set: { user: 'user-member', text: 'receives at most 81.92 Mbit/s, sends at most 81.92 Mbit/s' },
      },
    });
  });

  it('is undone by a withdrawal: what the inventory declares holds again', async () => {
    const reply = await stage.call('DELETE', `/v1/servers/${WEB}/nics/1/limits`);
    expect(reply.status).toBe(202);
    const [job] = (reply.body as { jobs: { id: number }[] }).jobs;
    expect(await done(String(job?.id))).toMatchObject({ state: 'done', kind: 'withdraw' });
    expect(stage.inbound(1)).toBe(50);
    expect((await stage.call('DELETE', `/v1/servers/${WEB}/nics/1/limits`)).status).toBe(404);
  });

  it('tells the operator why Keystone or Nova does not answer, once, and that it does again; callers each time', async () => {
    const broken = (response: ServerResponse) => void response.writeHead(500).end('{"oops": 1}');
    const read = () => stage.call('GET', `/v1/servers/${WEB}/limits`, { token: TOKENS.reader });
    stage.cloud.keystone = broken;
    for (const _ of [1, 2, 3]) expect((await read()).status).toBe(503);
    stage.cloud.keystone = null;
    stage.cloud.nova = broken;
    for (const _ of [1, 2, 3]) expect((await read()).status).toBe(503);
    stage.cloud.nova = null;
    expect((await read()).status).toBe(200);
    expect(stage.said).toEqual([
      expect.stringMatching(
        /^Keystone does not say whose tokens are: cloud lab: GET \S+ gets 500.* Until it does, requests get 503; limits are kept all the same\.$/,
      ),
      'Keystone says again whose tokens are.',
      expect.stringMatching(/^Nova does not answer: cloud lab: GET \S+ gets 500/),
      'Nova answers again.',
    ]);
  });

  it('says nothing of a token anywhere', async () => {
    const { body } = await stage.call('GET', '/v1/audit', { token: TOKENS.admin });
    expect(JSON.stringify(body)).toContain('setInterface');
    for (const token of Object.values(TOKENS))
      expect(JSON.stringify(body) + stage.said.join()).not.toContain(token);
  });
});
