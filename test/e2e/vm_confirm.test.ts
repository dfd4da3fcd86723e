import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LONG } from '../long.ts';
import { bandwidth, bridgeNic, guest, LAB, lab, play, removeGuests, virsh, virtune, write } from './lab.ts';
import { startVm, VM, type VmLab } from './vm_lab.ts';

/** Confirmed applies on a host with systemd, whose timer watches, and a boot within the time. Minutes under emulation. */
function timed(): void {
  const NAME = 'timed';
  const MAC = '52:54:00:cf:ff:01';
  const OLD = "<inbound average='1000' peak='2000'/>";
  const state = mkdtempSync(join(tmpdir(), 'virtune-timer-'));
  let vm: VmLab = { missing: 'not started', close: async () => {} };
  let uuid = '';
  const sh = async (script: string) => (await lab(['exec', VM, 'sh', '-c', script])).trim();

  beforeAll(async () => {
    vm = await startVm();
    if (vm.missing !== '') return;
    await removeGuests(VM, NAME);
    uuid = await guest(VM, NAME, '--nic', bridgeNic(MAC, `<bandwidth>${OLD}</bandwidth>`));
  }, 1_200_000);
  beforeEach(async (context) => {
    context.skip(vm.missing !== '', vm.missing);
    const limits = ['--live', '--config', '--inbound', '1000,2000'];
    await virsh(VM, 'domiftune', uuid, MAC, ...limits);
  });
  afterAll(async () => {
    if (vm.missing === '') await removeGuests(VM, NAME);
    await vm.close();
  });

  const both = async () => [(await bandwidth(VM, uuid))[0], (await bandwidth(VM, uuid, '--inactive'))[0]];
  const run = async (inbound: number, within: string) => {
    const written = write(
      { rules: [{ domain: NAME, inbound }] },
      { hosts: 'all', lab: join(LAB, 'vm', 'inventory.yml') },
    );
    const ran = await play(written, '--confirm-within', within, '--state-dir', state);
    expect([ran.code, ran.nics.map(({ status }) => status)], ran.stderr).toEqual([0, ['changed']]);
    return `<inbound average='${inbound}'/>`;
  };
  const confirm = () => virtune(['confirm', 'last', '--state-dir', state]);
  /** Units of watchdogs, their folders, and processes that sleep for one. */
  const left = () =>
    sh(`systemctl list-units --plain --no-legend 'virtune-*' | sed 's/ .*//;s/.*[.]//'
      ls -d /run/virtune-* /dev/shm/virtune-* 2>/dev/null | sed 's/-2.*//'
      cat /run/virtune-*/pid 2>/dev/null; :`);
  const gone = async () => {
    for (let tries = 0; tries < 240 && (await left()) !== ''; tries++) await sleep(500);
    expect(await left()).toBe('');
  };

  it('is watched by the timer, and by no process', async () => {
    const set = await run(3000, '10m');
    expect(await both()).toEqual([set, OLD]);
    // The service begins only once its time has come.
    expect((await left()).split('\n')).toEqual(['timer', '/run/virtune']);
    const confirmed = await confirm();
    expect(confirmed.code, confirmed.stdout + confirmed.stderr).toBe(0);
    expect(await both()).toEqual([set, set]);
    expect(await left()).toBe('');
  }, 600_000);

  it('is given back by it, and leaves nothing but a line in the journal', async () => {
    const set = await run(4000, '60s');
    expect((await both())[0]).toBe(set);
    await gone();
    expect(await both()).toEqual([OLD, OLD]);
    expect(await sh('journalctl -t virtune -o cat --no-pager | tail -n 1')).toMatch(
      /^virtune-\S+ was not confirmed in time: limits from before were given back$/,
    );
    expect(await sh("systemctl list-units --failed --plain --no-legend 'virtune-*'")).toBe('');
    const late = await confirm();
    expect([late.code, late.stdout]).toEqual([6, expect.stringContaining('too late, nothing was written')]);
    expect(await both()).toEqual([OLD, OLD]);
  }, 600_000);

  it('is undone by a boot within the time, and a confirm after it says so', async () => {
    const set = await run(5000, '30m');
    expect(await both()).toEqual([set, OLD]);
    await lab(['vm-reboot']);
    expect(await left()).toBe('');
    await sh('ip link add br0 type bridge; ip link set br0 up; systemctl start libvirtd');
    await virsh(VM, 'start', NAME, '--paused');
    expect(await both()).toEqual([OLD, OLD]);
    const late = await confirm();
    expect([late.code, late.stdout]).toEqual([
      6,
      expect.stringMatching(
        /too late, nothing was written: nothing waits for a confirm on its host any more/,
      ),
    ]);
    expect(await both()).toEqual([OLD, OLD]);
    // Its time would have come: nothing is left that could give back anything.
    expect(await left()).toBe('');
  }, 1_800_000);
}

if (LONG) describe('a change that undoes itself, by a timer of systemd', { concurrent: false }, timed);
else
  describe('a change that undoes itself, by a timer of systemd', () => {
    it.skip('left out: npm run test:long has it', () => {});
  });
