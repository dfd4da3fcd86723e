import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { expect, inject } from 'vitest';
import type { HostResult, NicResult } from '../../src/model/result.ts';

/** What end-to-end tests do with the lab and the command line. */

const ROOT = resolve(import.meta.dirname, '../..');
export const LAB = inject('lab');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; its input is closed. */
export function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input = '',
): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, cwd: ROOT });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', fail).on('close', (code) => done({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

/** `lab.sh` with its arguments; fails unless it ends with 0. */
export async function lab(args: readonly string[], input = ''): Promise<string> {
  const ran = await run('bash', [join(ROOT, 'test/lab/lab.sh'), ...args], { VIRTUNE_LAB_DIR: LAB }, input);
  if (ran.code !== 0) throw new Error(`lab.sh ${args.join(' ')}: ${ran.code}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

/** Plain virsh on a host of the lab, the judge of every test. */
export const virsh = (host: string, ...args: string[]) => lab(['exec', host, 'virsh', '-q', ...args]);

/** Defines and starts a guest. @returns its UUID */
export async function guest(host: string, name: string, ...options: string[]): Promise<string> {
  return (await lab(['guest', host, name, ...options])).trim();
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

export interface Report {
  readonly schema: string;
  readonly exitCode: number;
  readonly summary: Record<'hosts' | 'nics', Record<string, number>>;
  readonly hosts: readonly HostResult[];
  readonly unmatchedRules: readonly { readonly name: string }[];
}

export interface Played extends Ran {
  readonly report: Report;
  /** All NICs of the report, in order. */
  readonly nics: readonly NicResult[];
}

const schema = JSON.parse(readFileSync(join(ROOT, 'src/report/report.schema.json'), 'utf8'));
const validReport = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

/** The command line as users run it, from the build. */
export function virtune(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return run(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], { NO_COLOR: '1', ...env });
}

export interface Written {
  /** Playbook file. */
  readonly playbook: string;
  /** Inventory options for the command line. */
  readonly inventory: readonly string[];
  readonly dir: string;
}

/** Writes a playbook with these rules, for hosts of the lab or of an inventory of its own. */
export function write(
  rules: object,
  options: { hosts?: string; inventory?: object; play?: object } = {},
): Written {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-e2e-'));
  const playbook = join(dir, 'play.yml');
  const play = {
    name: 'test',
    hosts: options.hosts ?? 'hv01',
    ...options.play,
    tasks: [{ nic_limits: rules }],
  };
  writeFileSync(playbook, JSON.stringify([play], null, 2));
  const inventory = ['-i', join(LAB, 'inventory.yml')];
  if (options.inventory !== undefined) {
    writeFileSync(join(dir, 'more.yml'), JSON.stringify(options.inventory));
    inventory.push('-i', join(dir, 'more.yml'));
  }
  return { playbook, inventory, dir };
}

/** Runs a written playbook and gives its JSON report, which must fit its schema and account for itself. */
export async function play(written: Written, ...args: string[]): Promise<Played> {
  const file = join(written.dir, 'report.json');
  const ran = await virtune([
    'run',
    written.playbook,
    ...written.inventory,
    '--report',
    `json=${file}`,
    ...args,
  ]);
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
  return { ...ran, report, nics: report.hosts.flatMap((host) => host.nics) };
}
