import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Build } from './build.ts';
import { type Fleet, SIMULATED_RATE, startFleet } from './fleet.ts';
import { writePlaybook } from './playbook.ts';
import { expectCode, type MeasuredRun, runMeasured } from './process.ts';
import { median } from './stats.ts';
import { atMost, busyText, ms, type Row, type Section, seconds, times } from './table.ts';

const HOSTS = 10;
const DOMAINS = 50;
const NICS = 2;

/** Inventories that list VMs as hosts, against the same hypervisors listed themselves. */
export async function benchVms(build: Build, dir: string, rounds: number): Promise<Section> {
  await mkdir(dir, { recursive: true });
  const busyBefore = await busyText();
  let fleet: Fleet | undefined;
  try {
    fleet = await startFleet(build, dir, { hosts: HOSTS, domains: DOMAINS, nics: NICS });
    const byHost = await writePlaybook(dir, 'hosts', SIMULATED_RATE);
    const byVm = await writePlaybook(dir, 'vms', SIMULATED_RATE, '{{ vm }}');
    const vms = await writeVms(dir, fleet.inventory);
    const cost = async (playbook: string, inventory: string, ...flags: string[]): Promise<Cost> => {
      const runs: MeasuredRun[] = [];
      for (let round = 0; round < rounds; round++) {
        const ran = await runMeasured(build.virtune, 'run', playbook, '-i', inventory, ...flags);
        expectCode(ran, 0, `virtune run ${playbook} -i ${inventory} ${flags.join(' ')}`);
        runs.push(ran);
      }
      const middle = (pick: (one: MeasuredRun) => number): number => median(runs.map(pick));
      return { cpuMs: middle((one) => one.cpuMs), wallMs: middle((one) => one.wallMs) };
    };
    const hosts = await cost(byHost, fleet.inventory, '--check');
    const all = await cost(byVm, vms, '--check');
    // Reading 500 hosts from files costs what it costs, whatever they are.
    const files = await cost(byHost, fleet.inventory, '--list-tasks');
    const allFiles = await cost(byVm, vms, '--list-tasks');
    const host = await cost(byHost, fleet.inventory, '--check', '--limit', 'hv0001');
    const one = await cost(byVm, vms, '--check', '--limit', 'hv0001-vm-001');
    const visits = (all.cpuMs - allFiles.cpuMs) / (hosts.cpuMs - files.cpuMs);
    return {
      title: `${HOSTS} simulated hosts × ${DOMAINS} VMs × ${NICS} NICs, whole runs, median of ${rounds}, ${busyBefore}`,
      rows: [
        row('hypervisors as inventory hosts, --check: CPU', hosts, files),
        row(`${HOSTS * DOMAINS} VMs as inventory hosts, --check: CPU`, all, allFiles),
        {
          what: 'the same, over hypervisors, beyond the files: CPU',
          value: times(visits),
          goal: atMost(visits, 1.2, times(1.2)),
          detail: `all: CPU ${times(all.cpuMs / hosts.cpuMs)}, wall ${times(all.wallMs / hosts.wallMs)}`,
        },
        row('--limit one-hypervisor, --check: CPU', host),
        row('--limit one-vm, --check: CPU', one),
        {
          what: 'the same, over its hypervisor: CPU',
          value: times(one.cpuMs / host.cpuMs),
          goal: atMost(one.cpuMs, host.cpuMs, times(1)),
          detail: `wall ${times(one.wallMs / host.wallMs)}`,
        },
      ],
    };
  } finally {
    await fleet?.stop();
  }
}

interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** An inventory with each VM of each host of another one. @returns its file */
async function writeVms(dir: string, inventory: string): Promise<string> {
  const { hosts, vars } = parse(await readFile(inventory, 'utf8')).all.children.compute;
  const vms = Object.entries<object>(hosts).flatMap(([name, host]) =>
    Array.from({ length: DOMAINS }, (_, index) => {
      const vm = `vm-${String(index + 1).padStart(3, '0')}`;
      return [`${name}-${vm}`, { ...host, vm }] as const;
    }),
  );
  const file = join(dir, 'vms.json');
  const compute = { hosts: Object.fromEntries(vms), vars };
  await writeFile(file, JSON.stringify({ all: { children: { compute } } }));
  return file;
}

function row(what: string, { cpuMs, wallMs }: Cost, files?: Cost): Row {
  const ofFiles = files === undefined ? '' : `, files alone ${ms(files.cpuMs)} CPU`;
  return { what, value: ms(cpuMs), detail: `${seconds(wallMs)} wall${ofFiles}` };
}
