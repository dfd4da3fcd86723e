import { setTimeout as sleep } from 'node:timers/promises';
import type { Build } from './build.ts';
import { type Lab, type LabHost, onHost } from './lab.ts';
import { writePlaybook } from './playbook.ts';
import { median } from './stats.ts';
import { atMost, busyText, ms, type Row, type Section, settle, times } from './table.ts';
import { startWatch } from './watch_process.ts';

const RATE = { text: '100 Mbit/s', units: 12_500 };

/**
 * How long VMs of a real host are without their limits after they were started, measured on the host: from the time
 * that libvirt gives its own event `Started` to that of the last write of the file with the VM's running state, which
 * is when its last NIC was limited. The floor is one virsh that reads the same VM and one that sets the same limits.
 */
export async function benchWatchReal(build: Build, lab: Lab, rounds: number): Promise<Section> {
  const playbook = await writePlaybook(lab.dir, 'watch', RATE.text);
  const [host] = lab.hosts as [LabHost];
  const on = (script: string, ...args: string[]): Promise<string> => onHost(lab, host, script, ...args);
  const watch = startWatch(build, lab.dir, playbook, '-i', lab.inventory);
  try {
    await watch.until(() => watch.said().includes(`${host.name}: changed `));
    await on(LISTEN);
    await settle();
    const busyBefore = await busyText();
    const uuids = host.guests.map(({ uuid }) => uuid);
    const [first] = host.guests as [LabHost['guests'][number]];
    const one: number[] = [];
    const floor: number[] = [];
    for (let round = 0; round < rounds; round++) {
      floor.push(Number(await on(FLOOR, first.uuid, ...first.macs)));
      one.push(...(await startAnew(on, [first.uuid], 1)));
    }
    const all = await startAnew(on, uuids, 16);
    const ratio = median(one) / median(floor);
    return {
      title: `A watch of a real host with ${uuids.length} guests, ${rounds} starts one by one, ${busyBefore}`,
      rows: [
        {
          what: 'from Started to limited / virsh dumpxml + virsh domiftune',
          value: times(ratio),
          goal: atMost(ratio, RATIO, times(RATIO)),
          detail: `${ms(median(one))} / ${ms(median(floor))}, with 10 ms in which more events may come`,
        },
        spread('one VM starts: from Started to limited', one, [300, 1000]),
        spread(`${uuids.length} VMs start at once: from Started to limited`, all, [null, 2000]),
      ],
    };
  } finally {
    await on('kill $(cat /run/lab/events.pid)').catch(() => {});
    await watch.stop();
  }
}

/** What a look does more than the floor: it finds out which VMs there are, takes the lock, and compares before it writes. */
const RATIO = 4;

const LISTEN = `
  LC_ALL=C setsid virsh -r event --event lifecycle --loop --timestamp </dev/null >>/run/lab/events.log 2>&1 &
  echo $! >/run/lab/events.pid; sleep 0.5`;

const FLOOR = `
  from=\${EPOCHREALTIME/./}; uuid=$0; set=
  for mac; do set="$set;domiftune $uuid $mac --live --config --inbound ${RATE.units} --outbound ${RATE.units}"; done
  virsh -r -q "dumpxml $uuid;dumpxml --inactive $uuid" >/dev/null; virsh -q "\${set#;}"
  echo $(((\${EPOCHREALTIME/./} - from) / 1000))`;

/** As Nova does it before a start; then quiet, so that each start stands for itself. */
const STOP = `
  for uuid; do
    virsh -q dumpxml --inactive $uuid | sed '/<bandwidth>/,/<.bandwidth>/d' >/tmp/$uuid.xml
    virsh -q destroy $uuid; virsh -q undefine $uuid
  done; sleep 1; : >/run/lab/events.log`;

const START = `
  at=$0; printf '%s\\n' "$@" | xargs -P $at -I{} virsh -q 'define /tmp/{}.xml;start --paused {}'
  for uuid; do
    until ! virsh -q dumpxml $uuid | sed -n '/<interface/,/<.interface>/p' | tr -d '\\n' | sed 's/<.interface>/&\\n/g' |
      grep -v '<inbound' | grep -q '<interface'; do sleep 0.2; done
  done
  for uuid; do
    name=$(virsh -q domname $uuid); name=\${name%$'\\n'}
    started=$(grep -F "domain '$name': Started" /run/lab/events.log | tail -n 1); started=\${started%%+*}
    echo $(($(stat -c %.3Y /run/libvirt/qemu/$name.xml | tr -d .) - $(date -u -d "$started" +%s%3N)))
  done`;

async function startAnew(
  on: (script: string, ...args: string[]) => Promise<string>,
  uuids: readonly string[],
  atOnce: number,
): Promise<readonly number[]> {
  await on(STOP, 'stop', ...uuids);
  await sleep(1_000);
  return (await on(START, String(atOnce), ...uuids)).trim().split('\n').map(Number);
}

const BOUNDS = [100, 150, 200, 300, 500, 1000, 2000, 5000];

function spread(
  what: string,
  values: readonly number[],
  [middle, most]: readonly [number | null, number],
): Row {
  const sorted = values.toSorted((a, b) => a - b);
  const p99 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? Number.NaN;
  const buckets = [...BOUNDS, Number.POSITIVE_INFINITY].map((bound, index) => {
    const count = values.filter((value) => value <= bound && value > (BOUNDS[index - 1] ?? -Infinity)).length;
    return count === 0 ? [] : [`${bound === Number.POSITIVE_INFINITY ? 'more' : `≤ ${bound}`}: ${count}`];
  });
  return {
    what,
    value: `${ms(median(values))} median, ${ms(p99)} p99`,
    detail: `${buckets.flat().join(', ')} (on an idle machine ${middle === null ? '' : `median ≤ ${middle} ms, `}p99 ≤ ${most} ms is wanted)`,
  };
}
