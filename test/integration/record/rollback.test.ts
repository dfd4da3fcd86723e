import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { newConnector } from '../../../src/connection/connector.ts';
import { givenTask } from '../../../src/engine/given.ts';
import type { HostTask, PlayJob } from '../../../src/engine/job.ts';
import { runPlays } from '../../../src/engine/run.ts';
import { MODULES, moduleNamed } from '../../../src/modules/index.ts';
import { historyOf } from '../../../src/record/history.ts';
import { openRecord } from '../../../src/record/recorder.ts';
import { undoOf } from '../../../src/record/undo.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { startDomain, stopDomain, unplugNic } from '../../../src/sim/lifecycle.ts';
import { type SimHost, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { virsh } from '../../../src/sim/virsh.ts';
import { head, stateDir } from '../../unit/record/build.ts';
import { simTarget } from '../engine/sim_target.ts';

/** A run and its undoing, over SSH against a simulated host. */

let state = '';
let dir = '';
let host: SimHost;
let fleet: SimFleet;
let second = 0;

beforeEach(async () => {
  dir = stateDir();
  state = join(dir, 'state');
  host = simHost('hv1');
  defineDomain(host, { name: 'web', nics: [{ source: { bridge: 'br0' } }, { source: { bridge: 'br0' } }] });
  defineDomain(host, { name: 'db', state: 'shutoff', nics: [{ source: { bridge: 'br0' } }] });
  fleet = await startSimFleet([host]);
  onTestFinished(() => fleet.close());
  await writeFleetFiles(fleet, dir);
  second = 0;
});

function playJob(tasks: readonly HostTask[]): PlayJob {
  const place = { file: 'p.yml', line: 1, column: 1 };
  const [server] = fleet.hosts;
  const target = simTarget(server!, dir);
  return {
    play: { name: 'p', file: 'p.yml', place, hosts: 'all', hostsPlace: place, vars: {}, tasks: [] },
    batches: [[{ name: 'hv1', uri: 'qemu:///system', target, tasks }]],
    rules: tasks.flatMap(({ module, args }) => module.rules(args)),
  };
}

/** Runs tasks and records them. @returns the run, and what became of each subject */
async function run(tasks: readonly HostTask[], end = true) {
  const { run: id } = head(++second);
  const record = await openRecord(state, head(second));
  const conclude = end ? record.conclude : async () => {};
  const never = new AbortController().signal;
  const connector = newConnector();
  const { hosts } = await runPlays(
    connector,
    [playJob(tasks)],
    { check: false, forks: 1, retryDelayMs: 1, record: { ...record, conclude } },
    { stopping: never, abort: never },
    {},
  );
  connector.close();
  await record.close();
  const [{ resources = [] } = {}] = hosts;
  return {
    id,
    of: resources.map(({ domain, subject, status, reason }) => ({
      vm: domain.name,
      label: subject.label,
      status,
      reason,
    })),
  };
}

const task = (name: string, ...rules: readonly object[]): HostTask => ({
  name,
  module: moduleNamed(name),
  args: moduleNamed(name).parse({ rules }).args,
});

const rate = (kbytes: number) => task('nic_limits', { domain: '*', rate: kbytes });

async function rollback(id: string) {
  const { made, file } = await historyOf(state, id);
  const [{ given = [] } = {}] = undoOf(made, file, 'before');
  return run(
    MODULES.flatMap((module) => {
      const own = given.filter((one) => one.module === module.name);
      return own.length === 0 ? [] : [givenTask(module.name, module, own)];
    }),
  );
}

const averages = (name: string) => {
  const { live, config } = host.domains.find((one) => one.name === name)!;
  return [live, config].map(
    (nics) => nics?.map(({ bandwidth }) => bandwidth?.inbound?.average ?? null) ?? null,
  );
};

const statuses = ({ of }: Awaited<ReturnType<typeof run>>) =>
  of.map(({ vm, status }) => `${vm} ${status}`).toSorted();

/** All that a host has of limits; no bandwidth at all is the same as an empty one. */
const everything = () => {
  const all = host.domains.map(({ live, config, liveTuning, configTuning }) => [
    live,
    config,
    liveTuning,
    configTuning,
  ]);
  return JSON.parse(JSON.stringify(all).replaceAll('{"inbound":null,"outbound":null}', 'null'));
};

describe('a rollback', () => {
  it('gives back what was before, of every module, and is rolled back itself', async () => {
    const tasks = [
      task('nic_limits', { domain: '*', rate: 1250 }, { domain: 'web', nic: 2, outbound: '5 Mbit/s' }),
      task('disk_limits', { domain: 'web', disk: 'vda', total_iops_sec: 500 }),
      task('cpu_limits', { domain: '*', cpu_shares: 700 }),
      task('memory_limits', { domain: '*', soft_limit: '900 MiB' }),
      task('block_limits', { domain: 'web', device: '/dev/sda', read_iops_sec: 100 }),
    ];
    const before = everything();
    const first = await run(tasks);
    expect(new Set(first.of.map(({ status }) => status))).toEqual(new Set(['changed']));
    const limited = everything();
    const undone = await rollback(first.id);
    expect(statuses(undone)).toEqual(statuses(first));
    expect(everything()).toEqual(before);
    const redone = await rollback(undone.id);
    expect(statuses(redone)).toEqual(statuses(first));
    expect(everything()).toEqual(limited);
  });

  it('leaves the state alone that the run did not set', async () => {
    const only = (kbytes: number, state: string) =>
      task('nic_limits', { domain: 'web', nic: 1, inbound: kbytes, apply_to: state });
    await run([only(100, 'live')]);
    await run([only(200, 'config')]);
    const live = await run([only(200, 'live')]);
    expect(statuses(await rollback(live.id))).toEqual(['web changed']);
    expect(averages('web')).toEqual([
      [100, null],
      [200, null],
    ]);
    const config = await run([only(300, 'config')]);
    expect(statuses(await rollback(config.id))).toEqual(['web changed']);
    expect(averages('web')).toEqual([
      [100, null],
      [200, null],
    ]);
  });

  it('of a run that took limits away gives them back, of block devices too', async () => {
    await run([task('block_limits', { domain: 'web', device: '/dev/sda', read_iops_sec: 100 }), rate(100)]);
    const before = everything();
    const { id } = await run([
      task('block_limits', { domain: 'web', device: '/dev/sda', read_iops_sec: 'unlimited' }),
      task('nic_limits', { domain: '*', inbound: 'unlimited', outbound: 'unlimited' }),
    ]);
    expect(everything()).not.toEqual(before);
    await rollback(id);
    expect(everything()).toEqual(before);
  });

  it('leaves what somebody has changed since, and says what it has', async () => {
    await run([rate(100)]);
    const { id } = await run([rate(200)]);
    await run([task('nic_limits', { domain: 'web', nic: 2, outbound: 700 })]);
    const { of } = await rollback(id);
    expect(of.map(({ vm, label, status, reason }) => [vm, label, status, reason])).toEqual([
      ['web', 'nic 1', 'changed', undefined],
      [
        'web',
        'nic 2',
        'stale',
        'it was changed since: live: sends at most 5.6 Mbit/s; persistent: sends at most 5.6 Mbit/s',
      ],
      ['db', 'nic 1', 'changed', undefined],
    ]);
    expect([averages('web'), averages('db')]).toEqual([
      [
        [100, 200],
        [100, 200],
      ],
      [null, [100]],
    ]);
  });

  it('names VMs and parts of them that are gone', async () => {
    const { id } = await run([rate(100)]);
    unplugNic(host, host.domains[0]!.live![1]!);
    const [web] = host.domains;
    Object.assign(web!, { live: web!.live!.slice(0, -1), config: web!.config!.slice(0, -1) });
    host.domains.pop();
    const { of } = await rollback(id);
    expect(of.map(({ vm, label, status, reason }) => [vm, label, status, reason])).toEqual([
      ['web', 'nic 1', 'changed', undefined],
      ['web', 'nic 2', 'notFound', 'the VM has no such NIC any more'],
      ['db', 'nic 1', 'notFound', 'this host has no such VM any more'],
    ]);
  });

  it('follows a VM that was started or stopped since', async () => {
    const { id } = await run([rate(100)]);
    stopDomain(host, host.domains[0]!);
    startDomain(host, host.domains[1]!);
    expect(statuses(await rollback(id))).toEqual(['db changed', 'web changed', 'web changed']);
    expect([averages('web'), averages('db')]).toEqual([
      [null, [null, null]],
      [[null], [null]],
    ]);
  });

  it('of a run that was cut off between two commands gives back what it had cleared', async () => {
    const outbound = { average: 500, peak: 500, burst: 64 };
    const nic = { source: { bridge: 'br-int' }, virtualport: 'openvswitch' as const, outbound };
    const { uuid } = defineDomain(host, { name: 'ovs', nics: [nic] });
    const before = everything();
    const { id } = await run([task('nic_limits', { domain: 'ovs', outbound: 900 })], false);
    const { made } = await historyOf(state, id);
    const commands = made[0]?.change.steps[0]?.commands ?? [];
    expect(commands).toHaveLength(2);
    // As the first of them leaves it.
    await virsh(host, [commands[0]!.join(' ')]);
    await virsh(host, [`domiftune ${uuid} ${commands[0]![2]} --config --outbound 500,500,64`]);
    expect(statuses(await rollback(id))).toEqual(['ovs changed']);
    expect(everything()).toEqual(before);
    // What somebody else has set is no such thing.
    await virsh(host, [`domiftune ${uuid} ${commands[0]![2]} --live --outbound 700,700,7`]);
    expect(statuses(await rollback(id))).toEqual(['ovs stale']);
  });

  it('of a run that was cut off gives back what was written, and leaves what was not', async () => {
    const { id } = await run([rate(100)], false);
    const nic = host.domains[0]!.config![0]!;
    expect(nic.bandwidth?.inbound?.average).toBe(100);
    await run([task('nic_limits', { domain: 'db', inbound: 'unlimited', outbound: 'unlimited' })]);
    expect(statuses(await rollback(id))).toEqual(['db inSync', 'web changed', 'web changed']);
    expect([averages('web'), averages('db')]).toEqual([
      [
        [null, null],
        [null, null],
      ],
      [null, [null]],
    ]);
  });
});
