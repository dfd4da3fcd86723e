import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionTarget } from '../../../src/connection/connection.ts';
import { newConnector } from '../../../src/connection/connector.ts';
import type { HostJob } from '../../../src/engine/job.ts';
import { runPlays } from '../../../src/engine/run.ts';
import type { HostResult } from '../../../src/model/result.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { targetOf } from '../../unit/connection/fixtures.ts';
import { args, rate, rule } from '../../unit/modules/build.ts';
import { closeAll, sshServer, tcpServer } from '../connection/servers.ts';

/** Many hosts behind a jump host that is sick, and some that have nothing to do with it, in one run. */

const SICK = 100;
const WELL = 20;
/** Beyond the test's own limit: nothing here ends by a deadline. */
const NEVER_MS = 600_000;

let dir = '';
let fleet: SimFleet;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-sick-'));
  fleet = await startSimFleet(Array.from({ length: WELL }, (_, index) => simHost(`well-${index}`)));
  await writeFleetFiles(fleet, dir);
});

afterEach(async () => {
  closeAll();
  await fleet.close();
  rmSync(dir, { recursive: true });
});

const rules = [rule({ limits: { inbound: rate(100) } })];
const jobOf = (target: ConnectionTarget): HostJob => ({
  name: target.host,
  target,
  uri: 'qemu:///system',
  tasks: [{ name: 'limits', module: nicLimits, args: args(rules) }],
});

const wellJobs = (): HostJob[] =>
  fleet.hosts.map(({ name, address, port }) =>
    jobOf(
      targetOf({
        host: name,
        address,
        port,
        privateKeyFile: join(dir, 'id_ed25519'),
        knownHostsFiles: [join(dir, 'known_hosts')],
      }),
    ),
  );

const sickJobs = (jump: ConnectionTarget, kind: ConnectionTarget['kind'] = 'ssh'): HostJob[] =>
  Array.from({ length: SICK }, (_, index) =>
    jobOf(
      targetOf({ kind, host: `sick-${index}`, address: `10.9.9.${index}`, connectTimeoutMs: NEVER_MS, jump }),
    ),
  );

const connector = newConnector();

/** Runs them all, the sick first, and interrupts the run as soon as `enough` holds. */
async function run(
  jobs: readonly HostJob[],
  forks: number,
  enough: (done: readonly HostResult[]) => boolean,
) {
  const stopping = new AbortController();
  const abort = new AbortController();
  const done: HostResult[] = [];
  const place = { file: 'p.yml', line: 1, column: 1 };
  const play = { name: 'p', file: 'p.yml', place, hosts: 'all', hostsPlace: place, vars: {}, tasks: [] };
  const outcome = await runPlays(
    connector,
    [{ play, batches: [jobs], rules }],
    { check: true, forks },
    { stopping: stopping.signal, abort: abort.signal },
    {
      hostDone: (result) => {
        done.push(result);
        if (!enough(done)) return;
        stopping.abort();
        abort.abort();
      },
    },
  );
  const statuses = (prefix: string) => [
    ...new Set(
      outcome.hosts
        .filter(({ name }) => name.startsWith(prefix))
        .map(({ status, errorCode, error }) =>
          `${status} ${errorCode ?? ''} ${error?.slice(0, 3) ?? ''}`.trim(),
        ),
    ),
  ];
  return { hosts: outcome.hosts, order: done.map(({ name }) => name.replace(/-\d+$/, '')), statuses };
}

const allWell = (done: readonly HostResult[]) =>
  done.filter(({ name }) => name.startsWith('well')).length === WELL;

describe('a jump host that', () => {
  it.each([
    ['ssh', 5],
    ['ssh', 1],
    ['openssh', 5],
    ['openssh', 1],
  ] as const)('never answers (%s): no host that is well waits for it, with %d forks', async (kind, forks) => {
    const sockets: Socket[] = [];
    const port = await tcpServer((socket) => void sockets.push(socket));
    const jump = targetOf({ host: 'bastion', port, connectTimeoutMs: NEVER_MS });
    const { order, hosts, statuses } = await run([...sickJobs(jump, kind), ...wellJobs()], forks, allWell);
    expect(order.slice(0, WELL)).toEqual(Array(WELL).fill('well'));
    expect(statuses('well')).toEqual(['ok']);
    expect(hosts).toHaveLength(SICK + WELL);
    expect(statuses('sick')).toEqual(['skipped  the']);
    expect(sockets.length).toBeLessThanOrEqual(1);
  });

  it('stalls after its login: it holds one fork, until nothing else waits', async () => {
    // It lets everybody in, and never answers who wants to go on from there.
    const jump = { ...(await sshServer(() => {})), host: 'bastion' };
    const { order, statuses } = await run([...sickJobs(jump), ...wellJobs()], 5, allWell);
    expect(order.slice(0, WELL)).toEqual(Array(WELL).fill('well'));
    expect(statuses('well')).toEqual(['ok']);
  });

  it('is not asked for hosts that there is nothing to do on', async () => {
    let connections = 0;
    const port = await tcpServer(() => void connections++);
    const idle = sickJobs(targetOf({ host: 'bastion', port })).map((job) => ({ ...job, tasks: [] }));
    const { statuses } = await run([...idle, ...wellJobs()], 5, () => false);
    expect([statuses('sick'), statuses('well'), connections]).toEqual([['ok'], ['ok'], 0]);
  });

  it('hangs up: all the hosts behind it fail with its error, from as many tries as one host makes', async () => {
    let connections = 0;
    const port = await tcpServer((socket) => {
      connections++;
      socket.end('this is no SSH server\r\n');
    });
    const jump = targetOf({ host: 'bastion', port });
    const { hosts, statuses } = await run([...sickJobs(jump), ...wellJobs()], 5, () => false);
    expect(statuses('well')).toEqual(['ok']);
    for (const host of hosts.filter(({ name }) => name.startsWith('sick')))
      expect(host).toMatchObject({
        status: 'unreachable',
        errorCode: 'protocol',
        error: expect.stringContaining(`${host.name} is behind bastion: bastion`),
      });
    expect(connections).toBe(1);
  });
});
