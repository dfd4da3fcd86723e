import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bridgeNic, guest, LAB, lab, readPlayed, removeGuests, virsh, virtune } from './lab.ts';

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

  /** The group of a disk in libvirt's words; '' also for the group that QEMU gives a disk of its own. */
  async function groupOf(uuid: string, disk: string, state: '--live' | '--config') {
    const shown = await virsh('hv01', 'blkdeviotune', uuid, disk, state);
    const group = /^group_name\s*: (.*)$/m.exec(shown)?.[1] ?? '';
    return group.startsWith('/machine/') ? '' : group;
  }

  it('are shared in a group, where rules want the same of all its disks, and not after it', async () => {
    await removeGuests('hv01', 'iotune-');
    const uuid = await guest('hv01', 'iotune-2', ...nic);
    const both = async (disk: string) => [
      `${await groupOf(uuid, disk, '--live')} ${await has(uuid, disk, '--live')}`,
      `${await groupOf(uuid, disk, '--config')} ${await has(uuid, disk, '--config')}`,
    ];
    const steps: [object, string][] = [
      [{ group: 'g', total_bytes_sec: '50 MB/s' }, 'g total_bytes_sec=50000000'],
      [{ total_iops_sec: 500 }, 'g total_bytes_sec=50000000 total_iops_sec=500'],
      [{ group: 'h', total_bytes_sec: '60 MB/s' }, 'h total_bytes_sec=60000000 total_iops_sec=500'],
    ];
    for (const [rule, expected] of steps) {
      expect(await limit(rule)).toEqual(['changed', 'changed']);
      expect(await limit(rule)).toEqual(['inSync', 'inSync']);
      for (const disk of ['vda', 'vdb']) expect(await both(disk)).toEqual([expected, expected]);
    }
    const before = await virsh('hv01', 'dumpxml', uuid);
    expect(await limit({ disk: 'vda', total_iops_sec: 700 })).toEqual([
      expect.stringMatching(
        /^refused: the disks of the group "h" share .*vda 700 op.s, vdb 500 op.s \(as it is/,
      ),
    ]);
    expect(await virsh('hv01', 'dumpxml', uuid)).toBe(before);
    expect(await limit({ disk: 'vda', group: 'none', total_iops_sec: 700 })).toEqual(['changed']);
    const alone = ' total_bytes_sec=60000000 total_iops_sec=700';
    expect(await both('vda')).toEqual([alone, alone]);
    const still = 'h total_bytes_sec=60000000 total_iops_sec=500';
    expect(await both('vdb')).toEqual([still, still]);
    const unlimited = { total_bytes_sec: 'unlimited', total_iops_sec: 'unlimited' };
    expect(await limit({ disk: 'vdb', ...unlimited })).toEqual(['changed']);
    expect([await both('vdb'), await both('vda')]).toEqual([
      [' ', ' '],
      [alone, alone],
    ]);
    expect(await limit({ group: 'g', total_bytes_sec: '5 MB/s', total_iops_sec: 9 })).toEqual([
      'changed',
      'changed',
    ]);
    await virsh('hv01', 'destroy', uuid);
    await virsh('hv01', 'start', uuid, '--paused');
    expect(await both('vdb')).toEqual(Array(2).fill('g total_bytes_sec=5000000 total_iops_sec=9'));
    await removeGuests('hv01', 'iotune-');
  });

  it('are seen as QEMU holds them, and set again where somebody has changed that behind libvirt', async () => {
    await removeGuests('hv01', 'iotune-');
    const uuid = await guest('hv01', 'iotune-3', ...nic);
    const rule = { disk: 'vda', total_bytes_sec: '1 MB/s', total_iops_sec: 'unlimited' };
    expect(await limit(rule, '--verify', 'kernel')).toEqual(['changed']);
    const behind = (bps: number, iops: number) => {
      const none = { bps_rd: 0, bps_wr: 0, iops_rd: 0, iops_wr: 0 };
      const id = '/machine/peripheral/virtio-disk0/virtio-backend';
      const command = { execute: 'block_set_io_throttle', arguments: { id, bps, iops, ...none } };
      return virsh('hv01', 'qemu-monitor-command', uuid, JSON.stringify(command));
    };
    for (const [bps, iops] of [
      [0, 0],
      [5000, 0],
      [1_000_000, 7],
    ] as const) {
      await behind(bps, iops);
      expect(await limit(rule)).toEqual(['inSync']);
      expect(await limit(rule, '--check', '--verify', 'kernel')).toEqual(['pending']);
      expect(await limit(rule, '--verify', 'kernel')).toEqual(['changed']);
      expect(await has(uuid, 'vda', '--live')).toBe('total_bytes_sec=1000000');
      expect(await limit(rule, '--check', '--verify', 'kernel')).toEqual(['inSync']);
    }
    await removeGuests('hv01', 'iotune-');
  });

  it('wait in an empty CD-ROM for its medium, and are refused to a vhost-user disk', async () => {
    await removeGuests('hv01', 'iotune-');
    const vhost =
      "<disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='/tmp/none.sock'/><target dev='vdb' bus='virtio'/></disk>";
    const uuid = await guest('hv01', 'iotune-3', ...nic, '--cdrom');
    expect(await limit({ disk: 'hdc', total_iops_sec: 7 })).toEqual(['changed']);
    expect(await limit({ disk: 'hdc', total_iops_sec: 7 })).toEqual(['inSync']);
    const medium = '/var/lib/libvirt/images/iotune-medium.raw';
    await lab(['exec', 'hv01', 'truncate', '-s', '1M', medium]);
    await virsh('hv01', 'change-media', uuid, 'hdc', medium, '--insert', '--live');
    expect(await has(uuid, 'hdc', '--live')).toBe('total_iops_sec=7');
    await removeGuests('hv01', 'iotune-');
    const xml = `<domain type='qemu'><name>iotune-4</name><memory unit='MiB'>2</memory>
      <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
      <os><type arch='x86_64' machine='pc'>hvm</type></os><devices>${vhost}</devices></domain>`;
    const off = (await lab(['define', 'hv01', '--off'], xml)).trim();
    expect(await limit({ total_iops_sec: 7 })).toEqual([
      expect.stringMatching(/^unsupported: .*vhost-user disk/),
    ]);
    await expect(
      virsh('hv01', 'blkdeviotune', off, 'vdb', '--config', '--total-iops-sec', '7'),
    ).rejects.toThrow('throttling is not supported for vhostuser disk');
    await removeGuests('hv01', 'iotune-');
  });
});
