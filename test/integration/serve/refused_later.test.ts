import { afterAll, beforeAll, expect, it } from 'vitest';
import { MACS, type Stage, startStage, until, WEB } from './stage.ts';

/** What is accepted, and refused once its host was read. */

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

const NIC = `/v1/servers/${WEB}/nics/${MACS[0]}/limits`;

async function set(inbound: number): Promise<string> {
  const { headers } = await stage.call('PATCH', NIC, { body: { inbound } });
  let state = '';
  await until(async () => {
    const { body } = await stage.call('GET', headers.get('location') ?? '');
    ({ state } = body as { state: string });
    return !['queued', 'running'].includes(state);
  });
  return state;
}

const shown = async () => (await stage.call('GET', NIC)).body as { readonly set: object | null };

it('leaves nothing behind where nothing was set before', async () => {
  expect(await set(TOO_MUCH)).toBe('refused');
  expect([(await shown()).set, stage.inbound()]).toEqual([null, 0]);
});

it('lets what was set before hold on, which can be withdrawn', async () => {
  expect(await set(1000)).toBe('done');
  expect([await set(TOO_MUCH), await set(TOO_MUCH)]).toEqual(['refused', 'refused']);
  expect(await shown()).toMatchObject({ set: { limits: { inbound: { average: 1000 } } } });
  expect(stage.inbound()).toBe(1000);
  expect((await stage.call('DELETE', NIC)).status).toBe(202);
  await until(() => stage.inbound() === 0);
});

it('never brings back what could not be made so itself', async () => {
  expect(await set(1000)).toBe('done');
  await Promise.all([set(TOO_MUCH), set(TOO_MUCH), set(TOO_MUCH)]);
  expect(await shown()).toMatchObject({ set: { limits: { inbound: { average: 1000 } } } });
});
