import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  bandwidth,
  bridgeNic,
  guest,
  LAB,
  lab,
  removeGuests,
  startPlay,
  virsh,
  virtune,
  write,
} from './lab.ts';

/**
 * Confirmed applies on real hosts: libvirt, QEMU, flock, setsid, and a process that is killed. The timer of systemd is
 * tried on the virtual machine (test/e2e/vm).
 */
describe.skipIf(LAB === '')('a change that undoes itself', { concurrent: false }, () => {
  const HOST = 'hv02';
  const MACS = ['52:54:00:cf:02:01', '52:54:00:cf:02:02', '52:54:00:cf:02:03'];
  const OLD = "<inbound average='1000' peak='2000'/>";
  let uuid = '';
  const state = mkdtempSync(join(tmpdir(), 'virtune-confirm-'));
  const onHost = (script: string) => lab(['exec', HOST, 'sh', '-c', script]);
  const left = () =>
    onHost(
      'ls -d /run/virtune-* /dev/shm/virtune-* 2>/dev/null; pgrep -fa "[w]ait.*virtune-2" | cut -c 1-80; flock -n /run/libvirt true || echo held; :',
    );
  const both = async () => [await bandwidth(HOST, uuid), await bandwidth(HOST, uuid, '--inactive')];
  const limit = (inbound: number) => write({ rules: [{ domain: 'cf-guest', inbound }] }, { hosts: HOST });
  const run = (inbound: number, within: string) =>
    startPlay(limit(inbound), '--confirm-within', within, '--state-dir', state);
  const confirm = () => virtune(['confirm', 'last', '-i', join(LAB, 'inventory.yml'), '--state-dir', state]);

  const gone = async () => {
    for (let tries = 0; tries < 150 && (await left()) !== ''; tries++) await sleep(100);
    expect(await left()).toBe('');
  };

  beforeAll(async () => {
    await removeGuests(HOST, 'cf-');
    const nics = MACS.flatMap((mac) => ['--nic', bridgeNic(mac, `<bandwidth>${OLD}</bandwidth>`)]);
    uuid = await guest(HOST, 'cf-guest', ...nics);
  });
  afterAll(() => removeGuests(HOST, 'cf-'));
  beforeEach(async () => {
    for (const mac of MACS)
      await virsh(
        HOST,
        'domiftune',
        uuid,
        mac,
        '--live',
        '--config',
        '--inbound',
        '1000,2000',
        '--outbound',
        '0',
      );
  });

  it('is kept with its configuration where it is confirmed, and leaves nothing', async () => {
    const before = await both();
    const ran = await run(3000, '5m').ended;
    expect(ran.code, ran.stderr).toBe(0);
    expect(await left()).toContain('/run/virtune-');
    // The lock is not held for as long as the watchdog waits.
    expect(await left()).not.toContain('held');
    const [live, config] = await both();
    expect(live).toEqual(MACS.map(() => "<inbound average='3000'/>"));
    expect(config).toEqual(before[1]);
    // Another run that wants just that would lose it again, and says so.
    for (const how of ['--check', '--rewrite']) {
      const other = await startPlay(limit(3000), how, '--state-dir', state).ended;
      expect([other.code, other.stdout], other.stderr).toEqual([
        5,
        expect.stringMatching(/it is on trial until .* UTC: its host\s+gives back what was before/),
      ]);
    }
    expect(await both()).toEqual([live, config]);
    const confirmed = await confirm();
    expect(confirmed.code, confirmed.stderr).toBe(0);
    expect(await both()).toEqual([live, live]);
    expect(await left()).toBe('');
  });

  it('is given back where the process is killed right after the write, but for what others changed', async () => {
    const { child, ended } = run(4000, '6s');
    ended.catch(() => {});
    while (!(await bandwidth(HOST, uuid))[2]?.includes('4000')) await sleep(20);
    child.kill('SIGKILL');
    await virsh(HOST, 'domiftune', uuid, MACS[1] ?? '', '--live', '--inbound', '700');
    await gone();
    expect(await both()).toEqual([
      [OLD, "<inbound average='700'/>", OLD],
      [OLD, OLD, OLD],
    ]);
    const late = await confirm();
    expect(late.code).toBe(6);
    expect(late.stdout).toContain('too late, nothing was written');
    expect(await both()).toEqual([
      [OLD, "<inbound average='700'/>", OLD],
      [OLD, OLD, OLD],
    ]);
  });

  it('is given back when libvirt is there again, and once others have written', async () => {
    expect((await run(5000, '2s').ended).code).toBe(0);
    const held = onHost('flock /run/libvirt sleep 4');
    await held;
    await gone();
    expect(await both()).toEqual([
      [OLD, OLD, OLD],
      [OLD, OLD, OLD],
    ]);
  });

  it('is decided once: of confirms and the watchdog at the same moment one wins', async () => {
    expect((await run(6000, '3s').ended).code).toBe(0);
    await sleep(1500);
    const two = await Promise.all([confirm(), confirm()]);
    await gone();
    const [live, config] = await both();
    const set = "<inbound average='6000'/>";
    expect([MACS.map(() => OLD), MACS.map(() => set)]).toContainEqual(live);
    expect(config).toEqual(live);
    for (const { code, stdout, stderr } of two) expect([0, 1, 6], stdout + stderr).toContain(code);
  });
});
