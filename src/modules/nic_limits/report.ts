import type { Module } from '../module.ts';

const limit = {
  description: 'null is unlimited; 0 is not set. Rates in kB/s of 1000 bytes, burst in KiB.',
  oneOf: [
    { type: 'null' },
    {
      type: 'object',
      required: ['average', 'peak', 'burst', 'floor'],
      additionalProperties: false,
      properties: Object.fromEntries(
        ['average', 'peak', 'burst', 'floor'].map((field) => [field, { type: 'number', minimum: 0 }]),
      ),
    },
  ],
};

const portLimit = {
  description:
    'What Neutron limits, where limits are its policies: kbit/s, and kbit of burst; null is unlimited, a burst of 0 the agent’s own.',
  oneOf: [
    { type: 'null' },
    {
      type: 'object',
      required: ['average', 'burst'],
      additionalProperties: false,
      properties: { average: { type: 'number', minimum: 0 }, burst: { type: 'number', minimum: 0 } },
    },
  ],
};

/** What the JSON report says of a NIC. */
export const nicReport: Module<never>['report'] = {
  subject: {
    required: ['index', 'mac', 'target', 'type', 'source', 'ovs'],
    properties: {
      index: {
        type: ['integer', 'null'],
        minimum: 1,
        description:
          'Position as in virsh domiflist; null for a NIC of the next start only whose position a live one has.',
      },
      mac: { type: 'string' },
      target: { type: 'string', description: 'The host device.' },
      type: { type: 'string' },
      source: { type: 'string', description: 'Network, bridge or device, as in virsh domiflist.' },
      ovs: { type: 'boolean', description: 'Whether it is a port of Open vSwitch.' },
      port: { type: 'string', description: 'Of Neutron, where Neutron was asked.' },
      cloud: { type: 'string', description: 'The cloud of the port, as clouds.yaml names it.' },
      region: { type: 'string', description: 'The region of the port.' },
    },
  },
  state: {
    properties: {
      inbound: limit,
      outbound: limit,
      port_inbound: portLimit,
      port_outbound: portLimit,
      port_policy: {
        type: ['string', 'null'],
        description:
          'The QoS policy of the port: the name of one of virtune’s, the ID of any other, network:ID for its network’s, null for none.',
      },
    },
  },
};
