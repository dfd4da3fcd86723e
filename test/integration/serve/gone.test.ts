import { afterEach, expect, it } from 'vitest';
import { json } from './cloud.ts';
import { MACS, type Stage, startStage, until, WEB } from './stage.ts';

/** What was set for a server that is deleted afterwards. */

let stage: Stage;
afterEach(() => stage.stop());

const count = async (where: string): Promise<number> => {
  const [row] = await stage.database.query<{ n: unknown }>(`SELECT count(*) AS n FROM ${where}`);
  return Number(row?.n);
};
const open = () => count('virtune_override WHERE ended_at IS NULL');
const asked = () => stage.cloud.heard.filter((line) => line === `GET /v2.1/servers/${WEB}`).length;

/** Sets limits of both NICs, and takes the VM from its host. */
async function leave(): Promise<void> {
  for (const mac of MACS) {
    const path = `/v1/servers/${WEB}/nics/${mac}/limits`;
    expect((await stage.call('PATCH', path, { body: { rate: 2000 } })).status).toBe(202);
  }
  await until(() => stage.inbound(2) === 2000);
  stage.hosts[0]?.domains.splice(0, 1);
  await until(() => {
    stage.serving.reload();
    return stage.serving.view.locate(WEB).what === 'nowhere';
  });
}

it('stays where nobody may see all servers: a 404 says nothing then', async () => {
  stage = await startStage({ goneIntervalMs: 20 });
  await leave();
  stage.cloud.servers.delete(WEB);
  const before = asked();
  await new Promise((done) => setTimeout(done, 200));
  expect([asked(), await open()]).toEqual([before, 2]);
});

it('stays while Nova has the server, and ends once it says that it is gone', async () => {
  stage = await startStage({ goneIntervalMs: 20, serviceRoles: ['admin'] });
  await leave();
  // It may be shelved.
  let before = asked();
  await until(() => asked() > before + 2);
  expect(await open()).toBe(2);
  // A balancer without a Nova.
  stage.cloud.nova = (response) => json(response, 404, { message: 'no backend' });
  before = asked();
  await until(() => asked() > before + 2);
  expect(await open()).toBe(2);
  stage.cloud.nova = null;
  stage.cloud.servers.delete(WEB);
  await until(async () => (await open()) === 0);
  expect(await count("virtune_audit WHERE action = 'deleted' AND detail = 'its server was deleted'")).toBe(2);
  // Nothing is left to be undone.
  await until(async () => (await count('virtune_override WHERE NOT restored')) === 0);
});
