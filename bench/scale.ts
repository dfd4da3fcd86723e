import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Build } from './build.ts';
import { type Fleet, SIMULATED_RATE, startFleet } from './fleet.ts';
import { writeAllModules, writePlaybook } from './playbook.ts';
import { expectCode, type MeasuredRun, runMeasured } from './process.ts';
import { median } from './stats.ts';
import { atMost, busyText, mebibytes, ms, type Row, type Section, seconds } from './table.ts';

const DOMAINS = 10;
const NICS = 2;

/** Medians of several runs. */
interface Cost {
  readonly hosts: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** The control side alone, against fleets that other processes simulate. */
export async function benchScale(build: Build, dir: string, rounds: number): Promise<Section> {
  await mkdir(dir, { recursive: true });
  const playbook = await writePlaybook(dir, 'scale', SIMULATED_RATE);
  const every = await writeAllModules(dir, 'every', SIMULATED_RATE);
  const costOf = async (
    tasks: string,
    hosts: number,
    converged: number,
    ...flags: string[]
  ): Promise<Cost> => {
    const runs: MeasuredRun[] = [];
    const want = converged === 1 || !flags.includes('--check') ? 0 : 2;
    let fleet: Fleet | undefined;
    try {
      for (let round = 0; round < rounds; round++) {
        // A run that changes the fleet needs a new one each time.
        if (converged !== 1) await fleet?.stop();
        if (fleet === undefined || converged !== 1) {
          const size = { hosts, domains: DOMAINS, nics: NICS };
          fleet = await startFleet(build, join(dir, String(hosts)), size, ['--converged', String(converged)]);
        }
        const ran = await runMeasured(build.virtune, 'run', tasks, '-i', fleet.inventory, ...flags);
        expectCode(ran, want, `virtune run ${flags.join(' ')} with ${hosts} simulated hosts`);
        runs.push(ran);
      }
    } finally {
      await fleet?.stop();
    }
    const middle = (pick: (one: MeasuredRun) => number): number => median(runs.map(pick));
    return {
      hosts,
      wallMs: middle((one) => one.wallMs),
      cpuMs: middle((one) => one.cpuMs),
      peakBytes: middle((one) => one.peakBytes),
    };
  };
  const cost = (hosts: number, converged: number, ...flags: string[]): Promise<Cost> =>
    costOf(playbook, hosts, converged, ...flags);
  const busyBefore = await busyText();
  const one = await cost(1, 1, '--check');
  const hundred = await cost(100, 1, '--check');
  const thousand = await cost(1000, 1, '--check');
  const applied = await cost(1000, 1);
  const changed = await cost(1000, 0);
  const modules = await costOf(every, 1000, 1, '--check');
  const perHost = (c: Cost): number => (c.cpuMs - one.cpuMs) / (c.hosts - 1);
  const row = (what: string, c: Cost, goal?: Row['goal']): Row => ({
    what: `${what}: CPU a host`,
    value: ms(perHost(c)),
    ...(goal === undefined ? {} : { goal }),
    detail: `${seconds(c.cpuMs)} CPU, ${seconds(c.wallMs)} wall, peak ${mebibytes(c.peakBytes)}`,
  });
  const limit = 5;
  return {
    title: `Simulated hosts × ${DOMAINS} VMs × ${NICS} NICs, control side alone, median of ${rounds}, ${busyBefore}`,
    rows: [
      {
        what: 'start-up and 1 host: CPU',
        value: ms(one.cpuMs),
        detail: `${seconds(one.wallMs)} wall, peak ${mebibytes(one.peakBytes)}; taken off the rows below`,
      },
      row('100 hosts in sync, --check', hundred, atMost(perHost(hundred), limit, ms(limit))),
      row('1,000 hosts in sync, --check', thousand, atMost(perHost(thousand), limit, ms(limit))),
      row('1,000 hosts in sync, apply', applied, atMost(perHost(applied), limit, ms(limit))),
      row('1,000 hosts, all NICs change', changed),
      row('1,000 hosts in sync, all modules', modules, atMost(perHost(modules), 7, ms(7))),
      {
        what: 'CPU a host, 1,000 over 100 hosts',
        value: (perHost(thousand) / perHost(hundred)).toFixed(2),
        goal: atMost(perHost(thousand), perHost(hundred), '1.00'),
      },
      {
        what: 'peak memory, 1,000 hosts in sync',
        value: mebibytes(Math.max(thousand.peakBytes, applied.peakBytes)),
        goal: atMost(Math.max(thousand.peakBytes, applied.peakBytes), 250 * 1024 * 1024, '250 MiB'),
        detail: `${mebibytes(changed.peakBytes)} where all change`,
      },
    ],
  };
}

const LARGE = 10_000;

/** One run over a fleet as large as there are. */
export async function benchLarge(build: Build, dir: string): Promise<Section> {
  await mkdir(dir, { recursive: true });
  const playbook = await writePlaybook(dir, 'large', SIMULATED_RATE);
  const busyBefore = await busyText();
  const fleet = await startFleet(build, dir, { hosts: LARGE, domains: DOMAINS, nics: NICS });
  const rows: Row[] = [];
  try {
    for (const [what, more] of [
      ['in sync', []],
      ['in sync, JSON report', ['--report', `json=${join(dir, 'report.json')}`]],
    ] as const) {
      const ran = await runMeasured(
        build.virtune,
        'run',
        playbook,
        '--check',
        '-i',
        fleet.inventory,
        ...more,
      );
      expectCode(ran, 0, `virtune run --check with ${LARGE} simulated hosts`);
      rows.push(
        {
          what: `${what}: time`,
          value: seconds(ran.wallMs),
          goal: atMost(ran.wallMs, 100_000, '100 s'),
          detail: `${seconds(ran.cpuMs)} CPU`,
        },
        {
          what: `${what}: peak memory`,
          value: mebibytes(ran.peakBytes),
          goal: atMost(ran.peakBytes, 500 * 1024 * 1024, '500 MiB'),
        },
      );
    }
  } finally {
    await fleet.stop();
  }
  return {
    title: `10,000 simulated hosts × ${DOMAINS} VMs × ${NICS} NICs, one run each, ${busyBefore}`,
    rows,
  };
}
