import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Diagnosis, FindingStatus, HostDiagnosis } from '../../src/doctor/finding.ts';
import {
  doasConf,
  docsFile,
  during,
  fromDocs,
  HOST,
  keyWith,
  MAC,
  onHost,
  PASSWORD,
  prepareHost,
  sudoers,
} from './become/host.ts';
import { bridgeNic, guest, LAB, lab, type Ran, virsh, virtune } from './lab.ts';

const schemaFile = resolve(import.meta.dirname, '../../src/report/doctor.schema.json');
const valid = new Ajv({ allErrors: true, strict: true }).compile(
  JSON.parse(readFileSync(schemaFile, 'utf8')),
);

interface Doctored extends Ran {
  readonly diagnosis: Diagnosis;
  readonly host: HostDiagnosis;
  /** Status of a check, then its words: what is found, the remedy. */
  readonly check: (name: string) => readonly [FindingStatus | undefined, string];
}

/** `virtune doctor` on real hosts, one in each kind of trouble. */
describe.skipIf(LAB === '')('doctor', { concurrent: false }, () => {
  let uuid = '';
  beforeAll(async () => {
    uuid = await prepareHost();
  });
  afterAll(() => lab(['restart', HOST]));

  const doctor = async (vars: object = {}, ...args: string[]): Promise<Doctored> => {
    const dir = mkdtempSync(join(tmpdir(), 'virtune-doctor-'));
    writeFileSync(join(dir, 'more.yml'), JSON.stringify({ all: { hosts: { [HOST]: vars } } }));
    const file = join(dir, 'report.json');
    const inventory = ['-i', join(LAB, 'inventory.yml'), '-i', join(dir, 'more.yml')];
    const pattern = args[0]?.startsWith('-') === false ? [] : [HOST];
    const ran = await virtune(['doctor', ...pattern, ...args, ...inventory, '--report', `json=${file}`]);
    const diagnosis = JSON.parse(readFileSync(file, 'utf8')) as Diagnosis;
    expect(valid(diagnosis), JSON.stringify(valid.errors)).toBe(true);
    expect(diagnosis.exitCode).toBe(ran.code);
    const host = diagnosis.hosts.find(({ name }) => name === HOST)!;
    const check: Doctored['check'] = (name) => {
      const found = host.findings.filter((each) => each.check === name);
      expect(found.length, name).toBeLessThanOrEqual(1);
      return [found[0]?.status, `${found[0]?.text}; ${found[0]?.fix}`];
    };
    return { ...ran, diagnosis, host, check };
  };

  /** All but what this machine's kernel has, which the lab cannot choose. */
  const troubled = ({ host }: Doctored) =>
    host.findings
      .filter(({ status, check }) => status !== 'ok' && check !== 'kernel_modules')
      .map(({ check, status }) => `${check} ${status}`);

  it('a host in order, as root: in one connection and two execs, and nothing is changed', async () => {
    const before = await virsh(HOST, 'dumpxml', uuid);
    await onHost(': >/run/lab/log/sshd.log');
    const found = await doctor();
    expect(troubled(found)).toEqual([]);
    expect(found.host.findings.map(({ check }) => check)).toEqual([
      ...['reachable', 'host_key', 'authentication', 'become', 'login_shell', 'virsh', 'libvirt', 'uri'],
      ...['read', 'write', 'tc', 'kernel_modules', 'ovs', 'nics', 'clock'],
    ]);
    expect(found.check('write')).toEqual([
      'ok',
      expect.stringContaining('root may change VMs (tried on one'),
    ]);
    expect(found.check('libvirt')[1]).toMatch(/^\d+\.\d+\.\d+, QEMU \d+/);
    expect(found.check('nics')[1]).toMatch(/1 NIC \(bridge 1\), all of kinds that libvirt can limit/);
    const log = await onHost('cat /run/lab/log/sshd.log');
    expect(log.match(/Accepted publickey/g)).toHaveLength(1);
    expect(log.match(/Starting session/g)).toHaveLength(2);
    expect(await virsh(HOST, 'dumpxml', uuid)).toBe(before);
    expect(found.stdout).toMatch(/ {2}ok +host key +is the known one\n/);
  });

  it('what the kernel lacks is what tc cannot do', async () => {
    const can = (commands: string) =>
      onHost(
        `unshare --net sh -ec 'ip link add name vt0 type veth peer name vt1; tc() { $(ls /run/tc/real /usr/sbin/tc 2>/dev/null | head -n 1) "$@"; }; ${commands}' >/dev/null 2>&1 && echo yes || echo no`,
      );
    const root =
      'tc qdisc add dev vt0 root handle 1: htb default 1; tc class add dev vt0 parent 1: classid 1:1 htb rate 8mbit';
    const tried = {
      sch_htb: await can(root),
      sch_sfq: await can(`${root}; tc qdisc add dev vt0 parent 1:1 handle 2: sfq perturb 10`),
      cls_fw: await can(`${root}; tc filter add dev vt0 parent 1:0 protocol all prio 1 handle 1 fw flowid 1`),
      sch_ingress: await can('tc qdisc add dev vt0 ingress'),
      cls_u32: await can(
        `tc qdisc add dev vt0 ingress; tc filter add dev vt0 parent ffff: protocol all u32 match u32 0 0`,
      ),
      act_police: await can(
        'tc qdisc add dev vt0 ingress; tc filter add dev vt0 parent ffff: protocol all u32 match u32 0 0 police rate 8mbit burst 8kb drop flowid :1',
      ),
    };
    const [status, words] = (await doctor()).check('kernel_modules');
    if (status === 'unknown') return;
    for (const [module, answer] of Object.entries(tried))
      expect([module, status === 'ok' || !words.split(':')[0]?.includes(module)]).toEqual([
        module,
        answer.trim() === 'yes',
      ]);
  });

  it('a login that may only read: says so, and the remedy', async () => {
    const found = await doctor({ ansible_user: 'virtune' });
    expect([found.code, troubled(found)]).toEqual([3, ['write problem']]);
    expect(found.check('write')[1]).toMatch(/Permission denied.*docs\/privileges\.md/);
    expect(found.check('read')).toEqual(['ok', expect.stringContaining('virtune sees 1 VM and')]);
  });

  describe('become', () => {
    const BECOME = { ansible_user: 'virtune', ansible_become: true };
    afterAll(() => sudoers(''));

    const SHIPPED = docsFile('virtune.sudoers');
    const APPLYING = SHIPPED.replace(/^# (?=VIRTUNE_LOGINS ALL=.*VIRTUNE_APPLY)/m, '');

    it('as shipped, virtune.sudoers lets the login read alone: so says doctor', async () => {
      await sudoers(SHIPPED);
      const found = await doctor(BECOME);
      expect([found.code, troubled(found)]).toEqual([3, ['write problem']]);
      expect(found.check('write')[1]).toMatch(/sudo would not run the command as root.*docs\/privileges\.md/);
      const checks = await doctor(BECOME, '--check');
      expect(troubled(checks)).toEqual([]);
      expect(checks.check('write')).toEqual(['ok', expect.stringContaining('runs with --check only read')]);
    });

    it('works with all lines of virtune.sudoers', async () => {
      expect(APPLYING).not.toBe(SHIPPED);
      await sudoers(APPLYING);
      const found = await doctor(BECOME);
      expect(troubled(found)).toEqual([]);
      expect(found.check('write')[1]).toContain('root may change VMs');
      expect(found.check('become')).toEqual(['ok', expect.stringContaining('runs as root, by sudo')]);
      expect(found.check('login_shell')[1]).toContain('/bin/bash');
    });

    it('by doas, whose rules hold for every program alike', async () => {
      const doas = { ...BECOME, ansible_become_method: 'doas' };
      await doasConf(fromDocs('doas'));
      expect(troubled(await doctor(doas))).toEqual([]);
      await doasConf('permit nopass pw as root\n');
      expect(troubled(await doctor(doas))).toEqual(['become problem', 'write unknown']);
    });

    it('is refused: says why, and looks at the rest as the login', async () => {
      await sudoers('pw ALL=(root) /bin/true\n');
      const found = await doctor({ ...BECOME, ansible_user: 'pw', ansible_become_password: PASSWORD });
      expect(troubled(found)).toEqual(['become problem', 'write unknown']);
      expect(found.check('become')[1]).toMatch(/not allowed to execute.*docs\/privileges\.md/);
      expect(found.check('read')[1]).toContain('pw sees');
      expect(found.stdout + found.stderr + JSON.stringify(found.diagnosis)).not.toContain(
        PASSWORD.slice(0, 9),
      );
    });
  });

  it('through a forced command', async () => {
    const script = docsFile('virtune-forced-command.sh');
    await onHost(`cd /tmp; cat >virtune-forced-command.sh; ${fromDocs('install')}`, script);
    const key = keyWith(fromDocs('key-read'));
    const reading = await doctor({ ansible_ssh_private_key_file: key });
    expect(troubled(reading)).toEqual(['write problem']);
    expect(reading.check('write')[1]).toMatch(/forced command allows reading only.*mode apply.*--check/);
    expect(troubled(await doctor({ ansible_ssh_private_key_file: key }, '--check'))).toEqual([]);
    const writing = keyWith(fromDocs('key-apply'));
    expect(troubled(await doctor({ ansible_ssh_private_key_file: writing }))).toEqual([]);
  });

  it('no virsh', async () => {
    const hide = 'v=$(readlink -f /usr/bin/virsh); mount --bind /run/none $v';
    await onHost('touch /run/none');
    const found = await during(hide, 'umount $(readlink -f /usr/bin/virsh)', () => doctor());
    expect([found.code, found.check('virsh')]).toEqual([
      3,
      ['problem', expect.stringContaining('install libvirt-clients')],
    ]);
  });

  it('a libvirtd that hangs', async () => {
    await onHost('kill -STOP $(cat /run/libvirtd.pid)');
    try {
      const found = await doctor({ ansible_command_timeout: 2 });
      expect(found.check('login_shell')[0]).toBe('ok');
      expect(found.check('libvirt')).toEqual([
        'problem',
        expect.stringMatching(/^libvirt did not answer: .*systemctl status libvirtd/),
      ]);
      expect([found.host.status, found.code]).toEqual(['problem', 3]);
    } finally {
      await onHost('kill -CONT $(cat /run/libvirtd.pid)');
    }
  });

  it('no libvirtd', async () => {
    const stop = 'p=$(cat /run/libvirtd.pid); kill $p; while [ -e /proc/$p ]; do sleep 0.05; done';
    const start =
      'libvirtd -d; for i in $(seq 200); do virsh -q -c qemu:///system uri >/dev/null 2>&1 && exit; sleep 0.05; done';
    const found = await during(stop, start, () => doctor());
    expect(troubled(found)).toEqual(['libvirt unknown', 'read problem', 'write problem', 'nics unknown']);
    expect(found.check('read')[1]).toMatch(/Failed to connect socket.*is libvirtd \(or virtqemud\) running/);
  });

  it('no tc', async () => {
    const tc = await onHost('readlink -f $(command -v tc)');
    const found = await during(`mount --bind /run/none ${tc}`, `umount ${tc}`, () => doctor());
    expect(found.check('tc')).toEqual(['problem', expect.stringContaining('install iproute2')]);
  });

  it('a session URI, a driver without limits', async () => {
    const session = await doctor({ ansible_user: 'virtune', libvirt_uri: 'qemu:///session' });
    expect(session.check('uri')).toEqual(['problem', expect.stringContaining('qemu:///system')]);
    const lxc = await doctor({ libvirt_uri: 'lxc:///system' });
    expect(lxc.check('uri')).toEqual(['problem', expect.stringContaining("only libvirt's QEMU driver")]);
  });

  it('NICs that libvirt cannot limit, and Open vSwitch', async () => {
    const user = `<interface type='user'><mac address='52:54:00:be:c0:02'/><model type='virtio'/><rom enabled='no'/></interface>`;
    const port = bridgeNic('52:54:00:be:c0:03', "<virtualport type='openvswitch'/>", 'ovsbr0');
    const id = await guest(HOST, 'doctor-mixed', '--off', '--nic', user, '--nic', port);
    const found = await doctor();
    expect(troubled(found)).toEqual(['nics warning']);
    expect(found.code).not.toBe(4);
    expect(found.check('nics')[1]).toMatch(
      /3 NICs \(.*Open vSwitch 1.*\), of which libvirt can limit 2: not those of type user/,
    );
    expect(found.check('ovs')[1]).toMatch(/^\d+\.\d+\.\d+, 1 NIC on it/);
    expect(MAC).toBeTruthy();
    await virsh(HOST, 'undefine', id);
  });

  const BASH = 'usermod -s /bin/bash virtune';

  it.each(['fish', 'csh'])('a login with %s for a shell and a talkative profile', async (shell) => {
    const path = (await onHost(`command -v ${shell} || :`)).trim();
    if (path === '') return;
    await onHost(`usermod -s ${path} virtune; echo 'echo Welcome to the machine' | tee /run/home/virtune/.cshrc >/dev/null
      mkdir -p /run/home/virtune/.config/fish; cp /run/home/virtune/.cshrc /run/home/virtune/.config/fish/config.fish; chown -R virtune /run/home/virtune`);
    const found = await during(':', BASH, () => doctor({ ansible_user: 'virtune' }, '-v'));
    expect(found.check('login_shell')).toEqual(['ok', expect.stringContaining(path)]);
    expect(found.stdout).toContain('its profile prints 22 characters');
  });

  it('a login without a shell', async () => {
    const found = await during('usermod -s /usr/sbin/nologin virtune', BASH, () =>
      doctor({ ansible_user: 'virtune' }),
    );
    expect(found.code).toBe(3);
    expect(found.check('login_shell')).toEqual([
      'problem',
      expect.stringMatching(/not available.*needs a shell/),
    ]);
  });

  it('hosts that cannot be reached: where the way ends; the others are examined', async () => {
    const elsewhere = join(mkdtempSync(join(tmpdir(), 'virtune-doctor-')), 'known_hosts');
    writeFileSync(elsewhere, '');
    const unknown = await doctor({ virtune_known_hosts_file: elsewhere }, '-l', `${HOST},hv01`);
    expect(unknown.host.status).toBe('unreachable');
    expect(unknown.check('reachable')[0]).toBe('ok');
    expect(unknown.check('host_key')).toEqual(['problem', expect.stringContaining('ssh-keyscan')]);
    expect(unknown.check('authentication')[0]).toBeUndefined();
    const closed = await doctor({ ansible_port: 9 });
    expect([closed.code, closed.check('reachable')]).toEqual([
      4,
      ['problem', expect.stringContaining('sshd')],
    ]);
    const stranger = await doctor({ ansible_user: 'nobody-here' });
    expect([stranger.code, stranger.check('host_key')[0], stranger.check('authentication')[0]]).toEqual([
      4,
      'ok',
      'problem',
    ]);
    const all = await doctor({ ansible_port: 9 }, 'all');
    expect(all.diagnosis.hosts.map(({ name }) => name)).toEqual(['hv03', 'hv01', 'hv02']);
    expect(all.diagnosis.hosts.map(({ findings }) => findings.length)).toEqual([1, 15, 15]);
  });

  it('writes JSON and nothing else to standard output', async () => {
    const ran = await virtune(['doctor', HOST, '-i', join(LAB, 'inventory.yml'), '--report', 'json']);
    expect(valid(JSON.parse(ran.stdout))).toBe(true);
    expect(ran.stderr).toContain(`${HOST}: `);
  });

  it('ends with 1 for what the files or the command line have wrong', async () => {
    for (const args of [['nosuch'], [HOST, '--report', 'sarif'], [HOST, '-e', 'libvirt_uri=nonsense']])
      expect((await virtune(['doctor', ...args, '-i', join(LAB, 'inventory.yml')])).code).toBe(1);
  });
});
