import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guest, LAB, readPlayed, removeGuests, virsh, virtune } from './lab.ts';

/** `block_limits` on a real libvirt without cgroups, judged by plain virsh; with them: cpu_memory.test.ts. */
describe.skipIf(LAB === '')('limits of block devices, where libvirt has no cgroup', () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-blocks-'));

  async function limit(rule: object) {
    const [playbook, file] = [join(dir, 'play.yml'), join(dir, 'report.json')];
    const rules = [{ domain: 'blocks-*', ...rule }];
    const play = { name: 'p', hosts: 'hv02', tasks: [{ block_limits: { rules } }] };
    writeFileSync(playbook, JSON.stringify([play]));
    const args = ['run', playbook, '-i', `${LAB}/inventory.yml`, '--report', `json=${file}`];
    const { nics } = readPlayed(await virtune(args), file);
    return nics.map(({ status, reason }) => `${status}${reason ? `: ${reason}` : ''}`);
  }
  const throttles = async (uuid: string) =>
    (await virsh('hv02', 'dumpxml', '--inactive', uuid)).match(/<(?:path|\w+_sec)>.*(?=<)/g) ?? [];

  it('are unsupported, nothing is written, and what keeps a VM from starting can be taken away', async () => {
    await removeGuests('hv02', 'blocks-');
    const running = await guest('hv02', 'blocks-on', '--no-nic');
    const off = await guest('hv02', 'blocks-off', '--no-nic', '--off');
    // /dev/null is no block device either: without a cgroup that does not matter.
    expect(await limit({ device: '/dev/null', read_iops_sec: 5 })).toEqual([
      expect.stringMatching(/^unsupported: libvirt has no block I\/O cgroup on this host/),
      expect.stringMatching(/^unsupported: .*the VM might not start/),
    ]);
    expect([await throttles(running), await throttles(off)]).toEqual([[], []]);
    // By hand libvirt takes any path.
    const by = ['--device-read-iops-sec', '/dev/nope,5', '--device-write-bytes-sec', '/dev/other,7'];
    await virsh('hv02', 'blkiotune', off, '--config', ...by);
    expect(await limit({ domain: 'blocks-off', device: '/dev/nope', read_iops_sec: 'unlimited' })).toEqual([
      'changed',
    ]);
    expect(await throttles(off)).toEqual(['<path>/dev/other', '<write_bytes_sec>7']);
    await removeGuests('hv02', 'blocks-');
  });
});
