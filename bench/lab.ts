import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './build.ts';
import { type Command, expectCode, type Run, run } from './process.ts';

/** A lab of real hypervisors (lab), alone for this benchmark. */

export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly guests: readonly { readonly uuid: string; readonly macs: readonly string[] }[];
}

export interface Lab {
  readonly dir: string;
  readonly inventory: string;
  readonly hosts: readonly LabHost[];
  readonly down: () => Promise<void>;
}

const SCRIPT = join(ROOT, 'lab/lab.sh');

/** @throws Error where it cannot run here */
export async function startLab(dir: string, hosts: number, guests: number): Promise<Lab> {
  const call = (...args: string[]): Promise<Run> => run(['bash', SCRIPT, ...args], { VIRTUNE_LAB_DIR: dir });
  const check = await call('check');
  if (check.code !== 0)
    throw new Error(`the lab cannot run here: ${check.stderr.trim() || `exit status ${check.code}`}`);
  const down = async (): Promise<void> => {
    await call('down');
    await rm(dir, { recursive: true, force: true });
  };
  try {
    expectCode(await call('up', String(hosts), '--guests', String(guests)), 0, 'lab.sh up');
    const inventory = join(dir, 'inventory.yml');
    const found = [...(await readFile(inventory, 'utf8')).matchAll(/^ +(\S+):\n +ansible_host: (\S+)$/gm)];
    const named = found.map(([, name = '', address = '']) => ({ name, address }));
    return {
      dir,
      inventory,
      hosts: await Promise.all(
        named.map(async (host) => ({ ...host, guests: await guestsOf(host.name, call) })),
      ),
      down,
    };
  } catch (error) {
    await down();
    throw error;
  }
}

async function guestsOf(host: string, call: (...args: string[]) => Promise<Run>): Promise<LabHost['guests']> {
  const list = await call('exec', host, 'virsh', '-q', 'list', '--all', '--uuid');
  expectCode(list, 0, `virsh list on ${host}`);
  const uuids = list.stdout.split(/\s+/).filter((word) => /^[0-9a-f-]{36}$/.test(word));
  return Promise.all(
    uuids.map(async (uuid) => {
      const { stdout } = await call('exec', host, 'virsh', '-q', 'domiflist', uuid);
      return { uuid, macs: [...stdout.matchAll(/[0-9a-f]{2}(?::[0-9a-f]{2}){5}/g)].map(([mac]) => mac) };
    }),
  );
}

/** Runs a script on a host, with arguments from `$0` on. @returns what it says */
export async function onHost(lab: Lab, host: LabHost, script: string, ...args: string[]): Promise<string> {
  const ran = await run(['bash', SCRIPT, 'exec', host.name, 'bash', '-ec', script, ...args], {
    VIRTUNE_LAB_DIR: lab.dir,
  });
  expectCode(ran, 0, `a script on ${host.name}`);
  return ran.stdout;
}

/** A plain OpenSSH client that runs one command line on a host. */
export function sshCommand(lab: Lab, host: LabHost, command: string): Command {
  const options = [
    'BatchMode=yes',
    'ControlMaster=no',
    'IdentitiesOnly=yes',
    'KexAlgorithms=curve25519-sha256',
    `UserKnownHostsFile=${join(lab.dir, 'known_hosts')}`,
  ];
  const flags = ['-F', 'none', '-i', join(lab.dir, 'id_ed25519')];
  return ['ssh', ...flags, ...options.flatMap((option) => ['-o', option]), `root@${host.address}`, command];
}

/** What a run cost one host. */
export interface HostCount {
  readonly connections: number;
  readonly execs: number;
  readonly virsh: number;
}

/**
 * Counts what a run does on one host: connections and execs as its sshd logs them, and virsh processes by a virsh in
 * front of the real one. Not to be combined with measuring time.
 */
export async function countOnHost(lab: Lab, host: LabHost, work: () => Promise<unknown>): Promise<HostCount> {
  const outside = join(lab.dir, 'hosts', host.name);
  const path = '/run/lab/bench:/usr/sbin:/usr/bin:/sbin:/bin';
  const conf = join(outside, 'sshd.d/bench.conf');
  const virshLog = join(outside, 'log/virsh.log');
  const sshdLog = join(outside, 'log/sshd.log');
  await mkdir(join(outside, 'bench'), { recursive: true });
  const wrapper = '#!/bin/sh\necho run >>/run/lab/log/virsh.log\nexec /usr/bin/virsh "$@"\n';
  await writeFile(join(outside, 'bench/virsh'), wrapper, { mode: 0o755 });
  await appendFile(virshLog, '');
  await reconfigure(lab, host, () => writeFile(conf, `LogLevel VERBOSE\nSetEnv PATH=${path}\n`));
  try {
    const before = await Promise.all([readFile(sshdLog, 'utf8'), readFile(virshLog, 'utf8')]);
    await work();
    const after = await Promise.all([readFile(sshdLog, 'utf8'), readFile(virshLog, 'utf8')]);
    const news = after.map((text, index) => text.slice(before[index]?.length));
    const count = (text = '', pattern: RegExp): number => text.match(pattern)?.length ?? 0;
    return {
      connections: count(news[0], /^Accepted publickey/gm),
      execs: count(news[0], /^Starting session: /gm),
      virsh: count(news[1], /^run$/gm),
    };
  } finally {
    await reconfigure(lab, host, () => rm(conf));
  }
}

async function reconfigure(lab: Lab, host: LabHost, change: () => Promise<void>): Promise<void> {
  await change();
  const hup = ['exec', host.name, 'sh', '-c', 'kill -HUP $(cat /run/sshd.pid) && sleep 0.5'];
  expectCode(await run(['bash', SCRIPT, ...hup], { VIRTUNE_LAB_DIR: lab.dir }), 0, 'sshd');
}
