import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { renderApply } from '../../../src/libvirt/apply_script.ts';
import { KERNEL_WORDS } from '../../../src/libvirt/kernel_script.ts';
import { renderRead } from '../../../src/libvirt/script.ts';
import { keep } from '../../unit/facts/parse.ts';
import { bandwidth, LAB, lab, run, virsh } from '../lab.ts';
import {
  doasConf,
  docsFile,
  fromDocs,
  HOST,
  keyWith,
  libvirtd,
  MAC,
  onHost,
  prepareHost,
  sudoers,
  tryAs,
} from './host.ts';

/** Every line of docs/privileges.md, tried: what it is said to allow, and what not. */
describe.skipIf(LAB === '')('the page about privileges', { concurrent: false }, () => {
  let uuid = '';
  beforeAll(async () => {
    uuid = await prepareHost();
  });
  afterAll(() => lab(['restart', HOST]));

  const LOGIN = { ansible_user: 'virtune' };
  const CHANGED = { code: 0, nic: 'changed', written: true };
  const READS = { code: 2, nic: 'pending', written: false };
  const NO_WRITE = { code: 3, nic: 'failed', written: false };
  const virshAs = (login: string, command: string) =>
    onHost(`su ${login} -c 'virsh -q -c qemu:///system ${command} 2>&1' </dev/null || :`);

  it('any login may check', async () => {
    expect(await tryAs(LOGIN, uuid, '--check')).toMatchObject(READS);
    expect(await tryAs(LOGIN, uuid)).toMatchObject(NO_WRITE);
  });

  it('the group of the socket', async () => {
    await libvirtd(fromDocs('group'));
    expect(await tryAs(LOGIN, uuid)).toMatchObject(NO_WRITE);
    await onHost(fromDocs('group-login'));
    expect(await tryAs(LOGIN, uuid)).toMatchObject(CHANGED);
    expect(await tryAs({ ansible_user: 'nobody2' }, uuid)).toMatchObject(NO_WRITE);
    await onHost('gpasswd -d virtune libvirt');
  });

  describe('polkit', () => {
    beforeAll(async () => {
      await onHost(`
        mkdir -p /run/dbus
        dbus-daemon --system --fork --nopidfile
        setsid /usr/lib/polkit-1/polkitd --no-debug </dev/null >/run/lab/log/polkitd.log 2>&1 &
        sleep 0.5`);
    });
    const rules = (text: string) =>
      onHost(
        'f=/etc/polkit-1/rules.d/50-virtune.rules; cat >$f; chmod 644 $f; chmod 755 /etc/polkit-1/rules.d; sleep 1',
        text,
      );
    const POLKIT = 'auth_unix_rw = "polkit"\nunix_sock_rw_perms = "0777"\n';

    it('a rule for the socket', async () => {
      await libvirtd(POLKIT);
      expect(await tryAs(LOGIN, uuid)).toMatchObject(NO_WRITE);
      await rules(fromDocs('polkit'));
      expect(await tryAs(LOGIN, uuid)).toMatchObject(CHANGED);
      const other = await tryAs({ ansible_user: 'nobody2' }, uuid);
      expect(other).toMatchObject(NO_WRITE);
      expect(other.message).toMatch(/authenticat/);
    });

    it("libvirt's access control: changes VMs, does not start or stop them", async () => {
      await libvirtd(`${POLKIT}access_drivers = [ "polkit" ]\n`);
      await rules(fromDocs('polkit-acl'));
      expect(await tryAs(LOGIN, uuid)).toMatchObject(CHANGED);
      expect(await virshAs('virtune', `destroy ${uuid}`)).toContain('access denied');
      expect(await virshAs('virtune', `undefine ${uuid}`)).toContain('access denied');
      await onHost(
        `virsh dumpxml --inactive ${uuid} | sed 's,<memory,<title>redefined</title>&,' >/tmp/vm.xml; chmod 644 /tmp/vm.xml`,
      );
      // What the page warns of.
      expect(await virshAs('virtune', 'define /tmp/vm.xml')).toBe('');
      expect(await virsh(HOST, 'dumpxml', '--inactive', uuid)).toContain('<title>redefined</title>');
      await rules(fromDocs('polkit-acl').replace('"domain.write", ', ''));
      const less = await tryAs(LOGIN, uuid);
      expect(less).toMatchObject(NO_WRITE);
      expect(less.message).toContain('access denied');
    });

    afterAll(() => libvirtd('auth_unix_rw = "none"\n'));
  });

  describe('sudoers', () => {
    const SUDO = { ...LOGIN, ansible_become: true };
    const SHIPPED = docsFile('virtune.sudoers');
    const closed = () => onHost('chmod 700 /run/libvirt/libvirt-sock-ro');
    afterEach(() => onHost('chmod 777 /run/libvirt/libvirt-sock-ro').then(() => sudoers('')));

    it('reading: the programs word for word, nothing else', async () => {
      await closed();
      const install = fromDocs('sudoers').replace('LOGIN', 'virtune');
      await onHost(`cd /tmp; cat >virtune.sudoers; visudo -cf virtune.sudoers; ${install}`, SHIPPED);
      expect(await tryAs(SUDO, uuid, '--check')).toMatchObject(READS);
      const stranger = { ...SUDO, ansible_user: 'nobody2' };
      expect(await tryAs(stranger, uuid, '--check')).toMatchObject({ errorCode: 'become_password_required' });
      expect(await tryAs(SUDO, uuid)).toMatchObject({ ...NO_WRITE, errorCode: 'become_password_required' });
      const marker = `vt${'0'.repeat(24)}`;
      const request = { marker, uri: 'qemu:///system', keep: keep({ metadata: false }) };
      const sudo = (command: string) =>
        onHost(
          `su virtune -c '${command.replace(/^exec /, 'sudo -n ').replaceAll("'", `'\\''`)}' </dev/null 2>&1 || :`,
        );
      const refused = 'sudo: a password is required';
      expect(await sudo(renderRead(request))).toContain(`${marker}:end`);
      expect(await sudo(renderRead(request, [], [uuid, 'web-1']))).toContain(`${marker}:end`);
      expect(await sudo(renderRead({ ...request, kernel: ['tc'] }))).toContain(`${marker}:k:tc`);
      for (const command of [
        renderRead({ ...request, marker: `${marker}0` }),
        renderRead({ ...request, marker: 'vt/p;e id' }),
        renderRead({ ...request, uri: 'qemu+ext:///system?command=/tmp/evil' }),
        renderApply(request, []),
        'exec /bin/sh',
        'exec /bin/sh -c id',
        renderRead(request).replace("'qemu:///system'", "'qemu:///system?socket=/tmp/evil'"),
        renderRead(request).replace('$V -r', () => '$V'),
        renderRead({ ...request, virsh: 'env virsh' }),
        // The words that it begins as are the default's.
        renderRead(request).replace("' virtune '", "' 'touch virsh' '"),
      ])
        expect(await sudo(command), command.slice(-90)).toContain(refused);
    });

    it('by the words of libvirt_virsh, and no others', async () => {
      const virsh = 'env virsh';
      await sudoers(SHIPPED.replaceAll(/ virtune vt\[/g, ` ${virsh} vt[`));
      const outcome = (words: string) => tryAs({ ...SUDO, libvirt_virsh: words }, uuid, '--check');
      await closed();
      expect(await outcome(virsh)).toMatchObject(READS);
      for (const words of ['virsh', 'env env virsh'])
        expect(await outcome(words)).toMatchObject({ errorCode: 'become_password_required' });
    });

    it('writing', async () => {
      const line = fromDocs('sudoers-apply');
      expect(SHIPPED.endsWith(`\n# ${line}`)).toBe(true);
      await sudoers(SHIPPED.replace(`# ${line}`, line));
      expect(await tryAs(SUDO, uuid)).toMatchObject(CHANGED);
      await sudoers(SHIPPED.replace(`# ${line}`, line).replace('%virtune', 'ci, nobody2'));
      expect(await tryAs({ ...SUDO, ansible_user: 'nobody2' }, uuid)).toMatchObject(CHANGED);
      expect(await tryAs(SUDO, uuid)).toMatchObject({ errorCode: 'become_password_required' });
    });

    it('doas', async () => {
      await doasConf(fromDocs('doas'));
      expect(await tryAs({ ...SUDO, ansible_become_method: 'doas' }, uuid)).toMatchObject(CHANGED);
    });
  });

  describe('a forced command', () => {
    beforeAll(async () => {
      const script = docsFile('virtune-forced-command.sh');
      await onHost(`cd /tmp; cat >virtune-forced-command.sh; ${fromDocs('install')}`, script);
    });
    const withKey = (key: string, user: string) => ({
      ansible_user: user,
      ansible_ssh_private_key_file: key,
    });

    const options = (key: string) => [
      ...['-F', 'none', '-i', key, '-o', `UserKnownHostsFile=${LAB}/known_hosts`, '-o', 'IdentitiesOnly=yes'],
    ];
    const address = async () => (await onHost('. /run/lab/env; echo $LAB_ADDRESS')).trim();

    /** Plain ssh with that key, as someone would who has got hold of it. */
    const ssh = async (key: string, user: string, ...command: string[]) =>
      run('ssh', [...options(key), `${user}@${await address()}`, ...command]);

    it('to read', async () => {
      const key = keyWith(fromDocs('key-read'));
      expect(await tryAs(withKey(key, 'virtune'), uuid, '--check')).toMatchObject(READS);
      const outcome = await tryAs(withKey(key, 'root'), uuid);
      expect(outcome).toMatchObject(NO_WRITE);
      expect(outcome.message).toContain('virtune-forced-command: refused: this key may read only');
    });

    it('to read and change limits, and nothing else', async () => {
      const key = keyWith(fromDocs('key-apply'));
      expect(await tryAs(withKey(key, 'root'), uuid)).toMatchObject(CHANGED);
      const marker = `vt${'0'.repeat(24)}`;
      const request = { marker, uri: 'qemu:///system', keep: keep({ metadata: false }) };
      const apply = (...words: string[]) => renderApply(request, [{ uuid, commands: [words] }]);
      const set = ['domiftune', uuid, MAC, '--live', '--inbound', '7,7,7'];
      const throttle = (what: string, option = '--device-read-iops-sec') => [
        ...['blkiotune', uuid, '--config', option, what],
      ];
      expect((await ssh(key, 'root', apply(...set))).stdout).toContain(`${marker}:end`);
      expect(await bandwidth(HOST, uuid)).toEqual(["<inbound average='7' peak='7' burst='7'/>"]);
      const before = await virsh(HOST, 'dumpxml', uuid);
      const good = renderRead(request);
      const kernel = renderRead({ ...request, kernel: KERNEL_WORDS });
      expect((await ssh(key, 'root', kernel)).stdout).toContain(`${marker}:k:tc`);
      const lock = { owner: { user: 'alice', machine: 'ci', run: '1' }, waitSeconds: 0, deadlineSeconds: 60 };
      const guard = { lock, sums: new Map([[uuid, '7']]) };
      const locked = renderApply(request, [{ uuid, commands: [set] }], guard);
      const byPath = (path: string) =>
        renderApply(request, [{ uuid, commands: [throttle('/dev/sda,0')], paths: [path, '/dev/null'] }], {
          ...guard,
          devices: new Map([
            [path, '7'],
            ['/dev/null', '0'],
          ]),
        });
      // Nobody's, in lanes.
      const many = (...words: string[]) => {
        const others = Array.from({ length: 9 }, (_, index) => `${uuid.slice(0, -4)}ff0${index}`);
        const steps = [...others, ...others].map((one) => ({
          uuid: one,
          commands: [['domiftune', one, MAC, '--config', '--inbound', '7', ...words]],
        }));
        return renderApply(request, steps, guard);
      };
      expect(many()).toContain(" '~' '");
      const few = renderRead(request, ['6695eb01-f6a4-8304-79aa-97f2502e193f'], [uuid, 'web-1']);
      const asking = renderRead({
        ...request,
        devices: ['/dev/sda', '/dev/disk/by-id/wwn-0x5000c500a1b2c3d4'],
      });
      for (const reading of [
        good,
        few,
        asking,
        apply(...throttle('/dev/sda,5')),
        apply(...throttle('/dev/sda,0')),
        locked,
        many(),
        byPath('/dev/disk/by-id/wwn-0x5000c500a1b2c3d4'),
      ])
        expect((await ssh(key, 'root', reading)).stdout).toContain(`${marker}:end`);
      for (const command of [
        'id',
        '',
        'exec /bin/sh',
        apply('destroy', uuid),
        apply('domiftune', uuid, MAC, '--live', '--inbound', '8').replace(
          `domiftune ${uuid}`,
          'domiftune become',
        ),
        locked.replace('run=', 'run=$(id) '),
        many('--help'),
        many().replace(/~\d+~echo/, '~id~echo'),
        many().replace(/~\d+~echo/, '~1~destroy;echo'),
        many().replace(" '~' '", " '~' '~' '"),
        many().replace(" '~' '", " '~' '*' '"),
        locked.replace('owner=', 'held '),
        locked.replace(` '${uuid}:7'`, ` '${uuid}:-7'`),
        byPath('/etc/shadow'),
        byPath('/dev/../etc/shadow'),
        byPath('/dev/sda').replace('7:/dev/sda', 'x:/dev/sda'),
        apply('domiftune', uuid, 'vnet0', '--live', '--inbound', '8'),
        apply(...set, '--help'),
        apply('domiftune', uuid, MAC, '--inbound', '8;destroy', uuid),
        apply(...throttle('/dev/sda,500', '--device-weights')),
        apply(...throttle('500', '--weight')),
        apply(...throttle('/dev/sda,5,/dev/sdb,5')),
        apply(...throttle('/etc/passwd,5')),
        renderRead({ ...request, devices: ['/etc/passwd'] }),
        renderRead({ ...request, devices: ['/dev/../etc/passwd'] }),
        renderRead({ ...request, devices: ['/dev/~'] }),
        renderApply({ ...request, uri: 'qemu:///session' }, []),
        renderRead({ ...request, uri: 'qemu+ext:///system?command=/bin/id' }),
        renderRead({ ...request, marker: 'vt0/p;e id' }),
        `${good}; id`,
        `${good} 'x'`,
        `${good}\nid`,
        `id\n${good}`,
        good.replace('$V -r', () => '$V'),
        renderRead({ ...request, virsh: 'env virsh' }),
        good.replace(/''$/, "''$(id)"),
        good.replace(/''$/, "'$(id)'"),
        ...[' /etc/shadow', ' ~/etc/shadow', ' ~~uuid', ' domain/~uuid'].map((path) =>
          good.replace(' ~uuid', path),
        ),
        good.replace(/''$/, "'web-1'"),
        good.replace(/'' ''$/, "'web-1' ''"),
      ]) {
        const { code, stdout, stderr } = await ssh(key, 'root', command);
        expect([code, stdout], command.slice(-100)).toEqual([126, '']);
        expect(stderr).toContain('virtune-forced-command: refused');
      }
      expect(await virsh(HOST, 'dumpxml', uuid)).toBe(before);
      const copied = await run('scp', [
        ...options(key),
        '/etc/hostname',
        `root@${await address()}:/tmp/copied`,
      ]);
      expect(copied.code).not.toBe(0);
    });

    it('by the words of libvirt_virsh, and no others', async () => {
      const file = '/usr/local/sbin/virtune-forced-command';
      const key = keyWith(fromDocs('key-apply'));
      const outcome = (words: string) => tryAs({ ...withKey(key, 'root'), libvirt_virsh: words }, uuid);
      await onHost(`sed -i "s/^VIRSH=$/VIRSH='env virsh'/" ${file}`);
      expect(await outcome('env virsh')).toMatchObject(CHANGED);
      const other = await outcome('virsh');
      expect(other.error).toContain('virtune-forced-command: refused');
      await onHost(`sed -i "s/^VIRSH=.*$/VIRSH=/" ${file}`);
    });

    it('in a login without rights, by sudo', async () => {
      await sudoers(fromDocs('sudo-forced'));
      const key = keyWith(fromDocs('key-sudo'));
      expect(await tryAs(withKey(key, 'virtune'), uuid)).toMatchObject(CHANGED);
      expect(await ssh(key, 'virtune', 'id')).toMatchObject({ code: 126, stdout: '' });
      const shell = await onHost(
        `su virtune -c 'SSH_ORIGINAL_COMMAND=id sudo -n /usr/local/sbin/virtune-forced-command apply; sudo -n id' </dev/null 2>&1 || :`,
      );
      expect(shell).toMatch(/refused.*\nsudo: a password is required/);
      await sudoers('');
    });

    it('says what to do where virtune wants to become root by itself', async () => {
      const key = keyWith(fromDocs('key-apply'));
      const { error } = await tryAs({ ...withKey(key, 'virtune'), ansible_become: true }, uuid);
      expect(error).toContain('set ansible_become to false');
    });
  });
});
