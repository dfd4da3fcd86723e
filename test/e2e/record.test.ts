import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { writeFleetFiles } from '../../src/sim/fleet_files.ts';
import { scaleFleet } from '../../src/sim/scale_fleet.ts';
import { type SimFleet, startSimFleet } from '../../src/sim/sshd.ts';
import { bandwidth, bridgeNic, guest, LAB, MAIN, run, virsh, virtune } from './lab.ts';

const PLAY = '- hosts: all\n  tasks: [{ nic_limits: { rules: "{{ nic_limits }}" } }]\n';
const RULES = 'nic_limits: [{ domain: "vm-*", rate: 100 Mbit/s }]';

/** Where a record cannot be written. The hosts are simulated; the file systems are real. */
describe('a folder for the record', () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-state-'));
  const play = join(dir, 'play.yml');
  let fleet: SimFleet;
  let args: readonly string[] = [];

  beforeAll(async () => {
    chmodSync(dir, 0o755);
    writeFileSync(play, PLAY);
    fleet = await startSimFleet(
      scaleFleet({ hosts: 6, domains: 60, nics: 2, converged: 0, metadata: false }),
    );
    const { inventory } = await writeFleetFiles(fleet, dir, [RULES]);
    args = ['run', play, '-i', inventory];
  });
  afterAll(async () => {
    await fleet.close();
    rmSync(dir, { recursive: true });
  });

  const contacted = () => fleet.hosts.reduce((sum, { counts }) => sum + counts.connections, 0);
  const limited = () =>
    fleet.hosts.map(({ host }) => host.domains.filter(({ config }) => config?.[0]?.bandwidth).length);

  /** A file system of so many bytes, for as long as the test runs; null where it cannot be had. */
  function disk(size: string): string | null {
    const folder = mkdtempSync(join(dir, 'disk-'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'none', folder]).status !== 0)
      return null;
    onTestFinished(() => void spawnSync('umount', ['-l', folder]));
    return folder;
  }

  it('that is full ends the run before any host is contacted', async ({ skip }) => {
    const folder = disk('3m');
    if (folder === null) skip('no file system can be mounted here');
    const { bavail, bsize } = statfsSync(folder!);
    writeFileSync(join(folder!, 'fill'), Buffer.alloc(bavail * bsize - 8192));
    const { code, stderr } = await virtune([...args, '--state-dir', folder!]);
    expect([code, contacted()]).toEqual([1, 0]);
    expect(stderr).toContain('less than 1 MiB is free');
    expect(stderr).toMatch(/hint: .*--state-dir DIR or VIRTUNE_STATE_DIR/);
  });

  it('that others own ends the run before any host is contacted', async ({ skip }) => {
    const nobody = ['--reuid=54321', '--regid=54321', '--clear-groups', 'env', 'HOME=/nonexistent'];
    if (spawnSync('setpriv', [...nobody, 'test', '-r', MAIN]).status !== 0)
      skip('no such user can be made here, or it cannot read the checkout');
    const folder = join(dir, 'theirs');
    mkdirSync(folder, { mode: 0o755 });
    const words = [...nobody, process.execPath, MAIN, ...args];
    for (const more of [['--state-dir', folder], []]) {
      const { code, stderr } = await run('setpriv', [...words, ...more], { VIRTUNE_STATE_DIR: '' });
      expect([code, contacted()], stderr).toEqual([1, 0]);
      expect(stderr).toMatch(/the record of this run cannot be written: (?:EACCES|ENOENT)/);
    }
  });

  it('that fills up in the middle keeps hosts from being written that it has no room for', async ({
    skip,
  }) => {
    const folder = disk('3m');
    if (folder === null) skip('no file system can be mounted here');
    const { bavail, bsize } = statfsSync(folder!);
    const fill = join(folder!, 'fill');
    // The changes of a host take a quarter of a megabyte.
    writeFileSync(fill, Buffer.alloc(bavail * bsize - 1_150_000));
    const { code, stdout, stderr } = await virtune([...args, '--forks', '1', '--state-dir', folder!]);
    expect(code, stdout + stderr).toBe(3);
    expect(stdout).toContain('not written, since it could not be recorded before: ENOSPC');
    const done = limited();
    expect(done.filter((vms) => vms === 60).length).toBeGreaterThan(0);
    expect(done.filter((vms) => vms === 0).length).toBeGreaterThan(0);
    expect(done.every((vms) => vms === 60 || vms === 0)).toBe(true);
    rmSync(fill);
    const verified = await virtune(['history', 'verify', '--state-dir', folder!]);
    expect(verified.code, verified.stderr).toBe(0);
    const { stdout: json } = await virtune(['history', 'last', '--json', '--state-dir', folder!]);
    const { changes } = JSON.parse(json).runs[0];
    const written = new Set(changes.map(({ host }: { host: string }) => host));
    expect(fleet.hosts.filter(({ name }) => written.has(name)).map(({ name }) => name)).toEqual(
      fleet.hosts.filter((_, index) => done[index] === 60).map(({ name }) => name),
    );
  });
});

describe.skipIf(LAB === '')('a run on real hypervisors', () => {
  it('is rolled back but for what somebody has changed since', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'virtune-rollback-'));
    const play = join(dir, 'play.yml');
    const rules = '[{ domain: rollback-*, inbound: 8 Mbit/s }]';
    writeFileSync(play, `- hosts: hv01\n  tasks: [{ nic_limits: { rules: ${rules} } }]\n`);
    const own = "<bandwidth><inbound average='500'/><outbound average='300'/></bandwidth>";
    const nics = ['01', '02'].map((n) => bridgeNic(`52:54:00:ee:77:${n}`, own));
    const [a, b] = [
      await guest('hv01', 'rollback-a', '--nic', nics[0]!),
      await guest('hv01', 'rollback-b', '--nic', nics[1]!),
    ];
    const state = ['--state-dir', join(dir, 'state')];
    const both = async (uuid: string) => [
      ...(await bandwidth('hv01', uuid)),
      ...(await bandwidth('hv01', uuid, '--inactive')),
    ];
    const before = await both(a);

    const ran = await virtune([
      'run',
      play,
      '-i',
      `${LAB}/inventory.yml`,
      ...state,
      '-e',
      'password=hunter2',
      '--reason',
      'CHG-1',
    ]);
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    expect((await both(a)).join()).toContain("<inbound average='1000'/>");
    await virsh('hv01', 'domiftune', b, '52:54:00:ee:77:02', '--live', '--config', '--inbound', '2222');
    const byHand = await both(b);

    const check = await virtune(['rollback', 'last', '--check', ...state]);
    expect(check.code, check.stdout + check.stderr).toBe(6);
    const undone = await virtune(['rollback', 'last', ...state, '--reason', 'CHG-1 failed']);
    expect(undone.code, undone.stdout + undone.stderr).toBe(6);
    expect(undone.stdout).toMatch(/it was changed since: live: receives at most 17\.776 Mbit\/s/);
    expect([await both(a), await both(b)]).toEqual([before, byHand]);

    const told = await virtune(['history', '--vm', 'rollback-a', ...state]);
    expect(told.stdout).toMatch(/reason: CHG-1 failed.*8 → 4 Mbit\/s.*reason: CHG-1\n.*4 → 8 Mbit\/s/s);
    const kept = await run('grep', ['-rc', 'hunter2', join(dir, 'state')]);
    expect(kept.code, kept.stdout).toBe(1);
    rmSync(dir, { recursive: true });
  });
});
