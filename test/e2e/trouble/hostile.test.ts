import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SshFaults } from '../../../src/sim/ssh_faults.ts';
import {
  bandwidth,
  bridgeNic,
  guest,
  LAB,
  MAIN,
  play,
  removeGuests,
  run,
  type Simulated,
  simulate,
  virtune,
  write,
} from '../lab.ts';
import { HOST } from './real_host.ts';
import { hostOf, newRate } from './shared.ts';

describe('hosts that mean harm to the terminal (simulated)', { concurrent: false }, () => {
  const EVIL = '\u001b[2J\u001b]0;pwned\u0007\u009b31m\u202ecba\u2066\r\b';
  let sim: Simulated;
  const replaced = (from: RegExp, to: string): Partial<SshFaults> => ({
    execs: [{ corrupt: (text) => text.replaceAll(from, to) }],
  });

  beforeAll(async () => {
    sim = await simulate(['names', 'macs', 'quotes', 'ids', 'errors', 'greets', 'fine'], {
      names: replaced(/<name>sim<|(?<=^[0-9a-f-]{36} )sim$/gm, `<name>sim${EVIL}<`),
      macs: replaced(/<mac address='[^']*'/g, `<mac address='52:54:00:00:00:01${EVIL}'`),
      quotes: replaced(/<mac address='[^']*'/g, '<mac address="\';$(reboot) #"'),
      ids: replaced(/[0-9a-f]{8}-[0-9a-f-]{27}/g, `0badc0de-0000-4000-8000-00000000000${EVIL}`),
      errors: { execs: [{ corrupt: () => '' }], noise: { stdout: '', stderr: `error: ${EVIL}\n` } },
      greets: { banner: EVIL, noise: { stdout: EVIL, stderr: EVIL } },
    });
  });
  afterAll(() => sim?.close());

  const harmless = (text: string) => {
    // Colours and the movements of a live view are virtune's own; nothing of these is.
    for (const part of ['\u001b[2J', '\u001b]0;', '\u0007', '\u009b', '\u202e', '\u2066', '\b', '\r']) {
      expect(text.indexOf(part), JSON.stringify(part)).toBe(-1);
    }
  };

  it.each([{ args: ['--check', '--diff', '-v'] }, { args: [] }])('in a pipe, $args', async ({ args }) => {
    const written = write(
      { rules: [{ domain: 'sim*', inbound: newRate() }] },
      { hosts: 'all', lab: sim.inventory },
    );
    const played = await play(written, ...args);
    harmless(played.stdout.replaceAll('\n', ''));
    harmless(played.stderr.replaceAll('\n', ''));
    expect(played.report.hosts.map((host) => host.name)).toHaveLength(7);
    expect(hostOf(played, 'fine').status).toBe('changed');
    expect(hostOf(played, 'greets').status).toBe('changed');
    for (const name of ['macs', 'quotes']) {
      expect(hostOf(played, name)).toMatchObject({
        status: 'failed',
        errorCode: 'unreadable',
        resources: [],
      });
    }
    expect(played.stdout).toContain('\\x1b[2J');
  });

  it('on a terminal', async () => {
    const written = write(
      { rules: [{ domain: 'sim*', inbound: newRate() }] },
      { hosts: 'all', lab: sim.inventory },
    );
    const command = [
      process.execPath,
      MAIN,
      'run',
      written.playbook,
      ...written.inventory,
      '--check',
      '-D',
      '-v',
    ];
    const quoted = command.map((word) => `'${word}'`).join(' ');
    const ran = await run('script', ['-qec', quoted, '/dev/null'], { TERM: 'xterm-256color', NO_COLOR: '' });
    expect(ran.stdout).toContain('\x1b[');
    expect(ran.stdout).toContain('\\x1b[2J');
    harmless(ran.stdout.replaceAll(/\r+\n/g, ''));
  });
});

describe.skipIf(LAB === '')('VMs of a real host that mean harm', { concurrent: false }, () => {
  afterAll(() => removeGuests(HOST, 'tr-'));

  it('VMs with names, titles and metadata that mean harm', async () => {
    // XML has no place for ESC; it has one for C1 controls and for marks that turn the direction of text.
    const evil = '\u009b2J\u202etxt.exe\u2066\u00ad\u2028<&>';
    const escaped = evil.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    const nova = `<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:name>${escaped}</nova:name><nova:flavor name="evil ${escaped}"/></nova:instance>`;
    const id = await guest(
      HOST,
      `tr-evil ${evil}`,
      ...['--title', `title ${evil}`, '--metadata-xml', nova, '--nic', bridgeNic('52:54:00:ee:03:01')],
    );
    const rule = { match: { nova: { flavor: 'evil *' } }, inbound: newRate() };
    for (const args of [['--check', '-D', '-v'], []]) {
      const played = await play(write({ rules: [rule] }, { hosts: HOST }), ...args);
      expect(played.nics.map((nic) => nic.domain.uuid)).toEqual([id]);
      expect(played.nics[0]?.domain.name).toBe(`tr-evil ${evil}`);
      expect(played.stdout).toContain('tr-evil \\x9b2J\\u202etxt.exe\\u2066');
      expect(played.stdout).not.toMatch(/[\u0080-\u009f\u202e\u2066\u2028]/);
    }
    expect(await bandwidth(HOST, id)).toEqual([`<inbound average='${rule.inbound}'/>`]);
  });

  it('set takes a name that is a template literally', async () => {
    const [named, meant] = [newRate(), newRate()];
    const other = await guest(HOST, 'tr-2', '--nic', bridgeNic('52:54:00:ee:05:01'));
    const id = await guest(HOST, 'tr-{{ 1 + 1 }}', '--nic', bridgeNic('52:54:00:ee:05:02'));
    const { inventory } = write({ rules: [] });
    const set = (name: string, rate: number) =>
      virtune(['set', HOST, name, '--nic', '1', '--inbound', `${rate} kB/s`, ...inventory]);
    expect(await set('tr-{{ 1 + 1 }}', named)).toMatchObject({ code: 0, stderr: '' });
    const missing = await set('tr-{{ nothing }}', meant);
    expect(missing.code).toBe(1);
    expect(`${missing.stdout}${missing.stderr}`).toContain('has no VM "tr-{{ nothing }}"');
    expect([await bandwidth(HOST, id), await bandwidth(HOST, other)]).toEqual([
      [`<inbound average='${named}'/>`],
      [''],
    ]);
  });

  it('set evaluates no template, in whatever is given to it', async () => {
    const id = await guest(HOST, 'tr-plain', '--nic', bridgeNic('52:54:00:ee:05:03'));
    const { inventory } = write({ rules: [] });
    for (const given of [
      ['--nic', '1', '--inbound', '{{ 1 + 1 }}MB/s'],
      ['--nic', '1', '--outbound', '1MB/s,{{ 2 }}MB/s'],
      ['--nic', '1', '--rate', '{% if true %}1{% endif %}MB/s'],
      ['--nic', '{{ 1 }}', '--rate', '1MB/s'],
    ]) {
      const ran = await virtune(['set', HOST, 'tr-plain', ...given, ...inventory]);
      expect([ran.code, ran.stdout]).toEqual([1, '']);
      expect(ran.stderr).toMatch(/^error: --(nic|rate|inbound|outbound) takes no template: .*\{[{%]/);
    }
    expect(await bandwidth(HOST, id)).toEqual(['']);
  });

  it('a VM whose metadata no parser should take: it never leaves the host, and the VM is read like any other', async () => {
    const nova = `<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:flavor name="tr-flavor"/></nova:instance>`;
    const options = (mac: string, more: string) => [
      '--metadata-xml',
      `${nova}${more}`,
      '--nic',
      bridgeNic(mac),
    ];
    const proto = '<x:__proto__ xmlns:x="urn:x"/>';
    const broken = await guest(HOST, 'tr-proto', ...options('52:54:00:ee:04:01', proto));
    const other = await guest(HOST, 'tr-other', ...options('52:54:00:ee:04:02', ''));
    const rule = { match: { nova: { flavor: 'tr-flavor' } }, inbound: newRate() };
    const played = await play(write({ rules: [rule] }, { hosts: HOST }));
    expect(played.code).toBe(0);
    expect(await bandwidth(HOST, other)).toEqual([`<inbound average='${rule.inbound}'/>`]);
    expect(await bandwidth(HOST, broken)).toEqual([`<inbound average='${rule.inbound}'/>`]);
  });
});
