import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keygen } from './connection/sshd.ts';
import { bridgeNic, guest, LAB, lab, type Played, play, removeGuests, write } from './lab.ts';

/** Hosts that are known by nothing but the authority that has signed their keys: `@cert-authority` in known_hosts. */
describe.skipIf(LAB === '')('a host certificate authority', { concurrent: false }, () => {
  const HOSTS = ['hv01', 'hv02', 'hv03'];
  const HOST = 'hv02';
  const known = join(LAB, 'known_hosts_ca');
  const cleanUp = () => Promise.all(HOSTS.map((host) => removeGuests(host, 'ca-')));

  beforeAll(async () => {
    await cleanUp();
    for (const [index, host] of HOSTS.entries())
      await guest(host, 'ca-web', '--nic', bridgeNic(`52:54:00:ca:0${index}:01`));
  });
  afterAll(async () => {
    await cleanUp();
    await certificate('');
  });

  let rate = 100;
  const runAll = (...args: string[]): Promise<Played> =>
    play(
      write(
        { rules: [{ domain: 'ca-web', inbound: ++rate }] },
        { hosts: 'compute', inventory: { compute: { vars: { virtune_known_hosts_file: known } } } },
      ),
      ...args,
    );

  /** Gives the host another certificate, made so; '' for its own again. */
  async function certificate(ca: string, ...options: string[]): Promise<void> {
    const own = join(LAB, 'hosts', HOST, 'ssh_host_ed25519_key');
    let text = readFileSync(`${own}-cert.pub`, 'utf8');
    if (ca !== '') {
      const copy = join(mkdtempSync(join(tmpdir(), 'virtune-ca-')), 'key');
      execFileSync('cp', [`${own}.pub`, `${copy}.pub`]);
      execFileSync('ssh-keygen', ['-q', '-s', ca, '-h', '-I', 'test', ...options, `${copy}.pub`]);
      text = readFileSync(`${copy}-cert.pub`, 'utf8');
    }
    const install = 'cat >/etc/ssh/ssh_host_ed25519_key-cert.pub; kill -HUP $(cat /run/sshd.pid); sleep 0.3';
    await lab(['exec', HOST, 'sh', '-ec', install], text);
  }

  it('is enough for a whole run, with no other setting: check, apply, run again', async () => {
    expect(readFileSync(known, 'utf8')).toMatch(/^@cert-authority \S+ ssh-ed25519 \S+\n$/);
    const checked = await runAll('--check');
    expect([checked.code, checked.report.summary.hosts.changed]).toEqual([2, 3]);
    rate--;
    const applied = await runAll();
    expect([applied.code, applied.report.summary.hosts.changed]).toEqual([0, 3]);
    rate--;
    const again = await runAll();
    expect([again.code, again.report.summary.hosts.ok]).toEqual([0, 3]);
  });

  it.each([
    ['for another principal', () => ['-n', 'another.example.net'], /not a listed principal/i],
    ['that has expired', () => ['-n', HOST, '-V', '20200101:20200102'], /expired/i],
  ])('refuses a certificate %s by name, and changes the other hosts', async (_, options, reason) => {
    const address = /hv02:\s+ansible_host: (\S+)/.exec(readFileSync(join(LAB, 'inventory.yml'), 'utf8'))?.[1];
    await certificate(
      join(LAB, 'host_ca'),
      ...options().map((word) => (word === HOST ? `${HOST},${address}` : word)),
    );
    const played = await runAll();
    expect([played.code, played.report.hosts.map(({ status }) => status)]).toEqual([
      4,
      ['changed', 'unreachable', 'changed'],
    ]);
    expect(played.report.hosts[1]).toMatchObject({ errorCode: 'host_key_unknown' });
    expect(played.report.hosts[1]?.error).toMatch(reason);
  });

  it('refuses a certificate from another authority', async () => {
    const other = keygen(join(mkdtempSync(join(tmpdir(), 'virtune-ca-')), 'other_ca'));
    await certificate(other, '-n', HOST);
    const played = await runAll();
    expect([played.code, played.report.hosts.map(({ status }) => status)]).toEqual([
      4,
      ['changed', 'unreachable', 'changed'],
    ]);
    expect(played.report.hosts[1]).toMatchObject({
      errorCode: 'host_key_unknown',
      error: expect.stringMatching(/No \S+ host key is known for/),
    });
  });
});
