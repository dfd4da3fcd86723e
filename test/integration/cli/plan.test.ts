import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { demoFleet } from '../../../src/sim/demo_fleet.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { virsh } from '../../../src/sim/virsh.ts';
import { typed } from './typed.ts';

/** Saved plans against a simulated fleet, through the command line's own commands. */

let dir = '';
let fleet: SimFleet;
let inventory = '';
let file = '';
let said = '';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-plan-'));
  file = join(dir, 'limits.plan');
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
  const ran = await typed(...words);
  said = ran.said;
  return ran.status;
}

const HOSTS = 'hv01.example.net,hv02.example.net';
const state = () => ['--state-dir', join(dir, 'state')];
const apply = (...more: string[]) => virtune('apply', file, ...state(), ...more);

function written(name: string, text: string): string {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
}

const playbook = (rate = '10 Mbit/s', domain = 'web-0*') =>
  written(
    'play.yml',
    `- hosts: ${HOSTS}\n  tasks:\n    - nic_limits: { rules: [{ domain: "${domain}", rate: ${rate} }] }\n`,
  );
const plan = (...more: string[]) => virtune('plan', playbook(), '-i', inventory, '-o', file, ...more);

async function descriptions(): Promise<string> {
  const all = fleet.hosts.flatMap(({ host }) =>
    host.domains.map(({ uuid }) => virsh(host, ['-r', `dumpxml ${uuid}`])),
  );
  return (await Promise.all(all)).map(({ stdout }) => stdout).join('\n');
}

const connections = () => fleet.hosts.map(({ counts }) => counts.connections).join();

describe('a plan for hosts that the inventory lacks', () => {
  it('is an error that names them, and with --limit a note', async () => {
    expect(await plan()).toBe(2);
    const before = connections();
    const whole = readFileSync(inventory, 'utf8');
    const less = written('less.yml', whole.replace(/ +hv02.example.net:\n(?: {10}.*\n)+/, ''));
    expect(await apply('-i', less)).toBe(1);
    expect(said).toContain('the inventory lacks 1 host that the plan is for: hv02.example.net');
    expect(said).toContain('leave them out with --limit');
    expect(connections()).toBe(before);
    expect(await apply('-i', less, '--limit', 'compute')).toBe(0);
    expect(said).toContain('note: the inventory lacks 1 host that the plan is for: hv02.example.net');
    expect(said).toMatch(/hosts: +1 in all: 1 changed/);
  });
});

describe('apply --limit', () => {
  it('of hosts of which the plan has no changes has nothing to do, and says so', async () => {
    expect(await plan()).toBe(2);
    const before = connections();
    for (const limit of ['hv03.example.net', 'all:!hv01*:!hv02*'])
      for (const how of [['--check'], []]) {
        expect(await apply('--limit', limit, ...how)).toBe(0);
        expect(said).toContain('no changes on these hosts, there is nothing to do');
        expect(said).not.toContain('warning');
      }
    expect(await apply('--limit', 'nosuch')).toBe(1);
    expect(said).toContain('no host or group matches "nosuch"');
    expect(connections()).toBe(before);
    // Nothing of the plan was used up by that.
    expect(await apply()).toBe(0);
  });
});

describe('plan --waivers', () => {
  const waivers = () =>
    written(
      'waivers.yml',
      `waivers: [{ domain: web-01, owner: ann, reason: a load test, until: 2999-01-01 }]\n`,
    );

  it('tells what is waived, and leaves it out of the plan', async () => {
    expect(await plan()).toBe(2);
    const all = Number(/(\d+) changes? on/.exec(said)?.[1]);
    expect(await plan('--waivers', waivers())).toBe(2);
    expect(said).toContain('a load test');
    const some = Number(/(\d+) changes? on/.exec(said)?.[1]);
    expect(some).toBe(all - 1);
    expect(await apply()).toBe(0);
    expect(await virtune('run', playbook(), '-i', inventory, '--check', '--waivers', waivers())).toBe(0);
    expect(await virtune('run', playbook(), '-i', inventory, '--check')).toBe(2);
    expect(said).toMatch(/1 to change/);
  });

  it('is checked before any host is contacted, and written by no plan or report', async () => {
    const before = connections();
    const bad = written('bad.yml', 'waivers: [{ domain: web-01, owner: ann, until: 2999-01-01 }]\n');
    expect(await plan('--waivers', bad)).toBe(1);
    expect(said).toContain('reason');
    expect(await plan('--waivers', file)).toBe(1);
    expect(said).toContain('the plan cannot go there as well');
    expect(await plan('--waivers', waivers(), '--report', `json=${waivers()}`)).toBe(1);
    expect(said).toContain('a report cannot go there as well');
    expect(connections()).toBe(before);
  });
});

describe('the last line of a plan', () => {
  it('says what makes its changes, when it is made and when it is shown', async () => {
    expect(await plan()).toBe(2);
    expect(said.trimEnd().split('\n').at(-1)).toMatch(
      new RegExp(
        `^${file} has 7 changes on 2 hosts, and nothing was written to any of them. virtune apply ${file} makes them, until [-\\d]{10} [:\\d]{8} UTC.$`,
      ),
    );
    expect(said.match(/virtune apply/g)).toHaveLength(1);
    expect(said).not.toMatch(/--check|check mode/i);
    expect(await virtune('report', file)).toBe(0);
    expect(said).toContain(`Nothing was written to any host. virtune apply ${file} makes these changes.`);
    expect(said).not.toMatch(/--check|check mode/i);
    expect(await apply('--check')).toBe(2);
    expect(said).toContain('Run without --check to apply.');
  });

  it('says that there is nothing to do where that is so', async () => {
    expect(await virtune('plan', playbook('10 Mbit/s', 'nobody*'), '-i', inventory, '-o', file)).toBe(0);
    expect(said.trimEnd().split('\n').at(-1)).toBe(`${file} has no changes: there is nothing to apply`);
  });

  it('is told of by reports as what it is', async () => {
    const [page, comment] = [join(dir, 'plan.html'), join(dir, 'plan.md')];
    const reports = ['--report', `html=${page}`, '--report', `markdown=${comment}`];
    for (const command of [() => plan(...reports), () => virtune('report', file, ...reports)]) {
      for (const one of [page, comment]) rmSync(one, { force: true });
      await command();
      expect(readFileSync(page, 'utf8')).toContain(
        `<p>A saved plan: nothing was written to any host. <code>virtune apply ${file}</code> makes its changes. Exit status 2.</p>`,
      );
      expect(readFileSync(page, 'utf8')).not.toMatch(/check mode/i);
      expect(readFileSync(comment, 'utf8')).toMatch(/^### virtune: .* \(a plan\)$/m);
    }
    // Of a check that no plan was made of, and of what went wrong, there is none to apply.
    await virtune('plan', playbook('10 Mbit/s', 'web-01, nobody'), '-i', inventory, '-o', file, ...reports);
    expect(readFileSync(page, 'utf8')).toContain('Check mode: nothing was written.');
  });

  it('names no plan where none is saved', async () => {
    const play = playbook('10 Mbit/s', 'web-01, nobody');
    expect(await virtune('plan', play, '-i', inventory, '-o', file)).toBe(1);
    expect(said).toContain(
      'no plan was saved, and nothing was written to any host: what is wrong stands above',
    );
    expect(said).not.toContain('virtune apply');
  });
});

describe('a plan without changes', () => {
  it('is applied with nothing to do, each time, and reports are written', async () => {
    expect(await virtune('run', playbook(), '-i', inventory, ...state())).toBe(0);
    expect(await plan()).toBe(0);
    const before = connections();
    const report = join(dir, 'report.json');
    for (const more of [[], ['--strict'], ['--check'], ['--confirm-within', '1m'], ['--limit', 'hv01*']]) {
      expect(await apply('--report', `json=${report}`, ...more)).toBe(0);
      expect(said).toContain('no changes, there is nothing to do');
      expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
        run: { mode: expect.any(String) },
        hosts: [],
      });
    }
    expect(connections()).toBe(before);
  });

  it('on the hosts of a shard is no error, as often as it is applied', async () => {
    expect(await plan()).toBe(2);
    const told: string[] = [];
    for (const shard of [1, 2, 3, 4, 4, 3, 2, 1]) {
      const status = await apply('--shard', `${shard}/4`);
      const isEmpty = said.includes('no changes on these hosts, there is nothing to do');
      if (!isEmpty && status === 1) expect(said).toContain('was applied already');
      told.push(isEmpty ? `nothing ${status}` : String(status));
    }
    expect(told.slice(0, 4).toSorted()).toEqual(
      [...told.slice(4).map((one) => one.replace(/^1$/, '0'))].toSorted(),
    );
    expect(told).toContain('nothing 0');
    expect(await virtune('run', playbook(), '-i', inventory, '--check')).toBe(0);
  });
});

describe('a plan of which nothing was written', () => {
  const other = (rate: string) =>
    virtune('set', 'hv01.example.net', 'web-01', '--nic', '1', '--rate', rate, '-i', inventory, ...state());

  it('can be applied again', async () => {
    expect(await plan()).toBe(2);
    expect(await other('7 Mbit/s')).toBe(0);
    const before = await descriptions();
    for (let times = 0; times < 2; times++) {
      expect(await apply('--strict')).toBe(6);
      expect(said).toContain('nothing was written, so that it can be applied again');
      expect(await descriptions()).toBe(before);
    }
    // A part of it is written: that is once and for all.
    expect(await apply()).toBe(6);
    expect(said).not.toContain('applied again');
    expect(await descriptions()).not.toBe(before);
    expect(await apply('--strict')).toBe(1);
    expect(said).toMatch(/was applied already: [\d-]{10} [\d:]{8} UTC by /);
  });

  it('is spent where all of it was there already', async () => {
    expect(await plan()).toBe(2);
    expect(await virtune('run', playbook(), '-i', inventory, ...state())).toBe(0);
    expect(await apply()).toBe(0);
    expect(await apply()).toBe(1);
    expect(said).toContain('was applied already');
  });
});
