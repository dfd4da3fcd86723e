import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfirmWithin } from '../../../src/cli/confirm_option.ts';
import { demoFleet } from '../../../src/sim/demo_fleet.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { virsh } from '../../../src/sim/virsh.ts';
import { typed } from './typed.ts';

/** Confirmed applies against a simulated fleet, through the command line's own commands. */

let dir = '';
let fleet: SimFleet;
let inventory = '';
let said = '';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-confirm-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

beforeEach(async () => {
  fleet = await startSimFleet(demoFleet());
  ({ inventory } = await writeFleetFiles(fleet, dir));
  rmSync(join(dir, 'state'), { recursive: true, force: true });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await fleet.close();
});

/** @returns the exit status; what was printed is in `said` */
async function virtune(...words: string[]): Promise<number> {
  const ran = await typed(...words, '--state-dir', join(dir, 'state'));
  said = ran.said;
  return ran.status;
}

const PLAY = `- hosts: all
  gather_facts: false
  tasks:
    - nic_limits:
        rules:
          - { domain: "web-0*", rate: 10 Mbit/s }
    - memory_limits: { rules: [{ domain: web-01, hard_limit: 4 GiB }] }
    - disk_limits: { rules: [{ domain: web-03, disk: vda, total_bytes_sec: 1 MB/s }] }
`;

function playbook(text = PLAY): string {
  const file = join(dir, 'play.yml');
  writeFileSync(file, text);
  return file;
}

const run = (within: string, ...more: string[]) =>
  virtune('run', playbook(), '-i', inventory, '--confirm-within', within, ...more);
const check = () => virtune('run', playbook(), '-i', inventory, '--check');
const set = (host: string, vm: string, rate: string, ...more: string[]) =>
  virtune('set', host, vm, '--nic', '1', '--rate', rate, '-i', inventory, ...more);

/** All that libvirt describes of all hosts. */
async function descriptions(side: 'live' | 'config'): Promise<string> {
  // Of a transient VM that has no configuration libvirt shows what runs.
  const all = fleet.hosts.flatMap(({ host }) =>
    host.domains
      .filter(({ persistent }) => persistent || side === 'live')
      .map(({ uuid }) => virsh(host, ['-r', `dumpxml ${uuid}${side === 'config' ? ' --inactive' : ''}`])),
  );
  return (await Promise.all(all)).map(({ stdout }) => stdout).join('\n');
}

const hostNamed = (name: string) => {
  const host = fleet.hosts.find((one) => one.name.startsWith(name))?.host;
  if (host === undefined) throw new Error(`no ${name}`);
  return host;
};

/** Until no host has a watchdog. */
async function allOver(): Promise<void> {
  for (let tries = 0; fleet.hosts.some(({ host }) => host.watchdogs.size > 0); tries++) {
    if (tries === 1000) throw new Error('watchdogs are left');
    await delay(20);
  }
}

describe('a run with --confirm-within', () => {
  it('sets what runs and no configuration, and the confirm writes that', async () => {
    const config = await descriptions('config');
    expect(await run('60s')).toBe(0);
    expect(said).toMatch(/To keep this, and to write it into configurations, until .* UTC \(\d+ s left\)/);
    expect(said).toContain('its configuration is written by virtune confirm');
    expect(await descriptions('config')).toBe(config);
    expect(await virtune('history')).toBe(0);
    expect(said).toMatch(/waiting for confirm until \d{4}-/);

    expect(await virtune('confirm', 'last')).toBe(0);
    expect(said).toContain('confirmed: this host gives nothing back any more');
    expect(fleet.hosts.every(({ host }) => host.watchdogs.size === 0)).toBe(true);
    expect(await check()).toBe(0);
    expect(await virtune('history', '-n', '0')).toBe(0);
    expect(said).toMatch(/^ {10}confirmed$/m);

    expect(await virtune('confirm', 'last')).toBe(1);
    expect(said).toContain('was confirmed already');
  });

  it('gives back what was before where no confirm comes, and one that comes too late says so', async () => {
    const [live, config] = [await descriptions('live'), await descriptions('config')];
    expect(await run('1s')).toBe(0);
    await allOver();
    expect(await descriptions('live')).toBe(live);
    expect(await descriptions('config')).toBe(config);

    expect(await virtune('confirm', 'last')).toBe(6);
    expect(said).toContain('too late, nothing was written');
    expect(await descriptions('live')).toBe(live);
    expect(await descriptions('config')).toBe(config);
    expect(await virtune('history')).toBe(0);
    expect(said).toContain('not confirmed in time');
  });

  it('leaves what somebody else has changed meanwhile, and gives back the rest', async () => {
    const live = await descriptions('live');
    expect(await run('8s')).toBe(0);
    expect(await set('hv01.example.net', 'web-02', '7 Mbit/s')).toBe(0);
    const changed = await descriptions('live');
    await allOver();
    const after = await descriptions('live');
    expect(after).not.toBe(changed);
    expect(after.split('\n').filter((line) => !live.split('\n').includes(line))).toEqual([
      expect.stringContaining("inbound average='875'"),
      expect.stringContaining("outbound average='875'"),
    ]);
  });

  it('names what others have changed when it is confirmed, and writes the rest', async () => {
    expect(await run('60s')).toBe(0);
    expect(await set('hv01.example.net', 'web-02', '7 Mbit/s')).toBe(0);
    expect(await virtune('confirm', 'last')).toBe(6);
    expect(said).toMatch(/web-02 nic 1 stale\n\s+it was changed since: .*7 Mbit\/s/);
    await set('hv01.example.net', 'web-02', '10 Mbit/s');
    expect(await check()).toBe(0);
  });

  it('does not write to a VM that waits for the confirm of another', async () => {
    expect(await set('hv01.example.net', 'web-01', '5 Mbit/s', '--confirm-within', '60s')).toBe(0);
    const live = await descriptions('live');
    expect(await set('hv01.example.net', 'web-01', '6 Mbit/s', '--confirm-within', '60s')).toBe(5);
    expect(said).toMatch(/its VM waits for virtune confirm \d{8}T/);
    expect(said).not.toContain('its configuration is written');
    expect(await descriptions('live')).toBe(live);
    // Another VM of that host may.
    expect(await set('hv01.example.net', 'web-02', '6 Mbit/s', '--confirm-within', '60s')).toBe(0);
    expect(hostNamed('hv01').watchdogs.size).toBe(2);
  });

  it('is what "confirm last" means, and not a newer run that was refused and wrote nothing', async () => {
    expect(await set('hv01.example.net', 'web-01', '5 Mbit/s', '--confirm-within', '60s')).toBe(0);
    expect(await set('hv01.example.net', 'web-01', '6 Mbit/s', '--confirm-within', '60s')).toBe(5);
    expect(await virtune('confirm', 'last')).toBe(0);
    expect(hostNamed('hv01').watchdogs.size).toBe(0);
    expect(await descriptions('config')).toContain("inbound average='625'");
    expect(await virtune('confirm', 'last')).toBe(1);
    expect(said).toContain('was confirmed already');
  });

  it('of which a VM waits for another run has only the others, and gives back only them', async () => {
    expect(await set('hv01.example.net', 'web-01', '5 Mbit/s', '--confirm-within', '60s')).toBe(0);
    expect(await run('60s', '--limit', 'hv01.example.net')).toBe(5);
    const live = await descriptions('live');
    expect(await virtune('confirm', 'last')).toBe(0);
    expect(said).not.toContain('web-01');
    expect(await descriptions('live')).toBe(live);
    expect(hostNamed('hv01').watchdogs.size).toBe(1);
  });

  it('keeps the watchdog of one play where nothing of the next one can be written, and the other way round', async () => {
    const [live, config] = [await descriptions('live'), await descriptions('config')];
    const play = (vm: string) =>
      `- hosts: hv01.example.net\n  tasks: [{ nic_limits: { rules: [{ domain: ${vm}, rate: 9 Mbit/s }] } }]\n`;
    for (const vms of [
      ['web-02', 'web-01'],
      ['web-01', 'web-02'],
    ]) {
      expect(await set('hv01.example.net', 'web-01', '5 Mbit/s', '--confirm-within', '60s')).toBe(0);
      const file = playbook(vms.map(play).join(''));
      expect(await virtune('run', file, '-i', inventory, '--confirm-within', '60s')).toBe(5);
      expect(hostNamed('hv01').watchdogs.size).toBe(2);
      expect(await virtune('confirm', 'last')).toBe(0);
      expect(said).toContain('web-02');
      expect(said).not.toContain('web-01');
      expect(hostNamed('hv01').watchdogs.size).toBe(1);
      expect(await virtune('rollback', 'last')).toBe(0);
      for (const { timer } of hostNamed('hv01').watchdogs.values()) clearTimeout(timer);
      hostNamed('hv01').watchdogs.clear();
    }
    expect([await descriptions('live'), await descriptions('config')]).not.toEqual([live, config]);
  });

  it('calls off what it has begun where nothing was written', async () => {
    hostNamed('hv01').knobs.libvirtd = 'readonly';
    const status = await set('hv01.example.net', 'web-01', '5 Mbit/s', '--confirm-within', '60s');
    expect(status).toBe(3);
    hostNamed('hv01').knobs.libvirtd = 'up';
  });

  it.each([
    ['libvirt refused', { failLive: ['memtune'] }, 'failed'],
    ['another job held', { holder: 'remoteDispatchDomainSave' }, 'busy'],
  ] as const)('keeps what it has set, and not what %s: that stays as it was', async (_why, fault, status) => {
    const host = hostNamed('hv01');
    const of = (name: string) => host.domains.find((one) => one.name === name)!;
    const play = `- hosts: hv01.example.net
  tasks:
    - memory_limits: { rules: [{ domain: web-01, hard_limit: 4 GiB }] }
    - nic_limits: { rules: [{ domain: web-02, rate: 10 Mbit/s }] }
`;
    if ('failLive' in fault) host.knobs.failLive = fault.failLive;
    else of('web-01').busy = { attempts: 99, holder: fault.holder };
    host.knobs.lockTimeoutMs = 1;
    const before = JSON.stringify([of('web-01').liveTuning, of('web-01').configTuning]);
    const lines = play.split('\n');
    // What failed keeps later tasks of its host from being made.
    const file = playbook([...lines.slice(0, 2), lines[3], lines[2]].join('\n'));
    expect(await virtune('run', file, '-i', inventory, '--confirm-within', '60s')).toBe(3);
    expect(said).toContain(`web-01 memory ${status}`);
    expect(said.match(/its configuration is written by virtune confirm/g)).toHaveLength(1);
    host.knobs.failLive = [];
    of('web-01').busy = null;
    // It is not on trial for anybody else, either.
    const shown = await typed('show', 'hv01.example.net', '-i', inventory);
    expect(shown.said).toContain('web-02 nic 1: on trial');
    expect(shown.said).not.toMatch(/web-01.*: on trial/);
    expect(await virtune('confirm', 'last')).toBe(0);
    expect(said).not.toContain('web-01');
    expect(JSON.stringify([of('web-01').liveTuning, of('web-01').configTuning])).toBe(before);
    expect(hostNamed('hv01').watchdogs.size).toBe(0);
  });

  it('waits for no confirm where all was tried in vain', async () => {
    const [web] = hostNamed('hv01').domains;
    hostNamed('hv01').knobs.lockTimeoutMs = 1;
    web!.busy = { attempts: 99, holder: 'remoteDispatchDomainSave' };
    expect(await set('hv01.example.net', 'web-01', '5 Mbit/s', '--confirm-within', '60s')).toBe(3);
    expect(said).not.toContain('virtune confirm');
    expect(hostNamed('hv01').watchdogs.size).toBe(0);
    expect(await virtune('confirm', 'last')).toBe(1);
  });

  it('is confirmed once more where the first confirm did not reach a host', async () => {
    expect(await run('60s')).toBe(0);
    const [, second] = fleet.hosts;
    if (second === undefined) throw new Error('no second host');
    second.faults.rejectKeys = true;
    expect(await virtune('confirm', 'last')).toBe(4);
    expect(second.host.watchdogs.size).toBe(1);
    second.faults.rejectKeys = false;
    expect(await virtune('confirm', 'last')).toBe(0);
    expect(second.host.watchdogs.size).toBe(0);
    expect(await check()).toBe(0);
  });

  it('goes on with a confirm that was cut off after it had called a watchdog off', async () => {
    expect(await run('60s')).toBe(0);
    for (const { host } of fleet.hosts) {
      for (const { timer } of host.watchdogs.values()) clearTimeout(timer);
      host.watchdogs.clear();
    }
    // What runs has what the run has set, so it was confirmed; what does not run, nobody knows.
    expect(await virtune('confirm', 'last')).toBe(6);
    expect(said).toMatch(/web-05 nic 1 stale/);
    expect(said.match(/ stale\n/g)).toHaveLength(1);
  });

  it('is confirmed whatever a policy says by then: what it has allowed is kept whole', async () => {
    const policy = join(dir, 'later.policy.yml');
    expect(await set('hv01.example.net', 'web-01', '5 Mbit/s', '--confirm-within', '60s')).toBe(0);
    writeFileSync(policy, 'rules:\n  - { name: since then, domain: web-01 }\n');
    vi.stubEnv('VIRTUNE_POLICY', policy);
    try {
      expect(await set('hv01.example.net', 'web-01', '6 Mbit/s')).toBe(5);
      expect(await virtune('confirm', 'last')).toBe(0);
      expect(hostNamed('hv01').watchdogs.size).toBe(0);
      expect(await descriptions('config')).toContain("inbound average='625'");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('is rolled back with its configurations once it was confirmed', async () => {
    const [live, config] = [await descriptions('live'), await descriptions('config')];
    // What NICs have from a portgroup they are given back as their own.
    expect(await run('60s', '--limit', 'hv01.example.net,hv02.example.net')).toBe(0);
    const id = readdirSync(join(dir, 'state', 'runs'))[0]?.replace('.jsonl', '') ?? '';
    expect(await virtune('confirm', id)).toBe(0);
    expect(await virtune('rollback', id)).toBe(0);
    const plain = (xml: string) => xml.replaceAll(/\s*<bandwidth>\s*<\/bandwidth>|\s*<(\w+)>\s*<\/\1>/g, '');
    expect(plain(await descriptions('config'))).toBe(plain(config));
    expect(plain(await descriptions('live'))).toBe(plain(live));
  });
});

describe('another run, while one is on trial', () => {
  // All VMs of this host run.
  const host = ['--limit', 'hv01.example.net'];
  const plain = (...more: string[]) => virtune('run', playbook(), '-i', inventory, ...host, ...more);

  it('that wants just that writes nothing and says so, in check mode too; it does once it is confirmed', async () => {
    expect(await run('60s', ...host)).toBe(0);
    const [live, config] = [await descriptions('live'), await descriptions('config')];
    for (const how of [['--check'], ['--rewrite'], []]) {
      const report = join(dir, 'report.json');
      expect(await plain(...how, '--report', `json=${report}`)).toBe(5);
      expect(said).toMatch(
        /it is on trial until \d{4}-\d\d-\d\d [\d:]{8} UTC: its host gives\s+back what was before unless the run \d{8}T\w+-\w+ is confirmed/,
      );
      expect(readFileSync(report, 'utf8')).toMatch(/"onTrial": \{\s*"run": "\d{8}T/);
      expect([await descriptions('live'), await descriptions('config')]).toEqual([live, config]);
    }
    expect(await set('hv01.example.net', 'web-01', '10 Mbit/s')).toBe(5);
    const shown = await typed('show', 'hv01.example.net', '-i', inventory);
    expect(shown.said).toMatch(/on trial until .* UTC: its host gives back/);
    expect(await virtune('confirm', 'last')).toBe(0);
    expect(await plain()).toBe(0);
    expect(said).not.toContain('changed');
  });

  it('that wants just that is not let pass by ignore_errors', async () => {
    expect(await run('60s', ...host)).toBe(0);
    const file = playbook(PLAY.replaceAll(/- (?=\w+_limits)/g, '- ignore_errors: true\n      '));
    expect(await virtune('run', file, '-i', inventory, ...host)).toBe(5);
  });

  it('that rolls it back ends it for a confirm, too', async () => {
    const [live, config] = [await descriptions('live'), await descriptions('config')];
    expect(await run('60s', ...host)).toBe(0);
    expect(await virtune('rollback', 'last')).toBe(0);
    expect(await virtune('confirm', 'last')).toBe(6);
    expect(said).toMatch(/stale\n\s+it was rolled back since, by the run \d{8}T/);
    const plain = (xml: string) => xml.replaceAll(/\s*<bandwidth>\s*<\/bandwidth>|\s*<(\w+)>\s*<\/\1>/g, '');
    expect(plain(await descriptions('live'))).toBe(plain(live));
    expect(await descriptions('config')).toBe(config);
    expect(hostNamed('hv01').watchdogs.size).toBe(0);
  });

  it.each([
    ['both ways', '--rate', /has on trial of it\s+ends with this/],
    ['one way', '--outbound', /note: on trial until/],
  ])('that sets %s to what was before ends it for a confirm', async (_what, option, note) => {
    const nic = ['hv01.example.net', 'web-03', '--nic', '1'];
    expect(
      await virtune('set', ...nic, '--rate', '9 Mbit/s', '-i', inventory, '--confirm-within', '60s'),
    ).toBe(0);
    expect(await virtune('set', ...nic, option, 'unlimited', '-i', inventory)).toBe(0);
    expect(said).toMatch(note);
    const [live, config] = [await descriptions('live'), await descriptions('config')];
    const trial =
      readdirSync(join(dir, 'state', 'runs'))
        .sort()[0]
        ?.replace('.jsonl', '') ?? '';
    expect(await virtune('confirm', trial)).toBe(6);
    expect(said).toMatch(/web-03 nic 1 stale\n\s+it was changed since: live: .*sends without limit/);
    expect([await descriptions('live'), await descriptions('config')]).toEqual([live, config]);
    expect(hostNamed('hv01').watchdogs.size).toBe(0);
  });

  it('that sets something else of the same NIC does not end it', async () => {
    const nic = ['hv01.example.net', 'web-03', '--nic', '1'];
    expect(
      await virtune('set', ...nic, '--inbound', '9 Mbit/s', '-i', inventory, '--confirm-within', '60s'),
    ).toBe(0);
    expect(await virtune('set', ...nic, '--outbound', '8 Mbit/s', '-i', inventory)).toBe(0);
    expect(await virtune('confirm', 'last')).toBe(0);
    expect(hostNamed('hv01').watchdogs.size).toBe(0);
  });

  it('that wants just that is as good as its word once the trial is over', async () => {
    expect(await run('2s', ...host)).toBe(0);
    expect(await plain()).toBe(5);
    await allOver();
    expect(await plain()).toBe(0);
    expect(await plain('--check')).toBe(0);
  });

  it('that wants something else ends the trial of that, and says so', async () => {
    expect(await run('60s')).toBe(0);
    expect(await set('hv01.example.net', 'web-02', '7 Mbit/s')).toBe(0);
    expect(said).toMatch(/note: what the run \d{8}T\S+ has on trial of it ends with this/);
    // What was before stays when the time is over, too.
    expect(await set('hv01.example.net', 'web-03', 'unlimited')).toBe(0);
  });

  it('that wants a part of it would lose that part', async () => {
    const half = (average: number) => {
      const rule = `{ domain: web-01, outbound: { average: ${average}, peak: ${average}, burst: ${average} }, apply_to: live }`;
      const file = playbook(`- hosts: hv01.example.net\n  tasks: [{ nic_limits: { rules: [${rule}] } }]\n`);
      return virtune('run', file, '-i', inventory);
    };
    expect(await run('60s', ...host)).toBe(0);
    expect(await half(1250)).toBe(5);
    expect(await half(12_500)).toBe(0);
    expect(said).toMatch(/note: on trial until/);
    expect(await half(1250)).toBe(5);
    expect(await half(375)).toBe(0);
    expect(said).toContain('ends with this');
  });

  it('is told no wrong cause, neither meanwhile nor once all is given back', async () => {
    const causes = () => plain('--check', '--diff', '--baseline', 'history');
    expect(await run('3s', '--limit', 'hv01.example.net')).toBe(0);
    await causes();
    expect(said).toContain('it is on trial');
    expect(said).not.toContain('declared anew');
    await allOver();
    await causes();
    expect(said).toMatch(/why: unknown: the run \S+ had it on trial, and no confirm is\s+known/);
    expect(said).not.toContain('by hand');
  });
});

describe('bad input', () => {
  it.each(['5', '0s', '25h', '1d', '-5m', '1.5m', '5 m', '', '999999h'])('%j is no time', (text) => {
    expect(() => parseConfirmWithin(text)).toThrow(/It must be/);
  });

  it.each([
    ['90s', 90],
    ['5m', 300],
    ['24h', 86_400],
  ])('%s', (text, seconds) => {
    expect(parseConfirmWithin(text)).toBe(seconds);
  });

  it('is named before any host is contacted', async () => {
    const contacts = () => fleet.hosts.map(({ counts }) => counts.connections).join();
    expect(await virtune('confirm', 'last')).toBe(1);
    expect(said).toContain('waits for a confirm');
    expect(await set('hv01.example.net', 'web-01', '5 Mbit/s')).toBe(0);
    const before = contacts();
    expect(await virtune('confirm', '0000')).toBe(1);
    const id = readdirSync(join(dir, 'state', 'runs'))[0]?.replace('.jsonl', '') ?? '';
    expect(await virtune('confirm', id)).toBe(1);
    expect(said).toContain(`the run ${id} waits for no confirm`);
    expect(await virtune('run', playbook(), '-i', inventory, '--confirm-within', '5m', '--check')).toBe(1);
    expect(said).toContain('--check writes nothing');
    expect(contacts()).toBe(before);
  });

  it('an inventory without the hosts of the run', async () => {
    expect(await run('60s')).toBe(0);
    const file = join(dir, 'other.yml');
    writeFileSync(file, 'all: { hosts: { elsewhere: {} } }\n');
    expect(await virtune('confirm', 'last', '-i', file)).toBe(1);
    expect(said).toContain('the inventory lacks 3 hosts that wait for the confirm: hv01.example.net, hv02');
    expect(said).toContain('name the inventory that has them with -i');
    writeFileSync(file, 'all: { hosts: { elsewhere: {}, hv02.example.net: {} } }\n');
    expect(await virtune('confirm', 'last', '-i', file, '--limit', 'elsewhere')).toBe(1);
    expect(said).toMatch(/on the hosts that --limit names nothing waits for the confirm of \d{8}T/);
  });
});
