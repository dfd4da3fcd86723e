import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newConnector } from '../../../src/connection/connector.ts';
import { exitCode } from '../../../src/engine/exit_code.ts';
import { runPlays } from '../../../src/engine/run.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { renderInventory, writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimHost, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { compileTexts, lines } from '../../unit/project/play.ts';

/** Keywords of playbooks, in whole runs against simulated hosts. */

let dir = '';
let fleet: SimFleet;
let hosts: SimHost[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-keywords-'));
  hosts = ['hv1', 'hv2', 'hv3', 'hv4'].map((name) => {
    const host = simHost(name);
    host.knobs.lockTimeoutMs = 1;
    defineDomain(host, { name: 'web', nics: [{ source: { bridge: 'br0' } }] });
    defineDomain(host, { name: 'db', nics: [{ source: { bridge: 'br0' } }] });
    return host;
  });
  fleet = await startSimFleet(hosts);
});

afterEach(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

const task = (domain: string, keys = '') =>
  `    - nic_limits: {rules: [{domain: ${domain}, inbound: 1 MB/s}]}\n${keys}`;
const play = (keys: string, ...tasks: readonly string[]) =>
  `- hosts: all\n${keys}  tasks:\n${tasks.join('')}`;

const connector = newConnector();

async function run(playbook: string, forks = 10, kernel = false) {
  const files = await writeFleetFiles(fleet, dir);
  const { plays, diagnostics } = compileTexts(playbook, renderInventory(fleet, files));
  expect(lines(diagnostics)).toEqual([]);
  const signals = { stopping: new AbortController().signal, abort: new AbortController().signal };
  let now = 0;
  let most = 0;
  const observer = {
    hostStarted: () => {
      now++;
      most = Math.max(most, now);
    },
    hostDone: () => {
      now--;
    },
  };
  const outcome = await runPlays(
    connector,
    plays,
    { check: false, forks, kernel, retryDelayMs: 1, busyRetries: 0 },
    signals,
    observer,
  );
  return {
    code: exitCode(outcome, false),
    statuses: outcome.hosts.map((host) => host.status),
    nics: outcome.hosts.map((host) => host.resources.map(({ domain, status }) => `${domain.name} ${status}`)),
    hosts: outcome.hosts,
    most,
  };
}

const breakHost = (index: number) => {
  hosts[index]!.knobs.libvirtd = 'down';
};
const loseHost = (index: number) => {
  fleet.hosts[index]!.faults.connect = 'garbage';
};
const holdDomain = (index: number, domain: number) => {
  hosts[index]!.domains[domain]!.busy = { attempts: Number.POSITIVE_INFINITY, holder: 'save' };
};

describe('run_once', () => {
  it('the first host of each batch has the task, the others have the rest', async () => {
    const { code, nics } = await run(
      play('  serial: 2\n', task('web', '      run_once: true\n'), task('db')),
    );
    expect(code).toBe(0);
    const all = ['web changed', 'db changed'];
    expect(nics).toEqual([all, ['db changed'], all, ['db changed']]);
  });

  it('hosts without any task are not contacted', async () => {
    const { code, statuses } = await run(play('  run_once: true\n', task('web')));
    expect([code, statuses]).toEqual([0, ['changed', 'ok', 'ok', 'ok']]);
    expect(fleet.hosts.map((host) => host.counts.connections)).toEqual([1, 0, 0, 0]);
  });

  it('what fails for one fails for all', async () => {
    breakHost(0);
    const { code, statuses } = await run(play('  run_once: true\n  serial: 1\n', task('web')));
    expect([code, statuses]).toEqual([3, ['failed', 'skipped', 'skipped', 'skipped']]);
  });
});

describe('when', () => {
  it('hosts for which nothing holds are in the report, and not contacted', async () => {
    const { code, statuses } = await run(
      play('', task('web', '      when: inventory_hostname is match("hv[12]")\n')),
    );
    expect([code, statuses]).toEqual([0, ['changed', 'changed', 'ok', 'ok']]);
    expect(fleet.hosts.map((host) => host.counts.connections)).toEqual([1, 1, 0, 0]);
  });
});

describe('any_errors_fatal', () => {
  it('the batch ends, the run does too', async () => {
    breakHost(0);
    const { code, statuses } = await run(play('  any_errors_fatal: true\n  serial: 2\n', task('web')));
    expect([code, statuses]).toEqual([3, ['failed', 'changed', 'skipped', 'skipped']]);
  });

  it('without it the run goes on', async () => {
    breakHost(0);
    const { code, statuses } = await run(play('  serial: 2\n', task('web')));
    expect([code, statuses]).toEqual([3, ['failed', 'changed', 'changed', 'changed']]);
  });

  it('is not for what is ignored', async () => {
    breakHost(0);
    const { code } = await run(
      play('  any_errors_fatal: true\n  ignore_errors: true\n  serial: 1\n', task('web')),
    );
    expect(code).toBe(0);
  });
});

describe('a task that fails', () => {
  it('is the last one of its host', async () => {
    holdDomain(0, 0);
    const { code, nics, hosts: results } = await run(play('', task('web'), task('db')));
    expect(code).toBe(3);
    expect(nics.slice(0, 2)).toEqual([
      ['web busy', 'db skipped'],
      ['web changed', 'db changed'],
    ]);
    expect(results[0]?.resources[1]?.reason).toBe('an earlier task failed on this host');
  });

  it('with ignore_errors is seen and does not count', async () => {
    holdDomain(0, 0);
    const text = play('', task('web', '      ignore_errors: true\n'), task('db'));
    const { code, nics, statuses, hosts: results } = await run(`${text}${play('', task('db'))}`);
    expect(results[0]).toMatchObject({ status: 'changed' });
    expect([code, statuses]).toEqual([0, ['changed', 'changed', 'changed', 'changed']]);
    expect(nics[0]).toEqual(['web busy', 'db changed']);
    expect(results[0]?.resources[0]).toMatchObject({ ignored: true });
  });

  it('with ignore_errors and max_fail_percentage 0 does not end the run', async () => {
    holdDomain(0, 0);
    const { code } = await run(
      play('  serial: 1\n  max_fail_percentage: 0\n  ignore_errors: true\n', task('web')),
    );
    expect(code).toBe(0);
  });

  it('with ignore_errors a host that is lost counts all the same', async () => {
    loseHost(0);
    const { code, statuses } = await run(play('  ignore_errors: true\n', task('web')));
    expect([code, statuses[0]]).toEqual([4, 'unreachable']);
  });
});

describe('ignore_unreachable', () => {
  it('a lost host does not count, and the next play tries it again', async () => {
    loseHost(0);
    const one = play('  ignore_unreachable: true\n', task('web'));
    const { code, hosts: results } = await run(`${one}${one}`);
    expect(code).toBe(0);
    expect(results[0]).toMatchObject({ status: 'unreachable', ignored: true });
  });

  it('does not hide what counts in another play', async () => {
    loseHost(0);
    const { code, hosts: results } = await run(
      `${play('  ignore_unreachable: true\n', task('web'))}${play('', task('web'))}`,
    );
    expect(code).toBe(4);
    expect(results[0]?.ignored).toBeUndefined();
  });

  it('holds for a task alone only if all tasks of the host have it', async () => {
    loseHost(0);
    const { code } = await run(play('', task('web', '      ignore_unreachable: true\n'), task('db')));
    expect(code).toBe(4);
  });
});

describe('verify', () => {
  /** The VMs of whose NICs the kernel was asked about. */
  const looked = async (playbook: string, kernel = false) => {
    const [host] = (await run(playbook, 10, kernel)).hosts;
    return (host?.resources ?? []).filter((one) => one.kernel !== undefined).map(({ domain }) => domain.name);
  };
  const block = (keys: string, ...tasks: readonly string[]) =>
    `    - block:\n${tasks.map((one) => one.replaceAll(/^/gm, '    ').trimEnd()).join('\n')}\n${keys}`;
  const KERNEL = 'verify: kernel\n';
  const LIBVIRT = 'verify: libvirt\n';

  it('of a play holds for its tasks, unless a block or a task says something else', async () => {
    const both = [task('web'), task('db')];
    expect(await looked(play('', ...both))).toEqual([]);
    expect(await looked(play(`  ${KERNEL}`, ...both))).toEqual(['web', 'db']);
    expect(await looked(play(`  ${LIBVIRT}`, ...both))).toEqual([]);
    const web = [task('web', `      ${LIBVIRT}`), task('db')];
    expect(await looked(play(`  ${KERNEL}`, ...web))).toEqual(['db']);
    expect(await looked(play('', task('web', `      ${KERNEL}`), task('db')))).toEqual(['web']);
    const inBlock = block(`      ${LIBVIRT}`, task('web'), task('db', `      ${KERNEL}`));
    expect(await looked(play(`  ${KERNEL}`, inBlock))).toEqual(['db']);
    expect(await looked(play('', block(`      ${KERNEL}`, task('web')), task('db')))).toEqual(['web']);
  });

  it('of the command line holds for all, whatever they say', async () => {
    expect(await looked(play(`  ${LIBVIRT}`, task('web'), task('db')), true)).toEqual(['web', 'db']);
  });
});

describe('throttle', () => {
  it.each([
    ['', 10, 4],
    ['  throttle: 2\n', 10, 2],
    ['  throttle: 3\n', 1, 1],
    ['  throttle: 0\n', 10, 4],
  ])('%j with %d forks: %d hosts at once at most', async (keys, forks, expected) => {
    const { code, most } = await run(play(keys, task('web')), forks);
    expect([code, most]).toEqual([0, expected]);
  });
});
