import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchAnsible } from './ansible.ts';
import { build as buildCopy } from './build.ts';
import { benchCloud } from './cloud.ts';
import { benchHostile } from './hostile.ts';
import { type Lab, startLab } from './lab.ts';
import { benchPlans } from './plans.ts';
import { benchReal } from './real.ts';
import { benchResolve } from './resolve.ts';
import { benchLarge, benchScale } from './scale.ts';
import { benchServe } from './serve.ts';
import { benchSsh } from './ssh.ts';
import { benchStartup } from './startup.ts';
import { renderTable, type Section } from './table.ts';
import { benchVms } from './vms.ts';
import { benchWatchFleet, benchWatchStorm } from './watch.ts';
import { benchWatchReal } from './watch_real.ts';

/**
 * Measures virtune against what can be reached, and prints tables:
 *
 *   npm run bench [-- --quick] [-- --only real,ansible,scale,large,plans,vms,ssh,resolve,cloud,hostile,startup,watch,serve] [-- --hosts 10 --guests 5]
 *
 * Nothing here fails for a slow machine: only ratios and CPU times have goals, and a missed one is shown as ✗. Each
 * table is printed once it is measured, and a part that breaks takes nothing from the others.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: {
      type: 'string',
      default: 'startup,scale,large,plans,vms,ssh,resolve,cloud,hostile,watch,serve,real,ansible',
    },
    hosts: { type: 'string', default: '10' },
    guests: { type: 'string', default: '5' },
  },
});
const parts = new Set(values.only.split(','));
const { quick } = values;

const dir = await mkdtemp(join(tmpdir(), 'virtune-bench-'));
// What is measured includes the record of each run, and not in that of whoever measures.
process.env.VIRTUNE_STATE_DIR = join(dir, 'state');
const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Measures something of a part, where that part is asked for, and prints what came of it. */
async function measure(
  part: string,
  title: string,
  how: () => Promise<Section | readonly Section[]>,
): Promise<void> {
  if (!parts.has(part)) return;
  say(title);
  let sections: readonly Section[];
  try {
    sections = [await how()].flat();
  } catch (error) {
    process.exitCode = 1;
    sections = [{ title, rows: [], missing: error instanceof Error ? error.message : String(error) }];
  }
  print(`\n${renderTable(sections)}`);
}

/** Measures with a lab of real hypervisors, which ends with it. */
async function withLab<T>(
  name: string,
  hosts: number,
  guests: number,
  how: (lab: Lab) => Promise<T>,
): Promise<T> {
  const lab = await startLab(join(dir, name), hosts, guests);
  try {
    return await how(lab);
  } finally {
    await lab.down();
  }
}

try {
  say('building a copy');
  const build = await buildCopy(join(dir, 'package'));
  print(`Node ${process.version}, Linux ${release()}, ${cpus().length} × ${cpus()[0]?.model}`);
  const at = (name: string): string => join(dir, name);
  await measure('startup', 'start-up', () => benchStartup(build, quick ? 5 : 15));
  await measure('scale', 'simulated fleets', () => benchScale(build, at('scale'), quick ? 1 : 3));
  await measure('large', 'ten thousand simulated hosts', () => benchLarge(build, at('large')));
  await measure('plans', 'saved plans', () =>
    benchPlans(build, at('plans'), quick ? [100, 1000] : [1000, 10_000]),
  );
  await measure('vms', 'VMs as inventory hosts', () => benchVms(build, at('vms'), quick ? 3 : 9));
  await measure('ssh', 'SSH, direct and behind a bastion', () => benchSsh(at('package'), at('ssh'), quick));
  await measure('resolve', 'a large inventory', () => benchResolve(build, at('resolve'), quick ? 1 : 3));
  await measure('cloud', 'a cloud as inventory', () => benchCloud(build, at('cloud')));
  await measure('serve', 'the API of a service', () => benchServe(build, at('serve'), quick));
  await measure('hostile', 'hostile YAML', () => benchHostile(quick ? 1 : 3));
  // Many VMs of one host: those of the lab that follows are spread over many.
  await measure('watch', 'a watch of a real hypervisor', () =>
    withLab('watch-lab', 1, quick ? 20 : 100, (lab) => benchWatchReal(build, lab, quick ? 5 : 50)),
  );
  await measure('watch', 'a watch of a storm', () => benchWatchStorm(build, at('storm'), quick ? 100 : 1000));
  await measure('watch', 'a watch of a simulated fleet', () =>
    benchWatchFleet(build, at('watch'), quick ? 200 : 1000),
  );
  if (!quick)
    await measure('watch', 'a watch of a shard', () =>
      benchWatchFleet(build, at('shard'), 5000, '--shard', '1/5'),
    );
  // One lab for both, since it takes minutes to start.
  if (parts.has('real') || parts.has('ansible')) {
    say('starting a lab of real hypervisors');
    const [hosts, guests] = [Number(values.hosts), Number(values.guests)];
    await withLab('lab', hosts, guests, async (lab) => {
      await measure('real', 'virtune against OpenSSH and virsh', () => benchReal(build, lab, quick ? 3 : 9));
      await measure('ansible', 'virtune against Ansible', () => benchAnsible(build, lab, quick ? 1 : 3));
    });
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}
