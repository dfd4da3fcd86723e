import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bandwidth, LAB, lab, play, removeGuests, virsh, write } from './lab.ts';

/** Descriptions that mislead who trusts their layout, on real libvirt; plain virsh says what is true of them. */
describe.skipIf(LAB === '')('what stands in a VM’s metadata', { concurrent: false }, () => {
  const HOST = 'hv03';
  const uuids = new Map<string, string>();

  beforeAll(async () => {
    await removeGuests(HOST, 'case-');
    for (const name of ['cdata', 'metadata-attributes', 'both', 'cloudstack', 'metadata-comment']) {
      const xml = readFileSync(join(import.meta.dirname, 'descriptions', `${name}.xml`), 'utf8');
      uuids.set(name, (await lab(['define', HOST, '--off'], xml)).trim());
    }
  }, 60_000);
  // Who reads all VMs of the host after this, and less carefully, is not to be misled.
  afterAll(() => removeGuests(HOST, 'case-'));

  const check = async (rule: object, ...args: string[]) =>
    play(write({ rules: [rule] }, { hosts: HOST }), ...args);

  it.each([
    ['a comment', 'case-comment', 'metadata-comment', '52:54:00:25:00:01'],
    ['a domain in CDATA', 'case-cdata', 'cdata', '52:54:00:aa:bb:01'],
    ['interfaces of others, and attributes', 'case-ovirt', 'metadata-attributes', '66:55:44:33:22:12'],
  ])('%s fakes, hides and alters no NIC', async (_what, domain, file, mac) => {
    const uuid = uuids.get(file) ?? '';
    expect(await virsh(HOST, 'domiflist', uuid)).toContain(mac);
    const rate = { average: 10000, peak: 10000, burst: 10000 };
    const checked = await check({ domain, inbound: rate, outbound: rate }, '--check');
    expect([checked.code, checked.report.summary.resources.nic.managed]).toEqual([2, 1]);
    expect(checked.nics).toMatchObject([
      {
        status: 'pending',
        subject: { mac, index: 1 },
        before: { config: { inbound: null, outbound: null } },
      },
    ]);
    const written = await check({ domain, inbound: rate, outbound: rate });
    expect(written.nics.map((nic) => nic.status)).toEqual(['changed']);
    const both = ['inbound', 'outbound'].map((way) => `<${way} average='10000' peak='10000' burst='10000'/>`);
    expect(await bandwidth(HOST, uuid)).toContain(both.join(''));
  });

  it('counts every NIC that virsh counts', async () => {
    const { report } = await check({ domain: '*', inbound: 1 }, '--check');
    // Other files leave VMs on the host, too.
    const all = (await virsh(HOST, 'list', '--all', '--uuid')).trim().split(/\s+/);
    const lists = await Promise.all(all.map((uuid) => virsh(HOST, 'domiflist', uuid)));
    const macs = lists.flatMap((list) => list.match(/(?<=\s)([0-9a-f]{2}:){5}[0-9a-f]{2}(?=\s*$)/gm) ?? []);
    expect(report.summary.resources.nic.total).toBe(macs.length);
    expect(report.hosts[0]?.resources.map((nic) => nic.subject.mac).toSorted()).toEqual(macs.toSorted());
  });

  it('is Nova’s only in Nova’s namespaces, whatever stands before it', async () => {
    const { nics } = await check({ match: { nova: { name: 'web-*' } }, inbound: 1 }, '--check');
    expect(nics.map((nic) => nic.domain.name).toSorted()).toEqual(['case-both', 'case-ovirt']);
    const byProject = await check({ match: { nova: { project: 'shop' } }, inbound: 1 }, '--check');
    expect(byProject.nics.map((nic) => nic.subject.mac)).toEqual(['52:54:00:19:00:02']);
  });

  it('a carriage return in a name costs nobody anything', async () => {
    const xml = readFileSync(join(import.meta.dirname, 'descriptions/both.xml'), 'utf8')
      .replace('case-both', 'case-c&#13;r')
      .replace('52:54:00:19:00:02', '52:54:00:30:00:01');
    const uuid = (await lab(['define', HOST, '--off'], xml)).trim();
    const all = await check({ domain: 'case-*', inbound: 2 });
    expect([all.code, all.report.hosts[0]?.status]).toEqual([0, 'changed']);
    expect(all.nics).toHaveLength(uuids.size + 1);
    expect(await bandwidth(HOST, uuid)).toEqual(["<inbound average='2'/>"]);
    const one = await check({ domain: 'case-c\rr', inbound: 3 });
    expect(one.nics.map((nic) => [nic.domain.uuid, nic.status])).toEqual([[uuid, 'changed']]);
    await virsh(HOST, 'undefine', uuid);
  });
});

describe.skipIf(LAB === '')('a virsh that pads the names of its lists', { concurrent: false }, () => {
  const HOST = 'hv03';
  /** What `virsh list --uuid --name` printed up to 6.x: `"%-36s %-30s\n"`. */
  const PADDED = `cp $(command -v virsh) /run/real-virsh
cat > /run/padding-virsh <<'END'
#!/bin/sh
/run/real-virsh "$@" | awk '/^[0-9a-f-]+ / && length($1)==36 {printf "%-36s %-30s\\n",$1,substr($0,38);next}{print}'
END
chmod 755 /run/padding-virsh
mount --bind /run/padding-virsh $(command -v virsh)`;

  it('names, excludes and matches as any other', async () => {
    await removeGuests(HOST, 'pad-');
    const uuids: string[] = [];
    for (const n of [1, 2]) uuids.push((await lab(['guest', HOST, `pad-${n}`, '--nics', '1'])).trim());
    await lab(['exec', HOST, 'sh', '-c', PADDED]);
    try {
      expect(await virsh(HOST, 'list', '--uuid', '--name')).toMatch(/pad-1 {5}/);
      const limits = async () => Promise.all(uuids.map(async (uuid) => (await bandwidth(HOST, uuid))[0]));
      await play(write({ rules: [{ domain: 'pad-1', inbound: 7 }] }, { hosts: HOST }));
      expect(await limits()).toEqual(["<inbound average='7'/>", '']);
      await play(write({ rules: [{ domain: ['pad-*', '!pad-1'], inbound: 8 }] }, { hosts: HOST }));
      expect(await limits()).toEqual(["<inbound average='7'/>", "<inbound average='8'/>"]);
      const rest = { rules: [{ domain: 'pad-1', inbound: 7 }], unmatched: 'unlimited' };
      await play(write(rest, { hosts: HOST }));
      expect(await limits()).toEqual(["<inbound average='7'/>", '']);
    } finally {
      await lab(['exec', HOST, 'sh', '-c', 'umount $(command -v virsh)']);
      await removeGuests(HOST, 'pad-');
    }
  });
});

describe.skipIf(LAB === '')('a VM with a managed-save image', { concurrent: false }, () => {
  const HOST = 'hv03';

  it('is told before and after a write, and settled by the run after its start', async () => {
    await removeGuests(HOST, 'saved-');
    const uuid = (await lab(['guest', HOST, 'saved-1', '--nics', '1'])).trim();
    await virsh(HOST, 'managedsave', uuid);
    const rules = { rules: [{ domain: 'saved-1', inbound: 7 }] };
    const note = expect.stringMatching(/managed-save image: its next start restores the limits that it had/);
    for (const [args, status] of [
      [['--check'], 'pending'],
      [[], 'changed'],
      [[], 'inSync'],
    ] as const) {
      const { nics, stdout } = await play(write(rules, { hosts: HOST }), ...args);
      expect(nics).toMatchObject([
        { status, domain: { state: 'shutoff', managedSave: true }, notes: [note] },
      ]);
      expect(stdout).toContain('managed-save image');
    }
    expect(await bandwidth(HOST, uuid, '--inactive')).toEqual(["<inbound average='7'/>"]);
    await virsh(HOST, 'start', uuid, '--paused');
    expect(await bandwidth(HOST, uuid)).toEqual(['']);
    const { nics } = await play(write(rules, { hosts: HOST }));
    expect(nics).toMatchObject([{ status: 'changed', before: { live: { inbound: null } } }]);
    expect(nics[0]?.domain).not.toHaveProperty('managedSave');
    expect(await bandwidth(HOST, uuid)).toEqual(["<inbound average='7'/>"]);
    await removeGuests(HOST, 'saved-');
  });
});
