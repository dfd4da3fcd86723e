import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bridgeNic, guest, LAB, readPlayed, virsh, virtune } from './lab.ts';

/** `virtune scan` on real hosts: what it writes, run at once, changes nothing. */
describe.skipIf(LAB === '')('scan', () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-scan-'));
  const out = join(dir, 'limits.yml');
  const inventory = ['-i', `${LAB}/inventory.yml`];
  const own = (xml: string) => `<bandwidth>${xml}</bandwidth>`;
  const netNic = (mac: string, inner = '') =>
    `<interface type='network'><mac address='${mac}'/><source network='labnet' portgroup='gold'/><model type='virtio'/><rom enabled='no'/>${inner}</interface>`;
  const uuids: string[] = [];

  beforeAll(async () => {
    const pair = own("<inbound average='1000' peak='2000' burst='512'/><outbound average='12345'/>");
    for (const [index, host] of ['hv01', 'hv02'].entries()) {
      const nics = ['01', '02'].flatMap((n) => ['--nic', bridgeNic(`52:54:00:5c:0${index}:${n}`, pair)]);
      uuids.push(await guest(host, 'scan-same', ...nics));
    }
    await guest('hv01', 'scan [1]*', '--nic', bridgeNic('52:54:00:5c:02:01', own("<inbound average='7'/>")));
    await guest('hv01', 'scan-gold', '--nic', netNic('52:54:00:5c:03:01'));
    await guest(
      'hv02',
      'scan-off',
      '--off',
      '--nic',
      bridgeNic('52:54:00:5c:04:01', own("<outbound average='9'/>")),
    );
    await guest(
      'hv02',
      'scan-transient',
      '--transient',
      '--nic',
      bridgeNic('52:54:00:5c:05:01', own("<outbound average='9'/>")),
    );
    await guest(
      'hv02',
      'scan-user',
      '--nic',
      "<interface type='user'><mac address='52:54:00:5c:06:01'/><bandwidth><inbound average='5'/></bandwidth></interface>",
    );
    const [, second = ''] = uuids;
    await virsh('hv02', 'domiftune', second, '52:54:00:5c:01:02', '--live', '--inbound', '77');
  });

  it('writes rules that a run finds in sync, and every VM that is limited is among them', async () => {
    const scan = await virtune(['scan', 'hv01:hv02', ...inventory, '-o', out]);
    expect(scan.code, scan.stderr).toBe(0);
    const text = readFileSync(out, 'utf8');
    expect(text).not.toContain('scan-gold');
    expect(text).toMatch(
      /# {3}hv02 scan-user nic 1: libvirt shows limits, but cannot limit a NIC of type user/,
    );
    const report = join(dir, 'report.json');
    const playbook = 'playbooks/nic-limits.yml';
    const args = [
      'run',
      playbook,
      ...inventory,
      '-l',
      'hv01:hv02',
      '-e',
      `@${out}`,
      '--check',
      '--report',
      `json=${report}`,
    ];
    const played = readPlayed(await virtune(args), report);
    expect(played.code, played.stderr).toBe(0);
    expect(played.report.unmatchedRules).toEqual([]);
    expect(played.nics.filter((nic) => nic.status !== 'inSync')).toEqual([]);
    const named = played.nics
      .map((nic) => `${nic.domain.name} ${nic.subject.index}`)
      .filter((name) => name.startsWith('scan'));
    expect(named.sort()).toEqual([
      'scan [1]* 1',
      'scan-off 1',
      'scan-same 1',
      'scan-same 1',
      'scan-same 2',
      'scan-same 2',
      'scan-transient 1',
    ]);
    // And it is about today: a change afterwards is seen.
    await virsh('hv02', 'domiftune', uuids[1] ?? '', '52:54:00:5c:01:01', '--live', '--inbound', '78');
    const drifted = await virtune(args);
    expect(drifted.code, drifted.stdout).toBe(2);
  });

  it('writes over no file without --force, and says which hosts it could not read', async () => {
    const again = await virtune(['scan', 'hv01', ...inventory, '-o', out, '--force']);
    expect(again.code, again.stderr).toBe(0);
    expect(readFileSync(out, 'utf8')).not.toContain('hv02');
    const other = join(dir, 'mine.yml');
    writeFileSync(other, 'nic_limits: []\n');
    const refused = await virtune(['scan', 'hv01', ...inventory, '-o', other]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('mine.yml exists')]);
    expect(readFileSync(other, 'utf8')).toBe('nic_limits: []\n');
    const more = join(dir, 'more.yml');
    writeFileSync(more, 'compute: { hosts: { gone: { ansible_host: 127.0.0.1, ansible_port: 1 } } }\n');
    const gone = await virtune(['scan', 'hv01:gone', ...inventory, '-i', more]);
    expect(gone.code).toBe(4);
    expect(gone.stdout).toMatch(/^# NOT READ: gone: /m);
    expect(gone.stdout).toContain('nic_limits:');
  });
});
