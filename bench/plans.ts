import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Build } from './build.ts';
import { SIMULATED_RATE, startFleet } from './fleet.ts';
import { writePlaybook } from './playbook.ts';
import { expectCode, type MeasuredRun, runMeasured } from './process.ts';
import { atMost, busyText, mebibytes, type Row, type Section, seconds } from './table.ts';

/** Each host has one VM with two NICs, and all of them change. */
const CHANGES_A_HOST = 2;

/** A saved plan, and what it takes to apply it: what a fleet ten times as large takes must not be ten times as much. */
export async function benchPlans(build: Build, dir: string, sizes: readonly number[]): Promise<Section> {
  await mkdir(dir, { recursive: true });
  const busyBefore = await busyText();
  const playbook = await writePlaybook(dir, 'plans', SIMULATED_RATE);
  const measured: Planned[] = [];
  for (const hosts of sizes) measured.push(await planned(build, join(dir, String(hosts)), playbook, hosts));
  const [small] = measured;
  return {
    title: `Saved plans of simulated hosts × 1 VM × ${CHANGES_A_HOST} NICs that all change, one run each, ${busyBefore}`,
    rows: measured.flatMap(({ hosts, bytes, plan, apply }): readonly Row[] => [
      {
        what: `plan of ${hosts} hosts`,
        value: mebibytes(plan.peakBytes),
        ...goal(plan, small?.plan),
        detail: `peak; ${seconds(plan.wallMs)}, ${seconds(plan.cpuMs)} CPU, a file of ${mebibytes(bytes)}`,
      },
      {
        what: `apply of ${hosts * CHANGES_A_HOST} changes`,
        value: mebibytes(apply.peakBytes),
        ...goal(apply, small?.apply),
        detail: `peak; ${seconds(apply.wallMs)}, ${seconds(apply.cpuMs)} CPU`,
      },
    ]),
  };
}

interface Planned {
  readonly hosts: number;
  readonly bytes: number;
  readonly plan: MeasuredRun;
  readonly apply: MeasuredRun;
}

async function planned(build: Build, dir: string, playbook: string, hosts: number): Promise<Planned> {
  const fleet = await startFleet(build, dir, { hosts, domains: 1, nics: CHANGES_A_HOST }, [
    '--converged',
    '0',
  ]);
  try {
    const file = join(dir, 'fleet.plan');
    const inventory = ['-i', fleet.inventory];
    const plan = await runMeasured(build.virtune, 'plan', playbook, ...inventory, '-o', file);
    expectCode(plan, 2, `virtune plan of ${hosts} simulated hosts`);
    const apply = await runMeasured(build.virtune, 'apply', file, ...inventory);
    expectCode(apply, 0, `virtune apply to ${hosts} simulated hosts`);
    return { hosts, bytes: (await stat(file)).size, plan, apply };
  } finally {
    await fleet.stop();
  }
}

function goal(run: MeasuredRun, small: MeasuredRun | undefined): Pick<Row, 'goal'> {
  if (small === undefined || run === small) return {};
  return { goal: atMost(run.peakBytes, small.peakBytes * 3, '3 × the first') };
}
