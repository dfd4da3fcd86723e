import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bandwidth, bridgeNic, guest, LAB, lab, play, removeGuests, virtune, write } from './lab.ts';

/** Cards that libvirt cannot limit beside one that it can, on real libvirt; plain virsh says what is true of them. */
describe.skipIf(LAB === '')('what a card is', { concurrent: false }, () => {
  const HOST = 'hv02';
  const mac = (n: number) => `52:54:00:17:00:0${n}`;
  const userNic = `<interface type='user'><mac address='${mac(2)}'/><model type='virtio'/><rom enabled='no'/></interface>`;
  let on = '';
  let off = '';

  beforeAll(async () => {
    await removeGuests(HOST, 'kind-');
    on = await guest(HOST, 'kind-on', '--nic', bridgeNic(mac(1)), '--nic', userNic);
    const xml = `<domain type='qemu'><name>kind-off</name><memory>2048</memory><os><type>hvm</type></os>
      <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
      <devices>
        <interface type='vhostuser'><mac address='${mac(3)}'/><source type='unix' path='/tmp/vhost.sock' mode='client'/><model type='virtio'/></interface>
        ${bridgeNic(mac(4))}
        <interface type='hostdev' managed='yes'><mac address='${mac(5)}'/><source><address type='pci' domain='0' bus='6' slot='2' function='1'/></source></interface>
      </devices></domain>`;
    off = (await lab(['define', HOST, '--off'], xml)).trim();
  }, 60_000);
  afterAll(() => removeGuests(HOST, 'kind-'));

  const set = (rule: object, ...args: string[]) =>
    play(write({ rules: [{ domain: 'kind-*', ...rule }] }, { hosts: HOST }), ...args);
  const LIMIT = ["<inbound average='1000'/>", ''];

  it('fails the host where a rule means all of them', async () => {
    const all = await set({ inbound: 1000 }, '--check');
    expect([all.code, all.report.hosts[0]?.status]).toEqual([3, 'failed']);
    expect(all.stdout).toContain('3 NICs cannot be limited, which fails the host');
  });

  it('is told and does not fail the host where the rule skips it', async () => {
    const first = await set({ inbound: 1000, skip_unsupported: true });
    expect([first.code, first.report.hosts[0]?.status]).toEqual([0, 'changed']);
    expect(first.report.summary.resources.nic).toMatchObject({ managed: 5, changed: 2, unsupported: 3 });
    expect(first.nics.filter((nic) => nic.ignored).map((nic) => [nic.subject.type, nic.status])).toEqual(
      expect.arrayContaining([
        ['user', 'unsupported'],
        ['vhostuser', 'unsupported'],
        ['hostdev', 'unsupported'],
      ]),
    );
    expect(first.stdout).toContain('3 NICs cannot be limited and are left as they are (-v names them)');
    expect(first.stdout).not.toContain('kind-on nic 2');
    expect(await bandwidth(HOST, on)).toEqual(LIMIT);
    expect(await bandwidth(HOST, on, '--inactive')).toEqual(LIMIT);
    expect(await bandwidth(HOST, off)).toEqual(['', ...LIMIT]);
    const second = await set({ inbound: 1000, skip_unsupported: true }, '--check', '-v');
    expect([second.code, second.report.hosts[0]?.status]).toEqual([0, 'ok']);
    expect(second.stdout).toMatch(/kind-on nic 2 unsupported\n.*libvirt cannot limit a NIC of type user/);
  });

  it('is left out by a rule that says what it means, as scan writes it', async () => {
    const done = await set({ nic: { type: 'bridge' }, inbound: 2000 });
    expect([done.code, done.nics.map((nic) => nic.status)]).toEqual([0, ['changed', 'changed']]);
    const others = await set(
      { nic: { type: ['!user', '!vhostuser', '!hostdev'] }, inbound: 2000 },
      '--check',
    );
    expect([others.code, others.nics.map((nic) => nic.status)]).toEqual([0, ['inSync', 'inSync']]);
    const scanned = await virtune(['scan', ...write({ rules: [] }).inventory, HOST]);
    expect(scanned.stdout).toMatch(/domain: kind-on\n\s+nic: \{ type: "!user" \}\n\s+inbound: 16 Mbit\/s/);
    expect(scanned.stdout).toMatch(/domain: kind-off\n\s+nic: \{ type: \["!hostdev", "!vhostuser"\] \}/);
  });
});
