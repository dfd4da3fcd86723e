import type { Module } from '../module.ts';

const bandwidth = (what: string) => ({
  description: `${what}; null is unlimited. Microseconds of CPU in each period of so many microseconds.`,
  oneOf: [
    { type: 'null' },
    {
      type: 'object',
      required: ['quota', 'period'],
      additionalProperties: false,
      properties: { quota: { type: 'number', minimum: 0 }, period: { type: 'number', minimum: 0 } },
    },
  ],
});

/** What the JSON report says of a VM's CPU. */
export const cpuReport: Module<never>['report'] = {
  subject: { required: ['vcpus'], properties: { vcpus: { type: 'integer', minimum: 1 } } },
  state: {
    properties: {
      cpu_quota: bandwidth('Of each vCPU'),
      cpu_total: bandwidth('Of the whole VM'),
      cpu_shares: {
        description: 'The weight among VMs; null is the kernel’s default.',
        type: ['integer', 'null'],
        minimum: 0,
      },
    },
  },
};
