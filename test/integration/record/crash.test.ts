import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { fileOf, runsIn } from '../../../src/record/folder.ts';
import { historyOf } from '../../../src/record/history.ts';
import { verifyRecord } from '../../../src/record/verify.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import type { SimHost } from '../../../src/sim/model.ts';
import { scaleFleet } from '../../../src/sim/scale_fleet.ts';
import { startSimFleet } from '../../../src/sim/sshd.ts';
import { type Bundled, bundled } from '../../bundled.ts';
import { full } from '../../sweep.ts';
import { stateDir } from '../../unit/record/build.ts';

/** The whole program, killed at any moment, beside a fleet that lives on: its record accounts for what it did. */

const MAIN = resolve(import.meta.dirname, '../../../src/cli/main.ts');
const ROUNDS = full(40, 3);

let program: Bundled;
beforeAll(async () => {
  program = await bundled(MAIN);
});
afterAll(() => program.remove());

function virtune(args: readonly string[], state: string) {
  const env = { ...process.env, VIRTUNE_STATE_DIR: state };
  const child = spawn(process.execPath, [program.file, ...args], { env, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, ended: once(child, 'exit').then(([code]) => code as number | null) };
}

/** The limit of what each NIC of a fleet receives, by host, VM and MAC; live and persistent. */
function limits(hosts: readonly SimHost[]): ReadonlyMap<string, string> {
  const averages = hosts.flatMap((host) =>
    host.domains.flatMap(({ uuid, live, config }) =>
      (config ?? []).map((nic): [string, string] => {
        const running = live?.find(({ mac }) => mac === nic.mac);
        const both = [running, nic].map((one) => one?.bandwidth?.inbound?.average ?? null);
        return [`${host.name} ${uuid} ${nic.mac}`, both.join()];
      }),
    ),
  );
  return new Map(averages);
}

async function fleetOf(hosts: readonly SimHost[], dir: string) {
  for (const host of hosts) host.knobs.latencyMs = 3;
  const fleet = await startSimFleet(hosts);
  onTestFinished(() => fleet.close());
  const { inventory } = await writeFleetFiles(fleet, dir);
  return (name: string, average: number, pattern = 'all') => {
    const play = join(dir, `${name}.yml`);
    const rules = `[{ name: all, domain: "vm-*", inbound: ${average} }]`;
    writeFileSync(play, `- hosts: "${pattern}"\n  tasks: [{ nic_limits: { rules: ${rules} } }]\n`);
    return ['run', play, '-i', inventory, '--forks', '2'];
  };
}

const keyOf = ({ change }: Awaited<ReturnType<typeof historyOf>>['made'][number]) =>
  `${change.host} ${change.domain.uuid} ${change.subject.key}`;

describe('a run', () => {
  it(
    `killed at ${ROUNDS} random moments: its record has every write, and what it calls changed is so`,
    async () => {
      const dir = stateDir();
      const state = join(dir, 'state');
      const hosts = scaleFleet({ hosts: 8, domains: 4, nics: 2, converged: 0 });
      const runOf = await fleetOf(hosts, dir);
      const seen = { cut: 0, unknown: 0 };
      for (let round = 1; round <= ROUNDS; round++) {
        const before = limits(hosts);
        const { child, ended } = virtune(runOf('p', round * 1000), state);
        while ((await runsIn(state)).length < round && child.exitCode === null) await sleep(1);
        // The first is killed before it has reached a host.
        if (round > 1) await sleep(Math.random() * 150);
        child.kill('SIGKILL');
        await ended;
        // What was on its way to a host arrives there.
        await sleep(50);
        const now = limits(hosts);
        const [newest = ''] = await runsIn(state);
        const read = await historyOf(state, newest);
        const written = [...now].flatMap(([nic, value]) => (value === before.get(nic) ? [] : [nic]));
        expect(read.made.map(keyOf)).toEqual(expect.arrayContaining(written));
        for (const one of read.made.filter(({ change }) => change.status === 'changed'))
          expect(now.get(keyOf(one))).toBe(`${round * 1000},${round * 1000}`);
        expect((await verifyRecord(state)).problems.filter(({ severity }) => severity === 'error')).toEqual(
          [],
        );
        if (read.state === 'cut') seen.cut++;
        if (read.made.some(({ isKnown }) => !isKnown)) seen.unknown++;
      }
      const last = virtune(runOf('p', 7), state);
      expect(await last.ended).toBe(0);
      expect(new Set(limits(hosts).values())).toEqual(new Set(['7,7']));
      expect((await verifyRecord(state)).problems.every(({ severity }) => severity === 'note')).toBe(true);
      expect(seen.cut).toBeGreaterThan(0);
    },
    ROUNDS * 20_000,
  );

  it('is rolled back by name, over the inventory that it had, and only what it wrote', async () => {
    const dir = stateDir();
    const state = join(dir, 'state');
    const hosts = scaleFleet({ hosts: 3, domains: 2, nics: 1, converged: 0 });
    const runOf = await fleetOf(hosts, dir);
    const before = limits(hosts);
    expect(await virtune([...runOf('p', 100), '--reason', 'CHG-1'], state).ended).toBe(0);
    const [run = ''] = await runsIn(state);
    const [short] = run.split('-').toReversed();
    expect(await virtune(['rollback', short!, '--check'], state).ended).toBe(2);
    // What holds beside the playbook holds for the rollback, from another folder.
    writeFileSync(join(dir, 'virtune.policy.yml'), 'rules: [{ name: frozen, domain: "vm-*" }]\n');
    expect(await virtune(['rollback', short!], state).ended).toBe(5);
    rmSync(join(dir, 'virtune.policy.yml'));
    const nic = hosts[0]!.domains[0]!;
    expect(await virtune(runOf('q', 900, 'hv0001'), state).ended).toBe(0);
    expect(await virtune(['rollback', short!, '--reason', 'CHG-2'], state).ended).toBe(6);
    const now = limits(hosts);
    for (const [key, value] of now)
      expect([key, value]).toEqual([key, key.startsWith('hv0001') ? '900,900' : before.get(key)]);
    expect(nic.live?.[0]?.bandwidth?.inbound?.average).toBe(900);
    const { start, end, made } = await historyOf(state, (await runsIn(state))[0]!);
    expect(start).toMatchObject({ what: 'rollback', of: run, reason: 'CHG-2' });
    expect([end?.exitCode, end?.subjects]).toEqual([6, { changed: 4, stale: 2 }]);
    expect(made).toHaveLength(4);
    writeFileSync(fileOf(state, run), readFileSync(fileOf(state, run), 'utf8').replace('CHG-1', 'CHG-9'));
    expect(await virtune(['rollback', run], state).ended).toBe(1);
    expect(limits(hosts)).toEqual(now);
  });

  it('two at once write into one record', async () => {
    const dir = stateDir();
    const state = join(dir, 'state');
    const hosts = scaleFleet({ hosts: 4, domains: 3, nics: 1, converged: 0 });
    const runOf = await fleetOf(hosts, dir);
    const both = [
      virtune(runOf('a', 100, 'hv0001:hv0002'), state),
      virtune(runOf('b', 200, 'hv0003:hv0004'), state),
    ];
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0]);
    const runs = await Promise.all((await runsIn(state)).map((run) => historyOf(state, run)));
    expect(runs.map(({ made, state: ended }) => [made.length, ended])).toEqual([
      [6, 'ended'],
      [6, 'ended'],
    ]);
    expect((await verifyRecord(state)).problems).toEqual([]);
  });
});
