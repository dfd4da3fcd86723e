import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchAnsible } from './ansible.ts';
import { build as buildCopy } from './build.ts';
import { benchHostile } from './hostile.ts';
import { type Lab, startLab } from './lab.ts';
import { benchReal } from './real.ts';
import { benchResolve } from './resolve.ts';
import { benchLarge, benchScale } from './scale.ts';
import { benchServe } from './serve.ts';
import { benchSsh } from './ssh.ts';
import { benchStartup } from './startup.ts';
import { renderTable, type Section } from './table.ts';
import { benchVms } from './vms.ts';
import { benchWatch } from './watch.ts';
import { benchWatchReal } from './watch_real.ts';

/**
 * Measures virtune against what can be reached, and prints one table:
 *
 *   npm run bench [-- --quick] [-- --only real,ansible,scale,large,vms,ssh,resolve,hostile,startup,watch,serve] [-- --hosts 10 --guests 5]
 *
 * Nothing here fails for a slow machine: only ratios and CPU times have goals, and a missed one is shown as ✗.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'startup,scale,large,vms,ssh,resolve,hostile,watch,serve,real,ansible' },
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
const sections: Section[] = [];
let lab: Lab | string | undefined;
try {
  say('building a copy');
  const build = await buildCopy(join(dir, 'package'));
  if (parts.has('startup')) {
    say('start-up');
    sections.push(await benchStartup(build, quick ? 5 : 15));
  }
  if (parts.has('scale')) {
    say('simulated fleets');
    sections.push(await benchScale(build, join(dir, 'scale'), quick ? 1 : 3));
  }
  if (parts.has('large')) {
    say('ten thousand simulated hosts');
    sections.push(await benchLarge(build, join(dir, 'large')));
  }
  if (parts.has('vms')) {
    say('VMs as inventory hosts');
    sections.push(await benchVms(build, join(dir, 'vms'), quick ? 3 : 9));
  }
  if (parts.has('ssh')) {
    say('SSH, direct and behind a bastion');
    sections.push(await benchSsh(join(dir, 'package'), join(dir, 'ssh'), quick));
  }
  if (parts.has('resolve')) {
    say('a large inventory');
    sections.push(await benchResolve(build, join(dir, 'resolve'), quick ? 1 : 3));
  }
  if (parts.has('watch')) {
    say('a watch over simulated fleets');
    sections.push(await benchWatch(build, join(dir, 'watch'), quick));
  }
  if (parts.has('serve')) {
    say('the API of a service');
    sections.push(...(await benchServe(build, join(dir, 'serve'), quick)));
  }
  if (parts.has('hostile')) {
    say('hostile YAML');
    sections.push(await benchHostile(quick ? 1 : 3));
  }
  if (parts.has('watch')) {
    say('a watch of a real hypervisor');
    // Many VMs of one host: those of the lab that follows are spread over many.
    const full = await startLab(join(dir, 'watch-lab'), 1, quick ? 20 : 100);
    if (typeof full === 'string')
      sections.push({
        title: 'A watch of a real host',
        rows: [],
        missing: `the lab cannot run here: ${full}`,
      });
    else
      try {
        sections.push(await benchWatchReal(build, full, quick ? 5 : 50));
      } finally {
        await full.down();
      }
  }
  if (parts.has('real') || parts.has('ansible')) {
    say('starting a lab of real hypervisors');
    lab = await startLab(join(dir, 'lab'), Number(values.hosts), Number(values.guests));
    if (typeof lab === 'string') {
      sections.push({ title: 'Real hypervisors', rows: [], missing: `the lab cannot run here: ${lab}` });
    } else {
      if (parts.has('real')) {
        say('virtune against OpenSSH and virsh');
        sections.push(await benchReal(build, lab, quick ? 3 : 9));
      }
      if (parts.has('ansible')) {
        say('virtune against Ansible');
        sections.push(await benchAnsible(build, lab, quick ? 1 : 3));
      }
    }
  }
} finally {
  if (typeof lab === 'object') await lab.down();
  await rm(dir, { recursive: true, force: true });
}
const machine = `Node ${process.version}, Linux ${release()}, ${cpus().length} × ${cpus()[0]?.model}`;
process.stdout.write(`\n${machine}\n\n${renderTable(sections)}\n`);
