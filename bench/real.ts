import type { Build } from './build.ts';
import { countOnHost, type HostCount, type Lab, type LabHost, sshCommand } from './lab.ts';
import { writePlaybook } from './playbook.ts';
import { type Command, expectCode, run, runTogether } from './process.ts';
import { pairs } from './stats.ts';
import { atMost, busyText, ms, type Row, type Section, settle, times } from './table.ts';

/** libvirt's units: 100 and 200 Mbit/s. */
const RATES = [
  { text: '100 Mbit/s', units: 12_500 },
  { text: '200 Mbit/s', units: 25_000 },
] as const;

/** virtune against the bare floor: OpenSSH clients side by side, each with one virsh that does the same. */
export async function benchReal(build: Build, lab: Lab, rounds: number): Promise<Section> {
  const playbooks = await Promise.all(
    RATES.map(({ text }, index) => writePlaybook(lab.dir, `rate${index}`, text)),
  );
  const virtune = (playbook: string, ...flags: string[]): Command => [
    process.execPath,
    build.virtune,
    'run',
    playbook,
    '-i',
    lab.inventory,
    ...flags,
  ];
  const timed = async (command: Command): Promise<number> => {
    const ran = await run(command);
    expectCode(ran, 0, command.join(' '));
    return ran.wallMs;
  };
  const [first = '', second = ''] = playbooks;
  const reads = lab.hosts.map((host) => sshCommand(lab, host, readBatch(host)));
  const writes = RATES.map(({ units }) =>
    lab.hosts.map((host) => sshCommand(lab, host, writeBatch(host, units))),
  );

  // Settled and warm: the first run of each has the machine's caches to fill.
  await timed(virtune(first));
  await timed(virtune(first, '--check'));
  await runTogether(reads);

  await settle();
  const busyBefore = await busyText();
  const check: number[] = [];
  const readFloor: number[] = [];
  for (let round = 0; round < rounds; round++) {
    check.push(await timed(virtune(first, '--check')));
    readFloor.push(await runTogether(reads));
  }
  const apply: number[] = [];
  const writeFloor: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Every NIC changes in each of the two: to the second rate, and back to the first.
    apply.push(await timed(virtune(second)));
    writeFloor.push(await runTogether(writes[0] ?? []));
  }
  const [host] = lab.hosts as [LabHost];
  const converged = await countOnHost(lab, host, () => timed(virtune(first, '--check')));
  const changed = await countOnHost(lab, host, () => timed(virtune(second)));
  const nics = host.guests[0]?.macs.length ?? 0;
  return {
    title: `Real hypervisors: ${lab.hosts.length} hosts × ${host.guests.length} guests × ${nics} NICs, ${rounds} pairs, ${busyBefore}`,
    rows: [
      // What starts virtune weighs less the more hosts there are.
      ratioRow(
        'virtune run --check / ssh + virsh dumpxml',
        check,
        readFloor,
        lab.hosts.length < 60 ? 1.3 : 1.1,
      ),
      ratioRow('virtune run / ssh + virsh domiftune', apply, writeFloor, 1.05),
      countRow('on a converged host', converged, { connections: 1, execs: 1, virsh: 1 }),
      // The second NICs of VMs come after the first ones, in a virsh of their own.
      countRow('on a changed host', changed, { connections: 1, execs: 2, virsh: nics > 1 ? 4 : 3 }),
    ],
  };
}

function readBatch(host: LabHost): string {
  return virsh(
    '-r ',
    host.guests.flatMap(({ uuid }) => [`dumpxml ${uuid}`, `dumpxml --inactive ${uuid}`]),
  );
}

function writeBatch(host: LabHost, units: number): string {
  const value = [units, units, units].join(',');
  const flags = `--live --config --inbound ${value} --outbound ${value}`;
  return virsh(
    '',
    host.guests.flatMap(({ uuid, macs }) => macs.map((mac) => `domiftune ${uuid} ${mac} ${flags}`)),
  );
}

function virsh(flags: string, commands: readonly string[]): string {
  return `exec virsh ${flags}-c qemu:///system '${commands.join(';')}'`;
}

function ratioRow(what: string, a: readonly number[], b: readonly number[], goal: number): Row {
  const { ratio, low, high, ...middle } = pairs(a, b);
  return {
    what,
    value: times(ratio),
    goal: atMost(ratio, goal, times(goal)),
    detail: `${ms(middle.a)} / ${ms(middle.b)}, pairs from ${low.toFixed(2)} to ${high.toFixed(2)}`,
  };
}

function countRow(what: string, count: HostCount, goal: HostCount): Row {
  const text = ({ connections, execs, virsh: processes }: HostCount): string =>
    `${connections} / ${execs} / ${processes}`;
  return {
    what: `${what}: connections / execs / virsh`,
    value: text(count),
    goal: {
      text: `= ${text(goal)}`,
      met: text(count) === text(goal),
    },
  };
}
