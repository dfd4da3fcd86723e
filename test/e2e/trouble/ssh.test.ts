import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { LAB, run, startPlay } from '../lab.ts';
import { during, onHost, realHost } from './real_host.ts';
import { newKey, scratch } from './shared.ts';

describe.skipIf(LAB === '')('SSH to a real host', { concurrent: false }, () => {
  const { beside, expectChanged, judged, playbook } = realHost();
  let address = '';
  beforeAll(() => {
    address = /hv03:\s+ansible_host: (\S+)/.exec(readFileSync(join(LAB, 'inventory.yml'), 'utf8'))?.[1] ?? '';
  });

  it('an sshd that hangs', async () => {
    const { code, host } = await during(
      'kill -STOP $(cat /run/sshd.pid)',
      'kill -CONT $(cat /run/sshd.pid)',
      () => beside({}, '--timeout', '2'),
    );
    expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'timeout']);
    expect(host.error).toContain('did not complete the SSH handshake within 2 s');
  });

  it('no way there: its network is down', async () => {
    const { code, host } = await during('ip link set eth0 down', 'ip link set eth0 up', () =>
      beside({}, '--timeout', '2'),
    );
    expect([code, host.status]).toEqual([4, 'unreachable']);
    expect(host.errorCode).toMatch(/^(timeout|unreachable)$/);
  });

  it('an unknown host key: refused, and the command in the hint helps', async () => {
    const file = scratch('known hosts', '');
    const { code, host } = await beside({ virtune_known_hosts_file: file });
    expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'host_key_unknown']);
    const scan = `ssh-keyscan -t ed25519 ${address} >> '${file}'`;
    expect(host.error).toContain(`run: ${scan} (or use --accept-new-host-keys)`);
    await run('sh', ['-c', scan]);
    await expectChanged(await beside({ virtune_known_hosts_file: file }));
  });

  it('an unknown host key: --accept-new-host-keys adds it', async () => {
    const file = scratch('known_hosts', '');
    await expectChanged(await beside({ virtune_known_hosts_file: file }, '--accept-new-host-keys'));
    // As the machine's ssh_config says (Debian's: hashed), so OpenSSH itself is asked.
    const found = await run('ssh-keygen', ['-F', address, '-f', file]);
    expect(found.stdout).toMatch(/ ssh-ed25519 \S+\n$/);
    expect(readFileSync(file, 'utf8').match(/\n/g)).toHaveLength(1);
  });

  it('a changed host key: refused, with --accept-new-host-keys too', async () => {
    const [type, key] = readFileSync(`${newKey()}.pub`, 'utf8').split(' ');
    const file = scratch('known_hosts', `${address} ${type} ${key}\n`);
    for (const args of [[], ['--accept-new-host-keys']]) {
      const { code, host } = await beside({ virtune_known_hosts_file: file }, ...args);
      expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'host_key_changed']);
      expect(host.error).toContain(`ssh-keygen -R ${address} -f ${file}`);
    }
  });

  it('a key that it does not let in', async () => {
    const key = newKey();
    const { code, host } = await beside({ ansible_ssh_private_key_file: key });
    expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'auth']);
    expect(host.error).toContain(`tried key ${key}; it accepts publickey`);
  });

  /** Ends all connections to the host while virsh waits for a libvirtd that hangs. */
  const cut = 'until pgrep -x virsh; do sleep 0.1; done; pkill -P $(cat /run/sshd.pid)';

  it('a connection that is closed midway: opened again, what was under way is repeated, and that is told', async () => {
    const { written, rate } = playbook({});
    const beside = await during(
      'kill -STOP $(cat /run/libvirtd.pid)',
      'kill -CONT $(cat /run/libvirtd.pid)',
      async () => {
        const { ended } = startPlay(written);
        await onHost(`${cut}; kill -CONT $(cat /run/libvirtd.pid)`);
        return judged(await ended, rate);
      },
    );
    await expectChanged(beside);
    expect(beside.host.notes).toEqual([
      expect.stringMatching(/the connection to hv03 .* was lost.*; it was opened again/),
    ]);
  });

  it('a host that goes down midway: named, with what came of trying again', async () => {
    const { written, rate } = playbook({});
    const { host, code } = await during(
      'kill -STOP $(cat /run/libvirtd.pid)',
      'kill -CONT $(cat /run/libvirtd.pid); /usr/sbin/sshd -E /run/lab/log/sshd.log',
      async () => {
        const { ended } = startPlay(written);
        await onHost(
          'until pgrep -x virsh; do sleep 0.1; done; p=$(cat /run/sshd.pid); c=$(pgrep -P $p); kill $p; while [ -e /proc/$p ]; do sleep 0.05; done; kill $c',
        );
        return judged(await ended, rate);
      },
    );
    expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'closed']);
    expect(host.error).toMatch(
      /the connection to hv03 .* was lost.*; it could not be opened again: .*refused/,
    );
  });
});
