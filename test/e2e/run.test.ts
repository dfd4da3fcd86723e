import { beforeAll, describe, expect, it } from 'vitest';
import { drawn } from './draw.ts';
import { seenInside } from './inside.ts';
import {
  bandwidth,
  bridgeNic,
  guest,
  LAB,
  lab,
  type Played,
  play,
  type Resource,
  removeGuests,
  virsh,
  virtune,
  type Written,
} from './lab.ts';
import { ROUTES, writeFor } from './routes.ts';

/** The main job on real hypervisors, judged by plain virsh and by the tc commands that libvirt runs. */
describe.skipIf(LAB === '').each(drawn(ROUTES, 3))(
  'a playbook, by way of $name',
  { concurrent: false },
  (route) => {
    const HOSTS = route.hosts;
    const LAST = HOSTS.length - 1;
    const NICS = 2 * HOSTS.length;
    const uuids: string[] = [];
    let written: Written;

    beforeAll(async () => {
      await route.prepare();
      await Promise.all(HOSTS.map((host) => removeGuests(host, 'run-')));
      for (const [index, host] of HOSTS.entries()) {
        const nics = ['01', '02'].flatMap((n) => ['--nic', bridgeNic(`52:54:00:aa:0${index}:${n}`)]);
        uuids.push(await guest(host, 'run-web', ...nics));
      }
      written = writeFor(route, {
        rules: [
          {
            name: 'both',
            domain: 'run-web',
            inbound: { average: '8 Mbit/s', peak: '16 Mbit/s', burst: '512 KiB' },
          },
          { name: 'second', domain: 'run-web', nic: 2, outbound: '4 Mbit/s' },
        ],
      });
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
      expect(played.nics.map((nic) => nic.status)).toEqual(Array(NICS).fill('pending'));
      expect(played.report.summary.resources.nic).toMatchObject({ managed: NICS, pending: NICS, changed: 0 });
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
      expect(played.nics.map((nic) => nic.status)).toEqual(Array(NICS).fill('changed'));
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
        'receives unlimited → 8 Mbit/s (peak 16 Mbit/s, burst 512 KiB); sends unlimited → 4 Mbit/s',
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
      expect(played.nics.map((nic) => nic.status)).toEqual(Array(NICS).fill('inSync'));
      expect(played.report.summary.hosts).toMatchObject({
        total: HOSTS.length,
        ok: HOSTS.length,
        changed: 0,
      });
    });

    it('repairs only the side that drifted', async () => {
      const mac = `52:54:00:aa:0${LAST}:01`;
      await virsh(HOSTS[LAST]!, 'domiftune', uuids[LAST]!, mac, '--live', '--inbound', '77');
      const played = await play(written);
      const changed = played.nics.filter((nic) => nic.status === 'changed');
      expect(changed.map((nic) => nic.commands)).toEqual([
        [`virsh domiftune ${uuids[LAST]} ${mac} --live --inbound 1000,2000,512`],
      ]);
    });

    it('keeps to --limit, and leaves NICs alone that no rule names', async () => {
      await guest('hv01', 'run-other', '--nic', bridgeNic('52:54:00:aa:0f:01'));
      const played = await play(written, '--limit', 'hv01');
      expect(played.report.hosts.map((host) => host.name)).toEqual(['hv01']);
      const all = await play(written, '--limit', 'hv01', '--all');
      expect(all.nics.filter((nic) => nic.status === 'unmanaged').map((nic) => nic.domain.name)).toContain(
        'run-other',
      );
    });

    it('takes limits away with unlimited', async () => {
      const rules = [{ domain: 'run-web', inbound: 'unlimited', outbound: 'unlimited' }];
      const played = await play(writeFor(route, { rules }));
      expect(played.code).toBe(0);
      expect(await limitsEverywhere()).toEqual(
        HOSTS.map(() => [
          ['', ''],
          ['', ''],
        ]),
      );
    });

    it('show lists every NIC, set changes one, both as JSON too', async () => {
      const host = HOSTS[LAST]!;
      const { inside } = route;
      const seen = (arg: string) => (inside === undefined ? arg : seenInside(`${LAB}/hosts/${inside}`, arg));
      const command = (...args: string[]) => virtune([...args, ...written.inventory.map(seen)], {}, inside);
      const set = await command('set', host, 'run-web', '--nic', '2', '--rate', '10MB/s');
      expect(set.code, set.stderr).toBe(0);
      expect(await bandwidth(host, uuids[LAST]!)).toEqual([
        '',
        "<inbound average='10000' peak='10000' burst='10000'/><outbound average='10000' peak='10000' burst='10000'/>",
      ]);
      const show = await command('show', host);
      expect(show.code).toBe(0);
      expect(show.stdout).toMatch(/run-web +paused +2 .* both +80 Mbit\/s +80 Mbit\/s$/m);
      const json = await command('show', host, '--report', 'json');
      const report = JSON.parse(json.stdout);
      expect(
        report.hosts[0].resources.filter((n: Resource) => n.kind === 'nic' && n.domain.name === 'run-web'),
      ).toHaveLength(2);
      const missing = await command('set', host, 'no-such-vm', '--nic', 'all', '--rate', '1MB/s');
      expect(missing.code).toBe(1);
    });
  },
);
