import type { Module } from '../module.ts';
import { LIMITS } from './rule.ts';

const limit = { description: 'In KiB; null is unlimited.', type: ['number', 'null'], minimum: 0 };

/** What the JSON report says of a VM's memory. */
export const memoryReport: Module<never>['report'] = {
  subject: {
    required: ['size'],
    properties: {
      size: { type: 'number', minimum: 0, description: 'The memory of the VM itself, in KiB.' },
    },
  },
  state: { properties: Object.fromEntries(LIMITS.map((name) => [name, limit])) },
};
