import type { Module } from '../module.ts';
import { DISK_SETTINGS } from './settings.ts';

const number = { description: 'In libvirt’s units; null is not set.', type: ['number', 'null'], minimum: 1 };

/** What the JSON report says of a disk. */
export const diskReport: Module<never>['report'] = {
  subject: {
    required: ['target', 'device', 'group'],
    properties: {
      target: { type: 'string', description: 'Its name in libvirt, e.g. vda.' },
      device: { type: 'string', description: 'disk, cdrom, floppy or lun.' },
      group: { type: 'string', description: 'The disks of a group share their limits; empty for none.' },
    },
  },
  state: { properties: Object.fromEntries(DISK_SETTINGS.map(({ name }) => [name, number])) },
};
