import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bastion, startBastion } from './bastion.ts';
import type { Build } from './build.ts';
import { type Fleet, SIMULATED_RATE, startFleet } from './fleet.ts';
import { writePlaybook } from './playbook.ts';
import { expectCode, type MeasuredRun, runMeasured } from './process.ts';
import { type Ssh2Builds, ssh2Builds } from './ssh2_native.ts';
import { median } from './stats.ts';
import { atMost, busyText, mebibytes, ms, type Row, type Section, seconds } from './table.ts';

const KEX = 'curve25519-sha256';
const CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
] as const;
const SIZES = [1, 100, 1000] as const;
const ROUTES = ['direct', 'behind a bastion'] as const;
const GOAL_MS = { direct: 6, 'behind a bastion': 10 };
/** What counts as linear: a host among 1,000 may cost this many times what one among 100 does. */
const LINEAR = 1.1;

type Route = (typeof ROUTES)[number];
type Kind = 'native' | 'plain';

/** Medians of the runs of one kind with one number of hosts. */
interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakBytes: number;
}

/** Of one cipher, by what was run: see {@link named}. */
type Costs = ReadonlyMap<string, Cost>;

const named = (what: Route | 'validate', kind: Kind, hosts: number): string => `${what} ${kind} ${hosts}`;

interface Setting {
  readonly dir: string;
  readonly playbook: string;
  readonly builds: Ssh2Builds;
  readonly rounds: number;
}

/**
 * What SSH costs the control side: whole checks of hosts with one VM with one NIC, which another process simulates,
 * direct and behind one real OpenSSH server. Each server offers one key exchange and one cipher: a run that succeeds
 * has used these.
 */
export async function benchSsh(packageDir: string, dir: string, quick: boolean): Promise<Section> {
  await mkdir(dir, { recursive: true });
  const rounds = quick ? 1 : 3;
  const busyBefore = await busyText();
  const builds = await ssh2Builds(packageDir);
  const playbook = await writePlaybook(dir, 'ssh', SIMULATED_RATE);
  // Nobody's own ssh_config takes part.
  await writeFile(join(dir, 'direct.conf'), '');
  const setting = { dir, playbook, builds, rounds };
  const rows: Row[] = [];
  const left: Row[] = [];
  if (typeof builds.native === 'string')
    left.push({ what: 'native part of ssh2', value: '-', detail: builds.native });
  for (const cipher of quick ? CIPHERS.slice(0, 1) : CIPHERS) {
    const bastion = await startBastion(join(dir, `bastion-${cipher}`), KEX, cipher);
    try {
      const costs = await measureCipher(setting, cipher, typeof bastion === 'string' ? null : bastion);
      if (rows.length === 0) rows.push(...commonRows(costs));
      rows.push(...cipherRows(cipher.replace(/@.*/, ''), costs));
    } finally {
      if (typeof bastion !== 'string') await bastion.stop();
    }
    if (typeof bastion === 'string')
      left.push({ what: `${cipher} ${ROUTES[1]}`, value: '-', detail: bastion });
  }
  const what = `virtune run --check of simulated hosts × 1 VM × 1 NIC over ssh2 and ${KEX}`;
  return { title: `SSH: ${what}, median of ${rounds}, ${busyBefore}`, rows: [...rows, ...left] };
}

async function measureCipher(setting: Setting, cipher: string, bastion: Bastion | null): Promise<Costs> {
  const { plain, native } = setting.builds;
  const kinds: (readonly [Kind, Build])[] = [['plain', plain]];
  if (typeof native !== 'string') kinds.push(['native', native]);
  const routes: (readonly [Route, string])[] = [['direct', join(setting.dir, 'direct.conf')]];
  if (bastion !== null) routes.push(['behind a bastion', bastion.config]);
  const costs = new Map<string, Cost>();
  for (const hosts of SIZES) {
    const size = { hosts, domains: 1, nics: 1 };
    const flags = ['--no-metadata', '--kex', KEX, '--cipher', cipher];
    const fleet = await startFleet(plain, join(setting.dir, `${cipher}-${hosts}`), size, flags);
    try {
      const jobs = routes.flatMap(([route, config]) =>
        kinds.map(([kind, build]) => ({
          name: named(route, kind, hosts),
          run: () => check(build, setting.playbook, fleet, config),
        })),
      );
      const validate = () =>
        runMeasured(
          plain.virtune,
          'validate',
          setting.playbook,
          '-i',
          fleet.inventory,
          ...sshArgs(routes[0]?.[1] ?? ''),
        );
      jobs.push({ name: named('validate', 'plain', hosts), run: validate });
      for (const [name, cost] of await inTurns(jobs, setting.rounds)) costs.set(name, cost);
    } finally {
      await fleet.stop();
    }
  }
  return costs;
}

async function check(build: Build, playbook: string, fleet: Fleet, config: string): Promise<MeasuredRun> {
  const args = ['run', playbook, '-i', fleet.inventory, '--check', ...sshArgs(config)];
  return runMeasured(build.virtune, ...args);
}

function sshArgs(config: string): readonly string[] {
  return ['-e', JSON.stringify({ ansible_ssh_common_args: `-F ${config}` })];
}

interface Job {
  readonly name: string;
  readonly run: () => Promise<MeasuredRun>;
}

/** All jobs once, then all again: what else the machine does meanwhile meets each of them alike. */
async function inTurns(jobs: readonly Job[], rounds: number): Promise<readonly (readonly [string, Cost])[]> {
  const runs = jobs.map((): MeasuredRun[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { name, run }] of jobs.entries()) {
      const ran = await run();
      expectCode(ran, 0, name);
      runs[index]?.push(ran);
    }
  }
  return jobs.map(({ name }, index) => {
    const middle = (pick: (one: MeasuredRun) => number): number => median((runs[index] ?? []).map(pick));
    const cost = {
      cpuMs: middle((one) => one.cpuMs),
      wallMs: middle((one) => one.wallMs),
      peakBytes: middle((one) => one.peakBytes),
    };
    return [name, cost];
  });
}

/** CPU of a host, with the start-up taken off. */
function perHost(costs: Costs, what: Route | 'validate', kind: Kind, hosts: number): number | null {
  const one = costs.get(named(what, kind, 1));
  const all = costs.get(named(what, kind, hosts));
  return one === undefined || all === undefined ? null : (all.cpuMs - one.cpuMs) / (hosts - 1);
}

function commonRows(costs: Costs): readonly Row[] {
  const start = costs.get(named('direct', 'plain', 1));
  const files = perHost(costs, 'validate', 'plain', 1000);
  if (start === undefined || files === null) return [];
  return [
    {
      what: 'start-up and 1 host: CPU',
      value: ms(start.cpuMs),
      detail: `${seconds(start.wallMs)} wall, peak ${mebibytes(start.peakBytes)}; taken off the rows below`,
    },
    {
      what: 'no SSH (virtune validate), 1,000 hosts: CPU a host',
      value: ms(files),
      detail: 'inventory, variables and rules: part of the rows below',
    },
  ];
}

function cipherRows(cipher: string, costs: Costs): readonly Row[] {
  return ROUTES.flatMap((route) => {
    const kind: Kind = costs.has(named(route, 'native', 1000)) ? 'native' : 'plain';
    const [hundred, thousand] = [perHost(costs, route, kind, 100), perHost(costs, route, kind, 1000)];
    if (hundred === null || thousand === null) return [];
    const row = (hosts: number, value: number): Row => {
      const { wallMs, peakBytes } = costs.get(named(route, kind, hosts)) as Cost;
      const plain = perHost(costs, route, 'plain', hosts);
      const other = kind === 'native' && plain !== null ? `; ${ms(plain)} without ssh2's native part` : '';
      return {
        what: `${cipher}, ${route}, ${hosts.toLocaleString('en')} hosts: CPU a host`,
        value: ms(value),
        goal: atMost(value, GOAL_MS[route], ms(GOAL_MS[route])),
        detail: `${seconds(wallMs)} wall, peak ${mebibytes(peakBytes)}${other}`,
      };
    };
    const linear = thousand / hundred;
    return [
      row(100, hundred),
      row(1000, thousand),
      {
        what: `${cipher}, ${route}: 1,000 over 100 hosts`,
        value: linear.toFixed(2),
        goal: atMost(linear, LINEAR, LINEAR.toFixed(2)),
      },
    ];
  });
}
