import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRecord } from '../../../src/record/recorder.ts';
import { demoFleet } from '../../../src/sim/demo_fleet.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { virsh } from '../../../src/sim/virsh.ts';
import { head } from '../../unit/record/build.ts';
import { typed } from './typed.ts';

/** Rollbacks and the list of runs, through the command line's own commands. */

let dir = '';
let fleet: SimFleet;
let inventory = '';
let said = '';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-rollback-'));
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

const HOST = 'hv01.example.net';
const set = (rate: string, ...more: string[]) =>
  virtune('set', HOST, 'web-01', '--nic', '1', '--rate', rate, '-i', inventory, ...more);

/** What web-01 has in both states. */
async function limits(): Promise<readonly (string | undefined)[]> {
  const host = fleet.hosts.find(({ name }) => name === HOST)?.host;
  const uuid = host?.domains.find(({ name }) => name === 'web-01')?.uuid;
  const of = async (flag: string) =>
    /<inbound average='(\d+)'/.exec((await virsh(host!, ['-r', `dumpxml ${uuid} ${flag}`])).stdout)?.[1];
  return [await of(''), await of('--inactive')];
}

describe('rollback last', () => {
  it('means the newest run that has changed something, and says which', async () => {
    expect(await set('5 Mbit/s', '--reason', 'the one')).toBe(0);
    // Nothing to do, refused, and a host that is not there.
    expect(await set('5 Mbit/s')).toBe(0);
    const policy = join(dir, 'none.policy.yml');
    writeFileSync(policy, 'rules:\n  - { name: none, domain: web-01 }\n');
    expect(await set('6 Mbit/s', '--policy', policy)).toBe(5);
    fleet.hosts[0]!.faults.rejectKeys = true;
    expect(await set('7 Mbit/s')).toBe(4);
    fleet.hosts[0]!.faults.rejectKeys = false;
    expect(await virtune('rollback', 'last')).toBe(0);
    expect(said).toMatch(/^last is the run \d{8}T\d{9}Z-[0-9a-f]{8}: /m);
    expect(await limits()).toEqual(['12500', '12500']);
    // A rollback is a run as any other.
    expect(await virtune('rollback', 'last')).toBe(0);
    expect(await limits()).toEqual(['625', '625']);
  });

  it('means what was confirmed where that came last, with what runs', async () => {
    expect(await set('5 Mbit/s', '--confirm-within', '60s')).toBe(0);
    expect(await virtune('confirm', 'last')).toBe(0);
    expect(await limits()).toEqual(['625', '625']);
    expect(await virtune('rollback', 'last')).toBe(0);
    expect(await limits()).toEqual(['12500', '12500']);
  });

  it('is an error where there is none, and of hosts that the run has not changed', async () => {
    expect(await set('100 Mbit/s')).toBe(0);
    expect(await virtune('rollback', 'last')).toBe(1);
    expect(said).toMatch(/no run that is recorded in \S+ has changed anything/);
    expect(await set('5 Mbit/s')).toBe(0);
    expect(await virtune('rollback', 'last', '--limit', 'hv02*')).toBe(1);
    expect(said).toMatch(/the run \S+ has changed nothing on the hosts that --limit names/);
  });
});

describe('history', () => {
  it('lists a run that was interrupted as that', async () => {
    const state = join(dir, 'state');
    for (const [second, changed] of [
      [1, 3],
      [2, 0],
    ] as const) {
      const record = await openRecord(state, head(second));
      const subjects = changed === 0 ? {} : { changed };
      await record.end({ exitCode: 130, hosts: { ok: 1, skipped: 2 }, subjects });
      await record.close();
    }
    expect(await virtune('history')).toBe(0);
    expect(said).toMatch(/interrupted: 3 changed, 2 hosts skipped$/m);
    expect(said).toMatch(/interrupted: 2 hosts skipped$/m);
    expect(await virtune('history', 'last')).toBe(0);
    expect(said).toContain('came to:  interrupted: 2 hosts skipped');
  });
});
