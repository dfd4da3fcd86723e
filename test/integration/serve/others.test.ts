import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { setOverride } from '../../../src/serve/store/overrides.ts';
import { DEMO, MACS, type Stage, startStage, until, WEB } from './stage.ts';

/** What another process of the same database does while this one looks at a host, or has just looked. */

let stage: Stage;
/** Done once, between the read and the write of the next look that would write. */
let between: (() => void) | null = null;
/** What became of the first NIC, look by look. */
const statuses: string[] = [];

beforeAll(async () => {
  stage = await startStage({
    gate: {
      name: 'between',
      applies: () => true,
      alone: true,
      judge: (_, { changes }) => {
        if (changes.every(({ steps }) => steps.length === 0)) return [];
        between?.();
        between = null;
        return [];
      },
    },
    looked: (_, { hosts }) => {
      for (const { subject, status } of hosts.flatMap(({ resources }) => resources))
        if (subject.mac === MACS[0]) statuses.push(status);
    },
  });
});
afterAll(async () => {
  await stage.stop();
});
beforeEach(() => {
  statuses.length = 0;
});

const rateOf = (average: number) => ({ average, peak: average, burst: average, floor: 0 });

/** Another process accepts it, makes it so and says that it is done. */
async function setByAnother(average: number, writes: boolean): Promise<void> {
  const limits = { inbound: rateOf(average), outbound: rateOf(average) };
  await stage.database.transaction(async (queries) => {
    const { id } = await setOverride(queries, {
      ...{ server: WEB, mac: MACS[0], limits, before: null, project: DEMO.id, host: 'hv1' },
      owner: { user: { id: 'u', name: 'u' }, project: DEMO, roles: ['member'] },
      ...{ request: `req-${average}`, reason: '', until: null },
    });
    await queries.query("UPDATE virtune_job SET state = 'done', finished_at = now() WHERE id = $1", [id]);
  });
  const vm = stage.hosts[0]?.domains[0];
  if (!writes || vm === undefined) return;
  for (const side of ['live', 'config'] as const)
    Object.assign(vm, {
      [side]: vm[side]?.map((nic) => (nic.mac === MACS[0] ? { ...nic, bandwidth: limits } : nic)),
    });
}

const set = (rate: number) =>
  stage.call('POST', `/v2.1/servers/${WEB}/action`, { body: { setInterface: { interface: 1, rate } } });

it.each([
  ['has made so', 2000, true, 'inSync'],
  ['has accepted', 4000, false, 'changed'],
] as const)(
  'what another process %s since a look began is not replaced by it',
  async (_, rate, writes, then) => {
    let other: Promise<void> | undefined;
    between = () => {
      other = setByAnother(rate, writes);
    };
    expect((await set(1000)).status).toBe(202);
    await until(() => statuses.length >= 2);
    await other;
    expect(statuses.slice(0, 2)).toEqual(['stale', then]);
    expect(stage.inbound()).toBe(rate);
  },
);

it('what another process has accepted is made so, whoever hears of it first', async () => {
  await setByAnother(3000, false);
  // A request reads what is set, and so does a look at another host.
  expect((await stage.call('GET', `/v1/servers/${WEB}/limits`)).status).toBe(200);
  await until(() => stage.inbound() === 3000);
});
