import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawn } from './draw.ts';
import { bandwidth, bridgeNic, guest, LAB, lab, type Played, play, removeGuests, startPlay } from './lab.ts';
import { playFor, ROUTES, type Route, TRANSPORTS, writeFor } from './routes.ts';

/** Whole runs that must go alike whatever the transport; CI plays one of them. The plain course of a run is in run.test.ts, for every route. */

const HOST = 'hv01';
const OTHER = 'hv02';
const HOSTS = [HOST, OTHER, 'hv03'];
const PREFIX = 'route-';
let serial = 0;
const newMac = () => `52:54:00:ab:00:${(++serial).toString(16).padStart(2, '0')}`;
const onHost = (script: string, ...args: string[]) => lab(['exec', HOST, 'bash', '-ec', script, ...args]);
const cleanUp = () => Promise.all(HOSTS.map((host) => removeGuests(host, PREFIX)));

/** A route to the first host only. */
const alone = (route: Route): Route => ({ ...route, hosts: [HOST] });

const both = async (uuid: string) => [
  ...(await bandwidth(HOST, uuid)),
  ...(await bandwidth(HOST, uuid, '--inactive')),
];

/** Puts the host into trouble for the time of a test. */
async function during<T>(begin: string, end: string, body: () => Promise<T>): Promise<T> {
  try {
    await onHost(begin);
    return await body();
  } finally {
    await onHost(end);
  }
}

const statuses = (played: Played) => played.report.hosts.map(({ status }) => status);

describe.skipIf(LAB === '').each(drawn(TRANSPORTS, 1))('a run over $name', { concurrent: false }, (route) => {
  beforeAll(async () => {
    await route.prepare();
    await cleanUp();
  });
  afterAll(cleanUp);

  it('names NICs that libvirt cannot limit, and sets the others', async () => {
    const user = `<interface type='user'><mac address='${newMac()}'/><model type='virtio'/><rom enabled='no'/></interface>`;
    const uuid = await guest(HOST, `${PREFIX}mixed`, '--nic', user, '--nic', bridgeNic(newMac()));
    const { code, nics } = await playFor(alone(route), [{ domain: `${PREFIX}mixed`, inbound: 7 }]);
    expect([code, nics.map((nic) => nic.status)]).toEqual([3, ['unsupported', 'changed']]);
    expect(await bandwidth(HOST, uuid)).toEqual(['', "<inbound average='7'/>"]);
  });

  it('works with every name that libvirt allows', async () => {
    const names = [
      'two words',
      `it's "quoted"`,
      '$(touch pwned)',
      '`touch pwned`; reboot',
      '-leading --dash',
      '007',
      '名前-ёжик',
      'a&b<c>; #x',
      '*',
      '%s\\n',
      '\\033[31m',
    ];
    // Every other one runs: starting them takes longest.
    const options = names.flatMap((name, i) => [
      ...['--', name, '--nic', bridgeNic(newMac())],
      ...(i % 2 ? ['--off'] : []),
    ]);
    const uuids = (await lab(['guest', HOST, ...options.slice(1)])).trim().split('\n');
    const glob = (name: string) => name.replaceAll(/[*?[]/g, '[$&]');
    const rules = names.map((name) => ({ domain: glob(name), inbound: 7, required: true }));
    const played = await playFor(alone(route), rules);
    const limits = await Promise.all(uuids.map((uuid) => bandwidth(HOST, uuid, '--inactive')));
    await onHost(
      'for u; do virsh -q destroy $u || :; virsh -q undefine $u; done >/dev/null 2>&1',
      ...['bash', ...uuids],
    );
    expect(played.code, played.stderr).toBe(0);
    expect(new Set(played.nics.map((nic) => nic.domain.name))).toEqual(new Set(names));
    expect(limits).toEqual(names.map(() => ["<inbound average='7'/>"]));
    expect(await onHost('find / -xdev -name pwned')).toBe('');
  });

  it('two at once with the same rules: both end, the hosts converge, a third changes nothing', async () => {
    const uuids = await Promise.all(
      route.hosts.map((host) =>
        guest(host, `${PREFIX}web`, '--nic', bridgeNic(newMac()), '--nic', bridgeNic(newMac())),
      ),
    );
    const count = 2 * route.hosts.length;
    const limit = { inbound: { average: 1000, peak: 2000, burst: 64 }, outbound: 500 };
    const written = writeFor(route, { rules: [{ domain: `${PREFIX}web`, ...limit }] });
    for (const { code, nics, report } of await Promise.all([play(written), play(written)])) {
      expect([code, report.summary.hosts.total, nics.length]).toEqual([0, route.hosts.length, count]);
      for (const nic of nics) expect(['changed', 'inSync']).toContain(nic.status);
    }
    const xml = "<inbound average='1000' peak='2000' burst='64'/><outbound average='500'/>";
    for (const [index, host] of route.hosts.entries())
      for (const flags of [[], ['--inactive']])
        expect(await bandwidth(host, uuids[index]!, ...flags)).toEqual([xml, xml]);
    const third = await play(written);
    expect([third.code, third.nics.map((nic) => nic.status)]).toEqual([0, Array(count).fill('inSync')]);
  });

  it('a stopped libvirtd: named, nothing is written, and the next run makes it good', async () => {
    const uuid = await guest(HOST, `${PREFIX}stopped`, '--nic', bridgeNic(newMac()));
    const rules = [{ domain: `${PREFIX}stopped`, inbound: 7 }];
    const played = await during(
      'p=$(cat /run/libvirtd.pid); kill $p; while [ -e /proc/$p ]; do sleep 0.05; done',
      'libvirtd -d; until virsh -q list >/dev/null; do sleep 0.05; done',
      () => playFor(alone(route), rules),
    );
    expect([played.code, played.report.hosts[0]]).toMatchObject([
      3,
      { status: 'failed', errorCode: 'no_libvirtd' },
    ]);
    expect(await both(uuid)).toEqual(['', '']);
    expect((await playFor(alone(route), rules)).code).toBe(0);
  });

  it('a full disk: what was not kept is named, and the next run makes it good', async () => {
    const uuid = await guest(HOST, `${PREFIX}full`, '--nic', bridgeNic(newMac()));
    const rules = [{ domain: `${PREFIX}full`, inbound: 7 }];
    const played = await during(
      // The place of libvirt's configuration, with all that is in it.
      `mkdir /run/full; mount -t tmpfs -o size=1M tmpfs /run/full
       cp -a /etc/libvirt/qemu/. /run/full/
       mount --bind /run/full /etc/libvirt/qemu
       cat /dev/zero >/run/full/filler 2>/dev/null || :`,
      `umount /etc/libvirt/qemu; umount /run/full; rmdir /run/full`,
      () => playFor(alone(route), rules),
    );
    expect([played.code, played.nics.map((nic) => nic.status)]).toEqual([3, ['failed']]);
    expect(played.nics[0]?.reason).toMatch(/No space left on device/);
    // Whatever libvirt did, the report says what holds now.
    const [live, config] = await both(uuid);
    const xml = (limits: { inbound: unknown } | null | undefined) =>
      limits?.inbound ? "<inbound average='7'/>" : '';
    expect([live, config]).toEqual([xml(played.nics[0]?.after?.live), xml(played.nics[0]?.after?.config)]);
    const again = await playFor(alone(route), rules);
    expect([again.code, await both(uuid)]).toEqual([0, Array(2).fill("<inbound average='7'/>")]);
  });

  it.skipIf(route.inside !== undefined)('a host that is down is named, the other is changed', async () => {
    await guest(HOST, `${PREFIX}down`, '--nic', bridgeNic(newMac()));
    await guest(OTHER, `${PREFIX}down`, '--nic', bridgeNic(newMac()));
    const played = await during('kill $(cat /run/sshd.pid)', '/usr/sbin/sshd -E /run/lab/log/sshd.log', () =>
      playFor({ ...route, hosts: [HOST, OTHER] }, [{ domain: `${PREFIX}down`, inbound: 7 }]),
    );
    expect([played.code, statuses(played)]).toEqual([4, ['unreachable', 'changed']]);
    expect(played.report.hosts[0]?.errorCode).toBe('refused');
  });

  describe('interrupted while it writes', () => {
    /** Starts a run over two hosts, one after the other, and waits until libvirt works on the first. */
    const begun = async (name: string) => {
      const uuid = await guest(HOST, PREFIX + name, '--nic', bridgeNic(newMac()));
      // Where there is only one host it is in the inventory twice.
      const two: Route = { ...route, hosts: [HOST, route.inside === undefined ? OTHER : 'again'] };
      await onHost('echo 0.3 >/run/lab/tc-sleep; : >/run/lab/log/tc.log');
      const written = writeFor(two, { rules: [{ domain: PREFIX + name, inbound: 7 }] });
      const started = startPlay(written, '--forks', '1');
      await onHost('until [ -s /run/lab/log/tc.log ]; do sleep 0.05; done');
      return { uuid, ...started };
    };
    const free = () => onHost('rm /run/lab/tc-sleep; while pgrep -x virsh >/dev/null; do sleep 0.05; done');

    it('once: finishes and verifies the host that has begun, skips the rest', async () => {
      const { uuid, signal, ended } = await begun('once');
      await signal('SIGINT');
      const played = await ended.finally(free);
      expect([played.code, statuses(played)]).toEqual([130, ['changed', 'skipped']]);
      expect(played.nics[0]?.after?.live?.inbound?.average).toBe(7);
      expect(await both(uuid)).toEqual(Array(2).fill("<inbound average='7'/>"));
      expect(played.stderr).toContain('Interrupted: finishing the hosts that have begun.');
    });

    it('twice: ends at once, says what is not known, and the next run finds out', async () => {
      const { uuid, child, signal, ended } = await begun('twice');
      // Two signals that come together are one.
      const heard = new Promise<void>((done) => {
        child.stderr?.on('data', (text) => /^Interrupted/m.test(text) && done());
      });
      await signal('SIGINT');
      await heard;
      await signal('SIGINT');
      const played = await ended.finally(free);
      expect([played.code, statuses(played)]).toEqual([130, ['unreachable', 'skipped']]);
      expect(played.nics[0]).toMatchObject({
        status: 'unreachable',
        reason: expect.stringMatching(/before it was known whether/),
      });
      const again = await playFor(alone(route), [{ domain: `${PREFIX}twice`, inbound: 7 }]);
      expect([again.code, await both(uuid)]).toEqual([0, Array(2).fill("<inbound average='7'/>")]);
    });
  });
});

describe.skipIf(LAB === '')('the JSON report', { concurrent: false }, () => {
  afterAll(cleanUp);

  it('is the same over every route, except for times, files and how the host was reached', async () => {
    await cleanUp();
    const options = ['--nic', bridgeNic(newMac()), '--nic', bridgeNic(newMac())];
    const uuid = await guest(HOST, `${PREFIX}same`, ...options);
    const rules = [
      { name: 'all', domain: `${PREFIX}*`, inbound: { average: 1000, peak: 2000, burst: 64 } },
      { name: 'second', domain: `${PREFIX}same`, nic: 2, outbound: 5 },
    ];
    const reports: unknown[] = [];
    for (const route of ROUTES) {
      await route.prepare();
      for (const args of [['--check'], []]) {
        const { report } = await playFor(alone(route), rules, ...args);
        reports.push(comparable(report));
      }
      await onHost(
        `for m in $(virsh -q domiflist $0 | awk '{print $5}'); do
           virsh -q domiftune $0 $m --live --config --inbound 0 --outbound 0; done`,
        uuid,
      );
    }
    const [check, apply] = reports;
    expect([check, apply]).toMatchObject([{ exitCode: 2 }, { exitCode: 0 }]);
    expect(reports).toEqual(ROUTES.flatMap(() => [check, apply]));
  });
});

/** A report without what differs from run to run. */
function comparable(report: Played['report']): unknown {
  const differs =
    /^(id|hypervisor|startedAt|finishedAt|durationMs|address|command|playbooks|inventory|file|user)$/;
  return JSON.parse(JSON.stringify(report, (key, value) => (differs.test(key) ? undefined : value)));
}
