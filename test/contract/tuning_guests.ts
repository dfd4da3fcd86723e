import type { Guest } from './guests.ts';
import { uuid } from './guests.ts';

/** The guests whose disks, CPU and memory the contract's transcripts tune. They have no NICs. */

const IMAGES = '/var/lib/libvirt/images';

/** Image files that the guests need: empty, a megabyte each. */
export const IMAGE_FILES: readonly string[] = ['ct-a', 'ct-b', 'ct-c', 'ct-d', 'ct-e'].map(
  (name) => `${IMAGES}/${name}.raw`,
);
const [A = '', B = '', C = '', D = '', E = ''] = IMAGE_FILES;

const common = { memoryKiB: 4096, vcpus: 2, nics: [], cpu: {} } as const;

export const TUNING_GUESTS: readonly Guest[] = [
  {
    ...common,
    name: 'ct-tune',
    uuid: uuid(21),
    state: 'paused',
    disks: [
      { target: 'vda', source: A },
      { target: 'vdb', source: B, readonly: true },
      { target: 'vdc', source: C, shareable: true },
      { target: 'hdc', bus: 'ide', device: 'cdrom' },
    ],
  },
  { ...common, name: 'ct-still', uuid: uuid(22), state: 'shutoff', disks: [{ target: 'vda', source: D }] },
  {
    ...common,
    name: 'ct-brief',
    uuid: uuid(23),
    state: 'paused',
    persistent: false,
    disks: [{ target: 'vda', source: E }],
  },
];
