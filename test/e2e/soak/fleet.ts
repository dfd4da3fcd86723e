import { lab } from '../lab.ts';
import type { Draw } from './draw.ts';
import { metadata, nova } from './metadata.ts';

/** The VMs of the soak: all kinds of cards, metadata of both of Nova's namespaces, names as nobody should choose. */

/** How one VM is made, in the words of the lab's `guest` command. */
export interface Guest {
  readonly name: string;
  readonly uuid: string;
  readonly options: readonly string[];
}

/** The host has it from the beginning, or it comes and goes. */
export interface Fleet {
  readonly steady: readonly Guest[];
  readonly passing: readonly Guest[];
}

const HOSTILE = [
  'a b',
  "it's; rm -rf $HOME",
  '-v',
  '--config',
  '1',
  '*',
  'x[1-9]?',
  '!web-01',
  '{{ name }}',
  'größe ünï 東京',
  '<name>&amp;"',
  '$(reboot)`id`',
  '# no comment',
  'null',
  '52:54:00:aa:00:01',
  'tab\tand  blanks',
  '%s%n\\',
  'vm: {a: 1}',
] as const;

const MODELS = ['virtio', 'virtio', 'e1000', 'rtl8139'] as const;

export function drawFleet(draw: Draw, host: number): Fleet {
  let [macs, vms, taps, aliases] = [0, 0, 0, 0];
  const hex = (n: number) => n.toString(16).padStart(2, '0');
  const card = (type: string, source: string, inner = '', shared?: string) => {
    const mac = shared ?? `52:54:00:5a:${hex(host)}:${hex(++macs)}`;
    const model = `<model type='${draw.pick(MODELS)}'/>`;
    const alias = draw.chance(0.2) ? `<alias name='ua-card${++aliases}'/>` : '';
    return `<interface type='${type}'><mac address='${mac}'/>${source}${model}<rom enabled='no'/>${alias}${inner}</interface>`;
  };
  const bridge = (name: string) =>
    card(
      'bridge',
      `<source bridge='${name}'/>`,
      draw.chance(0.3) ? `<target dev='soak${host}-${++taps}'/>` : '',
    );
  const network = (name: string, portgroup = '') =>
    card('network', `<source network='${name}'${portgroup && ` portgroup='${portgroup}'`}/>`);
  const direct = () => card('direct', "<source dev='dummy0' mode='bridge'/>");
  const any = () =>
    draw.pick([
      () => bridge('br0'),
      () => bridge('br0'),
      () => bridge('br-backup'),
      () => network('labnet', 'plain'),
      () => network('labnet', draw.pick(['gold', ''])),
      () => network('labhost', draw.pick(['gold', 'plain', ''])),
      () => network('labovs'),
      direct,
    ])();
  // A teaming pair shares its MAC.
  const pair = () =>
    ['br0', 'br-backup'].map((name) =>
      card('bridge', `<source bridge='${name}'/>`, '', `52:54:00:5c:00:${hex(host)}`),
    );
  const guest = (name: string, cards: readonly string[], ...options: string[]): Guest => ({
    name,
    uuid: `50a${hex(host)}000-0000-4000-8000-${hex(++vms).padStart(12, '0')}`,
    options: [...cards.flatMap((xml) => ['--nic', xml]), ...options],
  });
  const cards = () => Array.from({ length: draw.int(1, 3) }, any);
  const mode = (): string[] => draw.pick([[], [], ['--off'], ['--transient']]);
  const title = () => ['--title', draw.pick(['Web tier & <shop>', 'Datenbank 東京', 'db*', 'backup'])];

  const hostile = new Set<string>();
  while (hostile.size < 3) hostile.add(draw.pick(HOSTILE));
  return {
    steady: [
      guest(`team-${host}`, [bridge('br0'), ...pair()], ...mode()),
      guest('web-01', [bridge('br0'), bridge('br-backup')], ...title(), ...metadata(draw, nova(draw, '1.1'))),
      guest('web-02', [bridge('br0'), any()], ...metadata(draw, nova(draw, '1.0')), ...mode()),
      guest(`db-${host}`, [network('labnet', 'plain'), network('labnet', 'gold'), direct()], ...title()),
      guest(`ovs-${host}`, [network('labovs'), bridge('br0')], ...mode()),
      ...[...hostile].map((name) =>
        guest(name, cards(), ...mode(), ...(draw.chance(0.5) ? title() : []), ...metadata(draw, '')),
      ),
    ],
    passing: [
      guest(`tmp-${host}`, cards(), '--transient', ...metadata(draw, nova(draw, '1.1'))),
      guest('nat', [card('user', ''), bridge('br0')], ...title()),
    ],
  };
}

export async function create(host: string, { name, uuid, options }: Guest): Promise<void> {
  await lab(['guest', host, name, '--uuid', uuid, ...options]);
}

/** Takes all VMs of a host away. */
export async function wipe(host: string): Promise<void> {
  const script = `
    for uuid in $(virsh -q list --uuid); do virsh -q destroy $uuid; done
    for uuid in $(virsh -q list --all --uuid); do virsh -q undefine --managed-save $uuid; done
    test -z "$(virsh -q list --all --uuid)"`;
  await lab(['exec', host, 'bash', '-c', `(${script}) >/dev/null`]);
}
