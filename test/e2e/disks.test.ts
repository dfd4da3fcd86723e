import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bridgeNic, guest, LAB, readPlayed, removeGuests, virsh, virtune } from './lab.ts';

/** `disk_limits` on a real libvirt and QEMU, judged by plain `virsh blkdeviotune`. */
describe.skipIf(LAB === '')('limits of disks', () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-disks-'));
  const nic = ['--nic', bridgeNic('52:54:00:d1:00:01'), '--disks', '2'];

  async function limit(rule: object, ...more: string[]) {
    const file = join(dir, 'report.json');
    const playbook = join(dir, 'play.yml');
    const rules = [{ domain: 'iotune-*', ...rule }];
    writeFileSync(
      playbook,
      JSON.stringify([{ name: 'p', hosts: 'hv01', tasks: [{ disk_limits: { rules } }] }]),
    );
    const args = ['run', playbook, '-i', `${LAB}/inventory.yml`, '--report', `json=${file}`, ...more];
    const played = readPlayed(await virtune(args), file);
    return played.nics.map(({ status, reason }) => `${status}${reason ? `: ${reason}` : ''}`);
  }

  /** What is not 0 in a state, QEMU's own group apart. */
  async function has(uuid: string, disk: string, state: '--live' | '--config') {
    const lines = (await virsh('hv01', 'blkdeviotune', uuid, disk, state)).split('\n');
    const pairs = lines.flatMap((line) => /^(\w+)\s*: ([1-9]\d*)$/.exec(line)?.slice(1).join('=') ?? []);
    return pairs.join(' ');
  }

  it('are set, moved and taken away in both states, of the disk that is named, and the VM starts', async () => {
    await removeGuests('hv01', 'iotune-');
    const uuid = await guest('hv01', 'iotune-1', ...nic);
    const steps: [object, string][] = [
      [
        { total_bytes_sec: '50 MB/s', burst: { bytes: '100 MB/s', for: '5 s' } },
        'total_bytes_sec=50000000 total_bytes_sec_max=100000000 total_bytes_sec_max_length=5',
      ],
      [
        { read_bytes_sec: '5 MB/s', write_bytes_sec: 'unlimited', total_iops_sec: 500, iops_size: '16 KiB' },
        'read_bytes_sec=5000000 total_iops_sec=500 size_iops_sec=16384',
      ],
      [{ total_bytes_sec: 'unlimited', total_iops_sec: 'unlimited' }, ''],
      [
        { total_iops_sec: 500, burst: { iops: 900 } },
        'total_iops_sec=500 total_iops_sec_max=900 total_iops_sec_max_length=1',
      ],
    ];
    for (const [rule, expected] of steps) {
      const one = { disk: 'vda', ...rule };
      expect(await limit(one, '--check')).toEqual(['pending']);
      expect(await limit(one)).toEqual(['changed']);
      expect(await limit(one)).toEqual(['inSync']);
      expect(await has(uuid, 'vda', '--live')).toBe(expected);
      expect(await has(uuid, 'vda', '--config')).toBe(expected);
      expect(await has(uuid, 'vdb', '--config')).toBe('');
    }
    await virsh('hv01', 'destroy', uuid);
    await virsh('hv01', 'start', uuid, '--paused');
    expect(await limit({ disk: 'vda', ...steps[3]?.[0] })).toEqual(['inSync']);
    await removeGuests('hv01', 'iotune-');
  });
});
