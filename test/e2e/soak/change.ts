import { lab } from '../lab.ts';
import type { Draw } from './draw.ts';
import { create, type Fleet, type Guest } from './fleet.ts';
import type { Domain, Look, Nic } from './types.ts';

/** What happens to VMs between two runs: people start, stop and change them with plain virsh. */
export async function drift(draw: Draw, host: string, fleet: Fleet, look: Look): Promise<void> {
  const script: string[] = [];
  const touched = new Set<string>();
  for (let n = draw.int(0, 3); n > 0; n--) {
    const domain = draw.pick(look.domains);
    if (touched.has(domain.uuid)) continue;
    touched.add(domain.uuid);
    script.push(...draw.pick([changeState, changeState, changeLimits, changeLimits, unplug])(draw, domain));
  }
  if (script.length > 0) await lab(['exec', host, 'bash', '-ec', `exec >/dev/null; ${script.join('\n')}`]);
  if (draw.chance(0.3)) await comeOrGo(host, draw.pick(fleet.passing), look);
  for (const guest of fleet.steady) {
    // A transient VM that was stopped is gone.
    const gone = !look.domains.some(({ uuid }) => uuid === guest.uuid);
    if (gone && draw.chance(0.5)) await create(host, guest);
  }
}

async function comeOrGo(host: string, guest: Guest, look: Look): Promise<void> {
  const there = look.domains.find(({ uuid }) => uuid === guest.uuid);
  if (there === undefined) return create(host, guest);
  const script = `virsh -q destroy $0; virsh -q undefine --managed-save $0; ! virsh -q domid $0`;
  await lab(['exec', host, 'bash', '-c', `(${script}) >/dev/null 2>&1`, guest.uuid]);
}

function changeState(draw: Draw, { uuid, state, persistent, saved }: Domain): string[] {
  const virsh = (command: string) => [`virsh -q ${command.replace('VM', uuid)}`];
  const define = [`virsh dumpxml --inactive ${uuid} >/tmp/soak.xml; virsh -q define /tmp/soak.xml`];
  if (state === 'shutoff') {
    return draw.pick([
      virsh('start --paused VM'),
      virsh('start --paused VM'),
      virsh('start VM'),
      ...(saved ? [virsh('managedsave-remove VM')] : []),
    ]);
  }
  const toggle = virsh(state === 'paused' ? 'resume VM' : 'suspend VM');
  return persistent
    ? draw.pick([
        toggle,
        toggle,
        virsh('destroy VM'),
        virsh('destroy VM'),
        virsh('managedsave VM'),
        virsh('undefine VM'),
      ])
    : draw.pick([toggle, define, define, virsh('destroy VM')]);
}

function changeLimits(draw: Draw, domain: Domain): string[] {
  const sides = (['live', 'config'] as const).filter((side) => domain[side] !== null);
  const side = draw.pick(sides);
  const nics = (domain[side] ?? []).filter(({ type }) => type !== 'user');
  if (nics.length === 0) return [];
  const value = () =>
    draw.pick([
      '0',
      `${draw.int(1, 99_999)}`,
      `${draw.int(1, 999)},${draw.int(1000, 9999)},${draw.int(1, 999)}`,
    ]);
  return draw
    .some(['inbound', 'outbound'])
    .map(
      (direction) =>
        `virsh -q domiftune ${domain.uuid} ${draw.pick(nics).mac} --${side} --${direction} ${value()}`,
    );
}

/** A card that only the running VM has, or only the next start. */
function unplug(draw: Draw, { uuid, live, config }: Domain): string[] {
  if (live === null || config === null) return [];
  const missing = live.filter(({ mac }) => !config.some((nic) => nic.mac === mac));
  const hasAll = missing.length === 0 && live.length === config.length;
  const single = config.filter(({ mac }) => config.filter((nic) => nic.mac === mac).length === 1);
  // What is running only can be given back by its description, once it is in the terms of the configuration.
  const xml = (nic: Nic) =>
    `<interface type='bridge'><mac address='${nic.mac}'/><source bridge='br0'/><model type='virtio'/><rom enabled='no'/></interface>`;
  if (hasAll && single.length > 1) {
    const { mac } = draw.pick(single);
    return [
      `virsh -q detach-interface ${uuid} ${config.find((nic) => nic.mac === mac)?.type} --mac ${mac} --config`,
    ];
  }
  const [nic] = missing;
  if (nic === undefined) return [];
  const given = draw.chance(0.5) ? nic : { ...nic, mac: nic.mac.replace('52:54:00:5a', '52:54:00:5b') };
  return [`echo "${xml(given)}" >/tmp/soak.xml; virsh -q attach-device ${uuid} /tmp/soak.xml --config`];
}
