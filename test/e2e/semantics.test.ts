import { describe, expect, it } from 'vitest';
import { bandwidth, bridgeNic, guest, LAB, lab, play, virsh, write } from './lab.ts';

/** What libvirt really does, each on a real one: see the facts that the modules' comments name. */
describe.skipIf(LAB === '')('libvirt semantics', { concurrent: false }, () => {
  const HOST = 'hv02';
  let serial = 0;
  const newMac = () => `52:54:00:bb:00:${(++serial).toString(16).padStart(2, '0')}`;

  const only = async (rule: object, ...args: string[]) => {
    const played = await play(write({ rules: [rule] }, { hosts: HOST }), ...args);
    return { ...played, nic: played.nics[0]! };
  };

  it('replaces a direction whole and keeps the one that no rule names', async () => {
    const mac = newMac();
    const uuid = await guest(HOST, 'whole', '--nic', bridgeNic(mac));
    await virsh(
      HOST,
      'domiftune',
      uuid,
      mac,
      '--live',
      '--config',
      '--inbound',
      '10,20,30',
      '--outbound',
      '40',
    );
    const { code, nic } = await only({ domain: 'whole', inbound: 50 });
    expect([code, nic.status]).toEqual([0, 'changed']);
    for (const flags of [[], ['--inactive']]) {
      expect(await bandwidth(HOST, uuid, ...flags)).toEqual([
        "<inbound average='50'/><outbound average='40'/>",
      ]);
    }
  });

  it('takes an empty <bandwidth>, as libvirt leaves after a clear, for none', async () => {
    const mac = newMac();
    const uuid = await guest(HOST, 'cleared', '--nic', bridgeNic(mac));
    await virsh(HOST, 'domiftune', uuid, mac, '--live', '--config', '--inbound', '10');
    await virsh(HOST, 'domiftune', uuid, mac, '--live', '--config', '--inbound', '0');
    const { code, nic } = await only({ domain: 'cleared', inbound: 'unlimited' });
    expect([code, nic.status]).toEqual([0, 'inSync']);
  });

  it('addresses NICs by MAC and VMs by UUID: a VM named like the ID of another', async () => {
    const first = await guest(HOST, 'with-an-id', '--nic', bridgeNic(newMac()));
    const id = (await virsh(HOST, 'domid', first)).trim();
    const second = await guest(HOST, id, '--nic', bridgeNic(newMac()));
    const { nics, code } = await only({ domain: id, inbound: 7 });
    expect([code, nics.map((nic) => nic.domain.uuid)]).toEqual([0, [second]]);
    expect(await bandwidth(HOST, first)).toEqual(['']);
    expect(await bandwidth(HOST, second)).toEqual(["<inbound average='7'/>"]);
  });

  it('writes the running state of a transient VM', async () => {
    const uuid = await guest(HOST, 'transient', '--transient', '--nic', bridgeNic(newMac()));
    const { code, nic } = await only({ domain: 'transient', inbound: 7 });
    expect([code, nic.status, nic.before.config]).toEqual([0, 'changed', null]);
    expect(nic.domain).toMatchObject({ persistent: false, state: 'paused' });
    expect(await bandwidth(HOST, uuid)).toEqual(["<inbound average='7'/>"]);
  });

  it('writes the configuration of a VM that is shut off', async () => {
    const uuid = await guest(HOST, 'off', '--off', '--nic', bridgeNic(newMac()));
    const { code, nic } = await only({ domain: 'off', inbound: 7 });
    expect([code, nic.status, nic.before.live]).toEqual([0, 'changed', null]);
    expect(await bandwidth(HOST, uuid, '--inactive')).toEqual(["<inbound average='7'/>"]);
    await virsh(HOST, 'start', uuid, '--paused');
    expect(await bandwidth(HOST, uuid)).toEqual(["<inbound average='7'/>"]);
  });

  it('handles NICs that exist on one side only', async () => {
    const [kept, plugged, coming] = [newMac(), newMac(), newMac()];
    const uuid = await guest(HOST, 'one-sided', '--nic', bridgeNic(kept), '--nic', bridgeNic(plugged));
    await lab(['exec', HOST, 'sh', '-c', 'cat > /tmp/nic.xml'], bridgeNic(plugged));
    // The guests of the lab have no ACPI, so nothing can be plugged in: what remains after this is the same.
    await virsh(HOST, 'detach-device', uuid, '/tmp/nic.xml', '--config');
    await lab(['exec', HOST, 'sh', '-c', 'cat > /tmp/nic.xml'], bridgeNic(coming));
    await virsh(HOST, 'attach-device', uuid, '/tmp/nic.xml', '--config');
    const { code, nics } = await only({ domain: 'one-sided', inbound: 7 });
    expect(code).toBe(0);
    expect(
      nics.map(({ subject: nic, status, commands }) => [
        nic.mac,
        nic.index,
        status,
        commands[0]?.split(' ').slice(4),
      ]),
    ).toEqual([
      [kept, 1, 'changed', ['--live', '--config', '--inbound', '7']],
      [plugged, 2, 'changed', ['--live', '--inbound', '7']],
      [coming, null, 'changed', ['--config', '--inbound', '7']],
    ]);
    const again = await only({ domain: 'one-sided', inbound: 7 });
    expect(again.nics.map((nic) => nic.status)).toEqual(['inSync', 'inSync', 'inSync']);
  });

  it('of two NICs with one MAC limits the one that libvirt finds, and refuses the other', async () => {
    const mac = newMac();
    const uuid = await guest(HOST, 'twins', '--nic', bridgeNic(mac), '--nic', bridgeNic(mac));
    const second = await only({ domain: 'twins', nic: 2, inbound: 7 });
    expect([second.code, second.nics.map((nic) => nic.status)]).toEqual([3, ['ambiguous']]);
    expect(await bandwidth(HOST, uuid)).toEqual(['', '']);
    for (const [nic, value] of [
      [1, 7],
      [{ mac }, 8],
    ] as const) {
      const first = await only({ domain: 'twins', nic, inbound: value });
      expect([first.code, first.nics.map((r) => [r.subject.index, r.status])]).toEqual([0, [[1, 'changed']]]);
      const limited = [`<inbound average='${value}'/>`, ''];
      expect(await bandwidth(HOST, uuid)).toEqual(limited);
      expect(await bandwidth(HOST, uuid, '--inactive')).toEqual(limited);
    }
  });

  it('limits the standby NIC of a teaming pair, whose passed-through one has its MAC', async () => {
    const mac = newMac();
    const xml = `<domain type='qemu'><name>teaming</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
      <interface type='bridge'><mac address='${mac}'/><source bridge='br0'/><model type='virtio'/>
        <teaming type='persistent'/><alias name='ua-backup0'/></interface>
      <interface type='hostdev' managed='yes'><mac address='${mac}'/>
        <source><address type='pci' domain='0x0000' bus='0x42' slot='0x02' function='0x5'/></source>
        <teaming type='transient' persistent='ua-backup0'/></interface>
      <memballoon model='none'/></devices></domain>`;
    const uuid = (await lab(['define', HOST, '--off'], xml)).trim();
    for (const [nic, value] of [
      [1, 7],
      [{ mac }, 8],
      [{ alias: 'ua-backup0' }, 9],
    ] as const) {
      const { code, nics } = await only({ domain: 'teaming', nic, inbound: value });
      expect([code, nics.map((r) => [r.subject.index, r.status])]).toEqual([0, [[1, 'changed']]]);
      expect(await bandwidth(HOST, uuid)).toEqual([`<inbound average='${value}'/>`, '']);
    }
    const other = await only({ domain: 'teaming', nic: 2, inbound: 7 });
    expect(other.nics.map((r) => [r.status, r.reason])).toEqual([
      ['unsupported', 'libvirt cannot limit a NIC of type hostdev'],
    ]);
    expect(await bandwidth(HOST, uuid)).toEqual(["<inbound average='9'/>", '']);
  });

  it('refuses a floor that would keep the VM from starting', async () => {
    const uuid = await guest(HOST, 'brick', '--off', '--nic', bridgeNic(newMac()));
    const { code, nic } = await only({ domain: 'brick', inbound: { average: 100, floor: 50 } });
    expect([code, nic.status]).toEqual([5, 'refused']);
    await virsh(HOST, 'start', uuid, '--paused');
  });

  describe('in a libvirt network', () => {
    const networkNic = (mac: string, portgroup: string) =>
      `<interface type='network'><mac address='${mac}'/><source network='labnet' portgroup='${portgroup}'/><model type='virtio'/><rom enabled='no'/></interface>`;

    it('sets a floor where the network has bandwidth to guarantee', async () => {
      const uuid = await guest(HOST, 'floor', '--nic', networkNic(newMac(), 'plain'));
      const { code, nic } = await only({ domain: 'floor', inbound: { average: 1000, floor: 50 } });
      expect([code, nic.status, nic.reason]).toEqual([0, 'changed', undefined]);
      expect(await bandwidth(HOST, uuid)).toEqual(["<inbound average='1000' floor='50'/>"]);
    });

    it('sees limits that come from a portgroup, and keeps the other direction', async () => {
      const uuid = await guest(HOST, 'inherits', '--nic', networkNic(newMac(), 'gold'));
      const gold = (await only({ domain: 'inherits', inbound: 7 }, '--check')).nic;
      expect(gold.before.live?.outbound).not.toBeNull();
      expect(gold.before.config).toEqual(gold.before.live);
      const { code, nic } = await only({ domain: 'inherits', inbound: 7 });
      expect([code, nic.status]).toEqual([0, 'changed']);
      const outbound = gold.before.live?.outbound;
      expect(nic.after).toEqual({
        live: { inbound: { average: 7, peak: 0, burst: 0, floor: 0 }, outbound },
        config: { inbound: { average: 7, peak: 0, burst: 0, floor: 0 }, outbound },
      });
      await virsh(HOST, 'destroy', uuid);
      await virsh(HOST, 'start', uuid, '--paused');
      expect((await only({ domain: 'inherits', inbound: 7 })).nic.status).toBe('inSync');
    });

    it('keeps what a running NIC got from a portgroup that has no limits any more', async () => {
      const update = (what: string, bandwidth: string) =>
        virsh(
          HOST,
          ...['net-update', 'labnet', what, 'portgroup', `<portgroup name='was'>${bandwidth}</portgroup>`],
          ...['--live', '--config'],
        );
      await update('add', "<bandwidth><inbound average='4000'/><outbound average='2000'/></bandwidth>");
      const uuid = await guest(HOST, 'was', '--nic', networkNic(newMac(), 'was'));
      await update('modify', '');
      const { code, nic } = await only({ domain: 'was', inbound: 7 });
      expect([code, nic.status, nic.notes]).toEqual([0, 'changed', undefined]);
      expect(await bandwidth(HOST, uuid)).toEqual(["<inbound average='7'/><outbound average='2000'/>"]);
      await update('delete', '');
    });

    it('says that unlimited cannot be expressed over a portgroup', async () => {
      await guest(HOST, 'gold', '--nic', networkNic(newMac(), 'gold'));
      const { code, nic } = await only({ domain: 'gold', inbound: 'unlimited', outbound: 'unlimited' });
      expect([code, nic.status]).toEqual([3, 'unsupported']);
      expect(nic.reason).toContain('portgroup "gold"');
    });
  });

  it('cleans up after a live set that failed halfway, and leaves the configuration alone', async () => {
    const [bare, limited] = [newMac(), newMac()];
    const uuid = await guest(HOST, 'halfway', '--nic', bridgeNic(bare), '--nic', bridgeNic(limited));
    await virsh(
      HOST,
      'domiftune',
      uuid,
      limited,
      '--live',
      '--config',
      '--inbound',
      '10',
      '--outbound',
      '20',
    );
    await lab(['exec', HOST, 'sh', '-c', 'echo sfq >/run/lab/tc-fail']);
    try {
      const { code, nics } = await only({ domain: 'halfway', inbound: 1000, outbound: 2000 });
      expect([code, nics.map((nic) => nic.status)]).toEqual([3, ['failed', 'failed']]);
      expect(nics[0]?.reason).toMatch(/what it left was cleared, the NIC is without limits as before$/);
      expect(nics[1]?.reason).toMatch(/the running NIC is now WITHOUT limits$/);
      expect(nics[0]?.after).toEqual({
        live: { inbound: null, outbound: null },
        config: { inbound: null, outbound: null },
      });
      const targets = [...(await virsh(HOST, 'domiflist', uuid)).matchAll(/vnet\d+/g)].map(([name]) => name);
      for (const target of targets) {
        expect(await lab(['exec', HOST, 'tc', 'class', 'show', 'dev', target])).toBe('');
      }
      expect((await bandwidth(HOST, uuid, '--inactive'))[1]).toBe(
        "<inbound average='10'/><outbound average='20'/>",
      );
    } finally {
      await lab(['exec', HOST, 'rm', '/run/lab/tc-fail']);
    }
    const { code, nics } = await only({ domain: 'halfway', inbound: 1000, outbound: 2000 });
    expect([code, nics.map((nic) => nic.status)]).toEqual([0, ['changed', 'changed']]);
  });

  it('finds VMs by what Nova wrote into their metadata, in both namespaces', async () => {
    const nova = (version: string, name: string) =>
      `<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/${version}"><nova:name>${name}</nova:name><nova:flavor name="db.large"><nova:memory>64</nova:memory></nova:flavor><nova:owner><nova:user uuid="u1">alice</nova:user><nova:project uuid="p1">shöp</nova:project></nova:owner></nova:instance>`;
    for (const version of ['1.0', '1.1']) {
      await guest(
        HOST,
        `instance-${version}`,
        '--nic',
        bridgeNic(newMac()),
        '--metadata-xml',
        nova(version, `db ${version}`),
      );
    }
    const { nics } = await only(
      { match: { nova: { flavor: 'db.*', project: 'shöp', name: 'db *' } }, inbound: 7 },
      '--check',
    );
    expect(nics.map((nic) => nic.domain.name)).toEqual(['instance-1.0', 'instance-1.1']);
    const none = await only({ match: { nova: { flavor: 'db.*', user: 'bob' } }, inbound: 7 }, '--check');
    expect([none.nics, none.report.unmatchedRules.length]).toEqual([[], 1]);
  });
});
