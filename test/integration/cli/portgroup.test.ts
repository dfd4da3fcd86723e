import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { demoFleet } from '../../../src/sim/demo_fleet.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { virsh } from '../../../src/sim/virsh.ts';
import { typed } from './typed.ts';

/** Limits that a NIC has from the portgroup of its network, on the demo's third host. */

let fleet: SimFleet;
let dir = '';
let inventory = '';
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-portgroup-'));
  fleet = await startSimFleet(demoFleet());
  ({ inventory } = await writeFleetFiles(fleet, dir));
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

const HOST = 'hv03.example.net';
const SILVER = 'are those of portgroup "silver" of network tenants';
const show = async () => (await typed('show', HOST, '-i', inventory)).said;
const explain = async (vm: string) => (await typed('explain', HOST, vm, '-i', inventory)).said;

it('are told as such by show and explain, and no others', async () => {
  const shown = await show();
  expect(shown).toContain(`\n  web-08 nic 1: its limits ${SILVER}: it has none of its own\n`);
  expect(shown.match(/portgroup/g)).toHaveLength(1);
  expect(await explain('web-08')).toContain(`\n  note: its limits ${SILVER}: it has none of its own\n`);
  expect(await explain('backup-01')).not.toContain('portgroup');
});

it('are told of the next start alone where the running VM has others, and not at all once both are its own', async () => {
  const host = fleet.hosts.find(({ host: { name } }) => name === HOST)?.host;
  if (host === undefined) throw new Error('the demo has no such host');
  const mac = host.domains.find(({ name }) => name === 'web-08')?.config?.[0]?.mac ?? '';
  await virsh(host, [`domiftune web-08 ${mac} --live --inbound 77`]);
  expect(await show()).toContain(
    `\n  web-08 nic 1: at the next start its limits ${SILVER}: its configuration has none of its own\n`,
  );
  await virsh(host, [`domiftune web-08 ${mac} --config --inbound 77`]);
  expect(await show()).not.toContain('portgroup');
});
