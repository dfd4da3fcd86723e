import type { Module } from '../module.ts';
import { BLOCK_SETTINGS } from './settings.ts';

const number = { description: 'In libvirt’s units; null is not set.', type: ['number', 'null'], minimum: 1 };

/** What the JSON report says of a block device. */
export const blockReport: Module<never>['report'] = {
  subject: {
    required: ['path'],
    properties: {
      path: {
        type: 'string',
        description: 'By which libvirt has it, e.g. /dev/sda; a device may have several.',
      },
    },
  },
  state: { properties: Object.fromEntries(BLOCK_SETTINGS.map(({ name }) => [name, number])) },
};
