import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { type Build, ROOT } from './build.ts';
import type { Lab } from './lab.ts';
import { writePlaybook } from './playbook.ts';
import { type Command, expectCode, type Run, run } from './process.ts';
import { pairs } from './stats.ts';
import { busyText, type Row, type Section, seconds, settle, times } from './table.ts';

const PLAYBOOK = join(ROOT, 'bench/ansible/nic-limits.yml');
/** libvirt's units, and virtune's spelling of the same. */
const RATES = [
  { units: 12_500, text: '100 Mbit/s' },
  { units: 25_000, text: '200 Mbit/s' },
] as const;

/** The same job on the same hosts by Ansible (ansible/nic-limits.yml), with the settings that make it quick. */
export async function benchAnsible(build: Build, lab: Lab, rounds: number): Promise<Section> {
  const probe = await run(['ansible-playbook', '--version']).catch(() => null);
  const title = 'Ansible on the same hosts';
  if (probe === null) return { title, rows: [], missing: 'ansible-playbook is not installed' };
  const version = /core ([\d.]+)/.exec(probe.stdout)?.[1] ?? '';
  await mkdir(join(lab.dir, 'ansible'), { recursive: true });

  const ansible = async (units: number): Promise<Run> => {
    const env = {
      ANSIBLE_PIPELINING: 'True',
      ANSIBLE_FORKS: '50',
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
      ANSIBLE_SSH_COMMON_ARGS: `-o UserKnownHostsFile=${join(lab.dir, 'known_hosts')} -o KexAlgorithms=curve25519-sha256`,
      // A folder of its own: each run opens its connections anew, as one from cron or CI does.
      ANSIBLE_SSH_CONTROL_PATH_DIR: await mkdtemp(join(lab.dir, 'ansible/')),
    };
    const command: Command = ['ansible-playbook', '-i', lab.inventory, PLAYBOOK, '-e', `rate=${units}`];
    const ran = await run(command, env);
    expectCode(ran, 0, 'ansible-playbook');
    return ran;
  };
  const playbooks = await Promise.all(
    RATES.map(({ text }, index) => writePlaybook(lab.dir, `ansible${index}`, text)),
  );
  const virtune = async (rate: 0 | 1): Promise<Run> => {
    const ran = await run([
      process.execPath,
      build.virtune,
      'run',
      playbooks[rate] ?? '',
      '-i',
      lab.inventory,
    ]);
    expectCode(ran, 0, 'virtune');
    return ran;
  };

  await settle();
  const busyBefore = await busyText();
  await virtune(0);
  const [converged, convergedAnsible]: [number[], number[]] = [[], []];
  const [changing, changingAnsible]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    converged.push((await virtune(0)).wallMs);
    const same = await ansible(RATES[0].units);
    if (!/changed=0 /.test(same.stdout)) throw new Error(`Ansible sees a difference:\n${same.stdout}`);
    convergedAnsible.push(same.wallMs);
    changing.push((await virtune(1)).wallMs);
    const other = await ansible(RATES[0].units);
    if (!/changed=1 /.test(other.stdout)) throw new Error(`Ansible changed nothing:\n${other.stdout}`);
    changingAnsible.push(other.wallMs);
  }
  const row = (what: string, own: readonly number[], theirs: readonly number[]): Row => {
    const { ratio, a, b } = pairs(theirs, own);
    return {
      what,
      value: times(ratio),
      detail: `Ansible ${seconds(a)}, virtune ${seconds(b)}`,
    };
  };
  return {
    title: `${title}: ansible-core ${version}, 50 forks, pipelining, no facts, ${rounds} pairs, ${busyBefore}`,
    rows: [
      row('a run that changes nothing, Ansible / virtune', converged, convergedAnsible),
      row('a run that changes every NIC, Ansible / virtune', changing, changingAnsible),
    ],
  };
}
