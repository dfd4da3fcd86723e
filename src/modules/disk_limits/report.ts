import type { Module } from '../module.ts';
import { DISK_SETTINGS, GROUP } from './settings.ts';

const number = { description: 'In libvirt’s units; null is not set.', type: ['number', 'null'], minimum: 1 };
const group = {
  description: 'The group that the disk shares its limits with; null is none.',
  type: ['string', 'null'],
};

/** What the JSON report says of a disk. */
export const diskReport: Module<never>['report'] = {
  subject: {
    required: ['target', 'device', 'group', 'filters'],
    properties: {
      target: { type: 'string', description: 'Its name in libvirt, e.g. vda.' },
      device: { type: 'string', description: 'disk, cdrom, floppy or lun.' },
      group: { type: 'string', description: 'The disks of a group share their limits; empty for none.' },
      filters: {
        type: 'string',
        description: 'The throttle groups that hold it instead of limits of its own; empty for none.',
      },
    },
  },
  state: {
    properties: Object.fromEntries(DISK_SETTINGS.map(({ name }) => [name, name === GROUP ? group : number])),
  },
};
