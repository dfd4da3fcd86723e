import { afterEach, expect, it } from 'vitest';
import { defineDomain } from '../../../src/sim/define.ts';
import { emitLifecycle } from '../../../src/sim/events.ts';
import type { SimHost } from '../../../src/sim/model.ts';
import { MACS, type Stage, startStage, until, WEB } from './stage.ts';

/** What was set for a server that another host has by now. */

let stage: Stage;
afterEach(() => stage.stop());

it('holds on the host that a server has migrated to, and is withdrawn there', async () => {
  stage = await startStage({ declared: 50 });
  const [from, to] = stage.hosts as [SimHost, SimHost];
  const path = `/v1/servers/${WEB}/nics/1/limits`;
  expect((await stage.call('PATCH', path, { body: { rate: 2000 } })).status).toBe(202);
  await until(() => stage.inbound(1) === 2000);
  const [left] = from.domains.splice(0, 1);
  // With its flavor's limits, which Nova gives it on the host that takes it.
  const inbound = { average: 1280 };
  const vm = defineDomain(to, {
    ...{ name: 'instance-00000001', uuid: WEB },
    nics: MACS.map((mac) => ({ mac, source: { bridge: 'br0' }, inbound })),
  });
  emitLifecycle(from, left as NonNullable<typeof left>, 'Stopped Migrated');
  emitLifecycle(to, vm, 'Started Migrated', 'Resumed Migrated');
  const limits = () =>
    [vm.live, vm.config].flatMap((side) => side?.map((nic) => nic.bandwidth?.inbound?.average)).join();
  const told = () => `${limits()} ${stage.said.join()}`;
  await until(() => limits() === '2000,50,2000,50', told);
  const host = () => {
    const place = stage.serving.view.locate(WEB);
    return place.what === 'seen' ? place.vm.host : place.what;
  };
  await until(() => host() === 'hv2', host);
  expect((await stage.call('DELETE', path)).status).toBe(202);
  await until(() => limits() === '50,50,50,50', told);
});
