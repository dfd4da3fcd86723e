import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { expect, inject } from 'vitest';
import type { DesiredLimits, Limits } from '../../src/facts/bandwidth.ts';
import type { DomainRef } from '../../src/model/change.ts';
import type { HostResult, MissingDomain } from '../../src/model/result.ts';
import type { RuleRef, SubjectStatus } from '../../src/model/status.ts';
import { defineDomain } from '../../src/sim/define.ts';
import { writeFleetFiles } from '../../src/sim/fleet_files.ts';
import { type SimNic, simHost } from '../../src/sim/model.ts';
import type { SshFaults } from '../../src/sim/ssh_faults.ts';
import { type SimServer, startSimFleet } from '../../src/sim/sshd.ts';
import { runInside, seenInside } from './inside.ts';

/** What end-to-end tests do with the lab and the command line. */

const ROOT = resolve(import.meta.dirname, '../..');
export const LAB = inject('lab');

/** The command line's own file. */
export const MAIN = join(ROOT, 'dist/cli/main.js');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started<R = Ran> {
  readonly child: ChildProcess;
  /** To the program itself, wherever it runs. */
  readonly signal: (name: NodeJS.Signals) => Promise<unknown>;
  readonly ended: Promise<R>;
}

/** Programs behave here as they do where people run them: in CI they would ask nobody and draw nothing. */
export const NOT_IN_CI = { CI: '', GITHUB_ACTIONS: '', GITLAB_CI: '', TF_BUILD: '', TEAMCITY_VERSION: '' };

/** Starts a program; its input is closed. */
export function start(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input = '',
): Started {
  const child = spawn(program, args, { env: { ...process.env, ...NOT_IN_CI, ...env }, cwd: ROOT });
  const ended = new Promise<Ran>((done, fail) => {
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', fail).on('close', (code) => done({ code, stdout, stderr }));
    // A program may end before it has read anything.
    child.stdin.on('error', () => {}).end(input);
  });
  return { child, signal: async (name) => child.kill(name), ended };
}

/** Runs a program to its end; its input is closed. */
export function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input = '',
): Promise<Ran> {
  return start(program, args, env, input).ended;
}

/** `lab.sh` with its arguments, while it runs. */
const startLab = (args: readonly string[], input = '') =>
  start('bash', [join(ROOT, 'lab/lab.sh'), ...args], { VIRTUNE_LAB_DIR: LAB }, input);

/** `lab.sh` with its arguments; fails unless it ends with 0. */
export async function lab(args: readonly string[], input = ''): Promise<string> {
  const ran = await startLab(args, input).ended;
  if (ran.code !== 0) throw new Error(`lab.sh ${args.join(' ')}: ${ran.code}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

/** Plain virsh on a host of the lab, the judge of every test. */
export const virsh = (host: string, ...args: string[]) => lab(['exec', host, 'virsh', '-q', ...args]);

/** Defines and starts a guest. @returns its UUID */
export async function guest(host: string, name: string, ...options: string[]): Promise<string> {
  return (await lab(['guest', host, name, ...options])).trim();
}

/** Removes what a test has defined, by the beginning of the names: from an earlier run too. */
export async function removeGuests(host: string, prefix: string): Promise<void> {
  const script = `
    virsh -q list --all --uuid --name | while read -r uuid name; do
      case $name in "$0"*) virsh -q destroy $uuid; virsh -q undefine --managed-save $uuid ;; esac
    done >/dev/null 2>&1; true`;
  await lab(['exec', host, 'bash', '-c', script, prefix]);
}

/** An interface element for {@link guest}. */
export const bridgeNic = (mac: string, inner = '', bridge = 'br0') =>
  `<interface type='bridge'><mac address='${mac}'/><source bridge='${bridge}'/><model type='virtio'/><rom enabled='no'/>${inner}</interface>`;

/** The `<bandwidth>` parts that virsh prints, without white space; '' for an empty one. */
export async function bandwidth(host: string, uuid: string, ...flags: string[]): Promise<string[]> {
  const xml = await virsh(host, 'dumpxml', uuid, ...flags);
  return [...xml.matchAll(/<interface .*?<\/interface>/gs)].map(([nic]) =>
    (/<bandwidth>(.*?)<\/bandwidth>/s.exec(nic)?.[1] ?? '').replaceAll(/\n\s*/g, ''),
  );
}

interface BothLimits {
  readonly live: Limits | null;
  readonly config: Limits | null;
}

/** A NIC in the report. */
export interface Resource {
  readonly kind: string;
  readonly label: string;
  readonly domain: DomainRef;
  readonly subject: {
    readonly index: number | null;
    readonly mac: string;
    readonly target: string;
    readonly type: string;
    readonly source: string;
  };
  readonly status: SubjectStatus;
  readonly rules: readonly RuleRef[];
  readonly desired: DesiredLimits;
  readonly desiredByState?: { readonly live: DesiredLimits; readonly config: DesiredLimits };
  readonly before: BothLimits;
  readonly after: BothLimits | null;
  readonly commands: readonly string[];
  readonly reason?: string;
  readonly notes?: readonly string[];
  readonly ignored?: true;
}

export interface ReportedHost extends Omit<HostResult, 'resources' | 'totals' | 'hypervisor'> {
  readonly resources: readonly Resource[];
}

export interface Report {
  readonly schema: string;
  readonly exitCode: number;
  readonly summary: {
    readonly hosts: Record<string, number>;
    readonly resources: { readonly nic: Record<string, number> };
  };
  readonly hosts: readonly ReportedHost[];
  readonly unmatchedRules: readonly { readonly name: string }[];
  readonly missingDomains: readonly MissingDomain[];
}

export interface Played extends Ran {
  readonly report: Report;
  /** All NICs of the report, in order. */
  readonly nics: readonly Resource[];
}

const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/report.schema.json'), 'utf8'));
const validReport = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false }).compile(schema);

/**
 * The command line as users run it, from the build.
 * @param inside the lab host to run it on; without one, this machine
 */
export function virtune(args: readonly string[], env: NodeJS.ProcessEnv = {}, inside?: string): Promise<Ran> {
  return startVirtune(args, env, inside).ended;
}

/** The same while it runs. */
export function startVirtune(args: readonly string[], env: NodeJS.ProcessEnv = {}, inside?: string): Started {
  const all = { NO_COLOR: '1', ...env };
  if (inside === undefined) return start(process.execPath, [MAIN, ...args], all);
  const { command, kill } = runInside(join(LAB, 'hosts', inside), args, all);
  return {
    ...startLab(['exec', inside, ...command]),
    signal: (name) => lab(['exec', inside, ...kill(name)]),
  };
}

export interface Written {
  /** Playbook file. */
  readonly playbook: string;
  /** Inventory options for the command line. */
  readonly inventory: readonly string[];
  readonly dir: string;
  /** The lab host that virtune is to run on, if that is not this machine: it sees the folder of the lab's state. */
  readonly inside?: string;
}

/** Writes a playbook with these rules, for hosts of the lab or of an inventory of its own. */
export function write(
  rules: object,
  options: {
    hosts?: string;
    /** More hosts, or more about those of the lab. */
    inventory?: object;
    play?: object;
    /** Inventory file of the lab; '' for none of its hosts. */
    lab?: string;
    inside?: string;
  } = {},
): Written {
  const { inside } = options;
  const place = inside === undefined ? tmpdir() : join(LAB, 'hosts', inside);
  const dir = mkdtempSync(join(place, 'virtune-e2e-'));
  const playbook = join(dir, 'play.yml');
  const play = {
    name: 'test',
    hosts: options.hosts ?? 'hv01',
    ...options.play,
    tasks: [{ nic_limits: rules }],
  };
  writeFileSync(playbook, JSON.stringify([play], null, 2));
  const file = options.lab ?? join(LAB, 'inventory.yml');
  const inventory = file === '' ? [] : ['-i', file];
  if (options.inventory !== undefined) {
    writeFileSync(join(dir, 'more.yml'), JSON.stringify(options.inventory));
    inventory.push('-i', join(dir, 'more.yml'));
  }
  return { playbook, inventory, dir, ...(inside === undefined ? {} : { inside }) };
}

/** Runs a written playbook and gives its JSON report, which must fit its schema and account for itself. */
export function play(written: Written, ...args: string[]): Promise<Played> {
  return startPlay(written, ...args).ended;
}

/** The same while it runs. */
export function startPlay(written: Written, ...args: string[]): Started<Played> {
  const { playbook, inventory, dir, inside } = written;
  const file = join(mkdtempSync(join(dir, 'run-')), 'report.json');
  const all = ['run', playbook, ...inventory, '--report', `json=${file}`, ...args];
  const seen = inside === undefined ? all : all.map((arg) => seenInside(join(LAB, 'hosts', inside), arg));
  const started = startVirtune(seen, {}, inside);
  return { ...started, ended: started.ended.then((ran) => readPlayed(ran, file)) };
}

/** What a run has left behind: its output, and the JSON report in a file. */
export function readPlayed(ran: Ran, file: string): Played {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    throw new Error(`no report (exit ${ran.code}):\n${ran.stdout}\n${ran.stderr}`);
  }
  expect(validReport(report), JSON.stringify(validReport.errors)).toBe(true);
  expect(report.exitCode).toBe(ran.code);
  const { total, ...counts } = report.summary.hosts;
  expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(total);
  return { ...ran, report, nics: report.hosts.flatMap((host) => host.resources) };
}

/** Simulated hosts in this process, for troubles that no real one can be brought into on command. */
export interface Simulated {
  readonly inventory: string;
  /** How to reach a host, for an inventory of one's own. */
  readonly vars: (name: string) => Record<string, unknown>;
  readonly server: (name: string) => SimServer;
  /** What virtune wrote: the first NIC of a host's only VM, which is called `sim`. */
  readonly limits: (name: string) => SimNic['bandwidth'];
  readonly close: () => Promise<void>;
}

export async function simulate(
  names: readonly string[],
  faults: Readonly<Record<string, Partial<SshFaults>>> = {},
): Promise<Simulated> {
  const hosts = names.map((name) => {
    const host = simHost(name);
    defineDomain(host, { name: 'sim', nics: [{ source: { bridge: 'br0' } }] });
    return host;
  });
  const fleet = await startSimFleet(hosts, { ownHostKeys: true, faults });
  const files = await writeFleetFiles(fleet, mkdtempSync(join(tmpdir(), 'virtune-sim-')));
  const server = (name: string) => fleet.hosts.find((host) => host.name === name)!;
  return {
    inventory: files.inventory,
    vars: (name) => ({
      ansible_host: server(name).address,
      ansible_port: server(name).port,
      ansible_user: 'root',
      ansible_ssh_private_key_file: files.privateKey,
      virtune_known_hosts_file: files.knownHosts,
    }),
    server,
    limits: (name) => server(name).host.domains[0]?.config?.[0]?.bandwidth ?? null,
    close: () => fleet.close(),
  };
}
