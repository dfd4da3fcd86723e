import { beforeAll, describe, expect, it } from 'vitest';
import type { NicResult } from '../../src/model/result.ts';
import {
  bandwidth,
  bridgeNic,
  guest,
  LAB,
  lab,
  type Played,
  play,
  virsh,
  virtune,
  type Written,
  write,
} from './lab.ts';

/** The main job on real hypervisors, judged by plain virsh and by the tc commands that libvirt runs. */
describe.skipIf(LAB === '')('a playbook on three hosts', () => {
  const HOSTS = ['hv01', 'hv02', 'hv03'];
  const uuids: string[] = [];
  let written: Written;

  beforeAll(async () => {
    for (const [index, host] of HOSTS.entries()) {
      const nics = ['01', '02'].flatMap((n) => ['--nic', bridgeNic(`52:54:00:aa:0${index}:${n}`)]);
      uuids.push(await guest(host, 'run-web', ...nics));
    }
    written = write(
      {
        rules: [
          {
            name: 'both',
            domain: 'run-web',
            inbound: { average: '8 Mbit/s', peak: '16 Mbit/s', burst: '512 KiB' },
          },
          { name: 'second', domain: 'run-web', nic: 2, outbound: '4 Mbit/s' },
        ],
      },
      { hosts: 'compute' },
    );
  });

  const limitsEverywhere = async () =>
    Promise.all(
      HOSTS.map(async (host, i) => [
        await bandwidth(host, uuids[i]!),
        await bandwidth(host, uuids[i]!, '--inactive'),
      ]),
    );

  it('shows the same differences in check mode, writes nothing, exits 2', async () => {
    const played = await play(written, '--check', '--diff');
    expect(played.code).toBe(2);
    expect(played.nics.map((nic) => nic.status)).toEqual(Array(6).fill('pending'));
    expect(played.report.summary.nics).toMatchObject({ managed: 6, pending: 6, changed: 0 });
    expect(played.stdout).toContain('--live --config --inbound 1000,2000,512 --outbound 500');
    expect(await limitsEverywhere()).toEqual(
      HOSTS.map(() => [
        ['', ''],
        ['', ''],
      ]),
    );
  });

  it('applies live and persistent on every host, and shows the changes', async () => {
    const checked = await play(written, '--check');
    const played = await play(written);
    expect(played.code, played.stderr).toBe(0);
    expect(played.nics.map((nic) => nic.status)).toEqual(Array(6).fill('changed'));
    const commands = (p: Played) => p.nics.map((nic) => nic.commands);
    expect(commands(played)).toEqual(commands(checked));
    const inbound = "<inbound average='1000' peak='2000' burst='512'/>";
    const expected = [inbound, `${inbound}<outbound average='500'/>`];
    expect(await limitsEverywhere()).toEqual(HOSTS.map(() => [expected, expected]));
    expect(played.nics[1]?.after).toEqual({
      live: {
        inbound: { average: 1000, peak: 2000, burst: 512, floor: 0 },
        outbound: { average: 500, peak: 0, burst: 0, floor: 0 },
      },
      config: {
        inbound: { average: 1000, peak: 2000, burst: 512, floor: 0 },
        outbound: { average: 500, peak: 0, burst: 0, floor: 0 },
      },
    });
    expect(played.stdout).toContain(
      'receives at most 8 Mbit/s, peak 16 Mbit/s, burst 512 KiB (was unlimited)',
    );
  });

  it('puts them in force: the class is on the tap', async () => {
    const [, target] = /<target dev='(vnet\d+)'/.exec(await virsh('hv01', 'dumpxml', uuids[0]!)) ?? [];
    const shown = await lab(['exec', 'hv01', 'tc', 'class', 'show', 'dev', target!]);
    expect(shown).toMatch(/class htb 1:1 .*rate 8Mbit ceil 16Mbit/);
  });

  it('changes nothing the second time', async () => {
    const played = await play(written);
    expect(played.code).toBe(0);
    expect(played.nics.map((nic) => nic.status)).toEqual(Array(6).fill('inSync'));
    expect(played.report.summary.hosts).toMatchObject({ total: 3, ok: 3, changed: 0 });
  });

  it('repairs only the side that drifted', async () => {
    await virsh('hv02', 'domiftune', uuids[1]!, '52:54:00:aa:01:01', '--live', '--inbound', '77');
    const played = await play(written);
    const changed = played.nics.filter((nic) => nic.status === 'changed');
    expect(changed.map((nic) => nic.commands)).toEqual([
      [`virsh domiftune ${uuids[1]} 52:54:00:aa:01:01 --live --inbound 1000,2000,512`],
    ]);
  });

  it('keeps to --limit, and leaves NICs alone that no rule names', async () => {
    await guest('hv01', 'run-other', '--nic', bridgeNic('52:54:00:aa:0f:01'));
    const played = await play(written, '--limit', 'hv01');
    expect(played.report.hosts.map((host) => host.name)).toEqual(['hv01']);
    const all = await play(written, '--limit', 'hv01', '--all-nics');
    expect(all.nics.filter((nic) => nic.status === 'unmanaged').map((nic) => nic.domain.name)).toContain(
      'run-other',
    );
  });

  it('takes limits away with unlimited', async () => {
    const played = await play(
      write(
        { rules: [{ domain: 'run-web', inbound: 'unlimited', outbound: 'unlimited' }] },
        { hosts: 'compute' },
      ),
    );
    expect(played.code).toBe(0);
    expect(await limitsEverywhere()).toEqual(
      HOSTS.map(() => [
        ['', ''],
        ['', ''],
      ]),
    );
  });

  it('show lists every NIC, set changes one, both as JSON too', async () => {
    const inventory = ['-i', `${LAB}/inventory.yml`];
    const set = await virtune(['set', 'hv03', 'run-web', '--nic', '2', '--rate', '10MB/s', ...inventory]);
    expect(set.code, set.stderr).toBe(0);
    expect(await bandwidth('hv03', uuids[2]!)).toEqual([
      '',
      "<inbound average='10000' peak='10000' burst='10000'/><outbound average='10000' peak='10000' burst='10000'/>",
    ]);
    const show = await virtune(['show', 'hv03', ...inventory]);
    expect(show.code).toBe(0);
    expect(show.stdout).toMatch(/run-web +paused +2 .*80 Mbit\/s, peak 80 Mbit\/s, burst 10000 KiB/);
    const json = await virtune(['show', 'hv03', ...inventory, '--report', 'json']);
    const report = JSON.parse(json.stdout);
    expect(report.hosts[0].nics.filter((n: NicResult) => n.domain.name === 'run-web')).toHaveLength(2);
    const missing = await virtune([
      'set',
      'hv03',
      'no-such-vm',
      '--nic',
      'all',
      '--rate',
      '1MB/s',
      ...inventory,
    ]);
    expect(missing.code).toBe(1);
  });
});
