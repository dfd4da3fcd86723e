import type { Build } from './build.ts';
import { expectCode, run, runMeasured } from './process.ts';
import { writeResolveFiles } from './resolve_files.ts';
import { median } from './stats.ts';
import { atMost, busyText, mebibytes, type Row, type Section, seconds, times } from './table.ts';

const MAX_WALL_MS = 2000;
const MAX_BYTES = 300 * 1024 * 1024;

/** What a child of Python's used, told by the one process that it waits for. */
const MEASURE = `
import json, resource, subprocess, sys, time
started = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": done.returncode, "wallMs": (time.monotonic() - started) * 1000, "peakBytes": used.ru_maxrss * 1024}))
`;

interface Measured {
  readonly code: number;
  readonly wallMs: number;
  readonly peakBytes: number;
}

/**
 * 10,000 hosts in nested groups and 200 rules, to the rules of each host: the whole command, start-up and the check of
 * all rules included, beside `ansible-inventory --list`, which does less.
 */
export async function benchResolve(build: Build, dir: string, rounds: number): Promise<Section> {
  const files = await writeResolveFiles(dir);
  const title = `${files.hosts} hosts in nested groups, ${files.rules} rules, ${await busyText()}`;
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    const ran = await runMeasured(build.virtune, 'validate', files.playbook, '-i', files.inventory);
    expectCode(ran, 0, 'virtune validate');
    runs.push(ran);
  }
  const wall = median(runs.map(({ wallMs }) => wallMs));
  const peak = Math.max(...runs.map(({ peakBytes }) => peakBytes));
  const rows: Row[] = [
    { what: 'virtune validate: time', value: seconds(wall), goal: atMost(wall, MAX_WALL_MS, '2 s') },
    { what: 'virtune validate: memory', value: mebibytes(peak), goal: atMost(peak, MAX_BYTES, '300 MiB') },
  ];
  const ansible = await measureAnsible(files.inventory);
  if (typeof ansible === 'string')
    return { title, rows: [...rows, { what: 'ansible-inventory', value: '-', detail: ansible }] };
  const detail = 'one run, variables only';
  return {
    title,
    rows: [
      ...rows,
      { what: 'ansible-inventory --list: time', value: seconds(ansible.wallMs), detail },
      { what: 'ansible-inventory --list: memory', value: mebibytes(ansible.peakBytes), detail },
      { what: 'ansible-inventory / virtune', value: times(ansible.wallMs / wall) },
    ],
  };
}

/** Once: it takes from half a minute to minutes. */
async function measureAnsible(inventory: string): Promise<Measured | string> {
  const command = ['ansible-inventory', '-i', inventory, '--list'];
  const ran = await run(['python3', '-c', MEASURE, ...command]).catch(() => null);
  if (ran === null || ran.code !== 0) return 'not installed here';
  const measured = JSON.parse(ran.stdout) as Measured;
  return measured.code === 0 ? measured : `ended with status ${measured.code}`;
}
