import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { DesiredLimits } from '../../../src/facts/bandwidth.ts';
import { setOverride, withdrawOverride } from '../../../src/serve/store/overrides.ts';
import { DEMO, MACS, type Stage, startStage, until, WEB } from './stage.ts';

/** What was withdrawn is undone, although something else is set before any host was looked at. */

const TOO_MUCH = 9999;
let stage: Stage;

beforeAll(async () => {
  stage = await startStage({
    gate: {
      name: 'too much',
      applies: () => true,
      alone: true,
      judge: () => [
        {
          covers: ({ settings }) => settings.some(({ desired }) => desired.live === TOO_MUCH),
          status: 'refused',
          reason: 'too much',
        },
      ],
    },
  });
});
afterAll(async () => {
  await stage.stop();
});
beforeEach(async () => {
  await stage.call('PATCH', NIC, { body: { inbound: 1000, outbound: 500 } });
  await until(() => JSON.stringify(limits()) === '[1000,500]');
});

const NIC = `/v1/servers/${WEB}/nics/${MACS[0]}/limits`;
const OWNER = { user: { id: 'user-member', name: 'member' }, project: DEMO, roles: ['member'] };

/** What the NIC receives and sends at most while it runs, 0 for none. */
function limits(): readonly number[] {
  const { inbound, outbound } = stage.hosts[0]?.domains[0]?.live?.[0]?.bandwidth ?? {};
  return [inbound?.average ?? 0, outbound?.average ?? 0];
}

/** Both at once, so that no look comes in between. */
async function withdrawAndSet(wanted: DesiredLimits): Promise<readonly number[]> {
  const { database } = stage;
  const seen = stage.serving.view.vmsOf('hv1')?.get(WEB)?.nics[0]?.settings ?? [];
  const valuesOf = (side: 'live' | 'config') =>
    Object.fromEntries(seen.map((setting) => [setting.name, setting[side] ?? null]));
  const asked = {
    ...{ server: WEB, mac: MACS[0], limits: wanted, owner: OWNER, project: DEMO.id, host: 'hv1' },
    ...{
      request: 'req-2',
      reason: '',
      until: null,
      before: { live: valuesOf('live'), config: valuesOf('config') },
    },
  };
  const jobs = await Promise.all([
    database.transaction((queries) =>
      withdrawOverride(queries, WEB, MACS[0], { owner: OWNER, request: 'req-1', host: 'hv1' }),
    ),
    database.transaction((queries) => setOverride(queries, asked)),
  ]);
  return jobs.map((job) => job?.id ?? 0);
}

async function statesOf(jobs: readonly number[]): Promise<readonly string[]> {
  const states = await Promise.all(
    jobs.map(async (job) => ((await stage.call('GET', `/v1/jobs/${job}`)).body as { state: string }).state),
  );
  return states;
}

const ended = async (jobs: readonly number[]): Promise<readonly string[]> => {
  let states: readonly string[] = [];
  await until(async () => {
    states = await statesOf(jobs);
    return !states.some((state) => ['queued', 'running'].includes(state));
  });
  return states;
};

it('in the direction that is not set', async () => {
  const jobs = await withdrawAndSet({ inbound: { average: 2000, peak: 0, burst: 0, floor: 0 } });
  const states = await ended(jobs);
  expect(limits()).toEqual([2000, 0]);
  expect(states).toEqual(['done', 'done']);
  expect((await stage.call('DELETE', NIC)).status).toBe(202);
  await until(() => JSON.stringify(limits()) === '[0,0]');
});

it('where what is set is refused', async () => {
  const jobs = await withdrawAndSet({ inbound: { average: TOO_MUCH, peak: 0, burst: 0, floor: 0 } });
  const states = await ended(jobs);
  expect(limits()).toEqual([0, 0]);
  expect(states).toEqual(['done', 'refused']);
  expect((await stage.call('GET', NIC)).body).toMatchObject({ set: null });
});
