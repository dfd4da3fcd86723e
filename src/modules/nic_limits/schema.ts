import { NIC_TYPES } from '../../facts/nics.ts';
import { kindsSchema } from '../selectors/kinds.ts';
import { SELECTOR_PROPERTIES } from '../selectors/schema.ts';
import { SERVERS_PROPERTY } from '../selectors/servers.ts';
import { TIME_PROPERTIES } from '../selectors/times_schema.ts';

/** The arguments of `nic_limits` as JSON Schema: validated by ajv, read by editors, the source of the reference. */

export const rate = {
  description:
    'A rate: a number with a unit ("100 Mbit/s", "12.5 MB/s", "1 Gibit/s"), or a bare number of libvirt\'s own unit, kB/s of 1000 bytes.',
  type: ['string', 'number'],
  virtuneRate: true,
};

export const size = {
  description:
    'A size: a number with a unit ("64 MiB", "512 kB"), or a bare number of libvirt\'s own unit, KiB.',
  type: ['string', 'number'],
  virtuneSize: true,
};

const direction = (what: string, floor: object) => ({
  description: `${what}: a rate (the average), "unlimited", or average, peak, burst${'floor' in floor ? ' and floor' : ''}.`,
  type: ['string', 'number', 'object'],
  if: { type: 'object' },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: {
    additionalProperties: false,
    minProperties: 1,
    properties: {
      average: { ...rate, description: 'A rate: what may be kept up.' },
      peak: {
        ...rate,
        description:
          'A rate: how fast a burst may be. It needs an average, does next to nothing without a burst, and works where libvirt shapes: inbound on taps, outbound on macvtap, both on Open vSwitch.',
      },
      burst: {
        ...size,
        description:
          'A size: how much may pass at once, or at the speed of the peak. It needs an average; where libvirt polices (outbound on taps), a small one makes TCP stall: 80 % of what passes in a second is a good one.',
      },
      ...floor,
    },
    virtuneDirection: true,
  },
  else: { virtuneLimit: true },
});

const floor = {
  floor: {
    ...rate,
    description:
      'A rate that is guaranteed; only for NICs in a libvirt network with inbound bandwidth of its own.',
  },
};

const inbound = direction('What the VM receives', floor);
const outbound = direction('What the VM sends', {});

const exact = (what: string) => ({ description: what, type: 'string', minLength: 1 });

const { name, domain, match, apply_to, skip_unsupported, required } = SELECTOR_PROPERTIES;

const rule = {
  type: 'object',
  additionalProperties: false,
  virtuneRule: true,
  properties: {
    name,
    domain,
    match,
    nic: {
      description:
        'Which NICs: "all" (the default), a 1-based position as in `virsh domiflist`, a list of positions, or conditions of which all must hold.',
      type: ['string', 'integer', 'array', 'object'],
      if: { type: 'object' },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: {
        additionalProperties: false,
        minProperties: 1,
        properties: {
          mac: { ...exact('The MAC of the configuration, e.g. "52:54:00:12:34:56".'), virtuneMac: true },
          type: kindsSchema(
            'What the NIC is, as either description has it (a NIC in a network is also what the network makes of it while the VM runs)',
            NIC_TYPES,
          ),
          bridge: exact('The bridge that the NIC is plugged into.'),
          network: exact(
            'The libvirt network; on hosts of an OpenStack inventory also the network of Neutron, by name or ID.',
          ),
          portgroup: exact('The portgroup of the libvirt network.'),
          target: exact('The host device, e.g. vnet3 or tap1a2b3c4d-5e.'),
          model: exact('The device model, e.g. virtio.'),
          alias: exact('The alias, e.g. net0 or ua-backup.'),
          port: exact('The port of Neutron, by ID or name: it is found by its MAC.'),
          fixed_ip: exact('An address that Neutron has given the port.'),
        },
      },
      else: {
        if: { type: 'string' },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { virtuneNicWord: true },
        else: { minimum: 1, minItems: 1, items: { type: 'integer', minimum: 1 } },
      },
    },
    rate: {
      description:
        'The `setInterface` form: the same number of libvirt units as average, peak and burst, in both directions (the burst at most 4194303 KiB, which is all that tc can hold); or "unlimited" in both.',
      type: ['string', 'number'],
      virtuneLimit: true,
    },
    inbound,
    outbound,
    download: { ...inbound, description: 'Another name of inbound.' },
    upload: { ...outbound, description: 'Another name of outbound.' },
    from: {
      description:
        'Where the limits come from, in place of limits in the rule: flavor, the server’s flavor as it is now; metadata or tags, what the server’s owner asks there, up to `at_most` (docs/openstack.md).',
      enum: ['flavor', 'metadata', 'tags'],
    },
    at_most: { ...rate, description: 'A rate: the most that metadata or tags may ask for.' },
    ...TIME_PROPERTIES,
    apply_to,
    skip_unsupported,
    required: { ...required, description: 'Naming no NIC on any host of the play is an error.' },
  },
};

export const nicLimitsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    rules: { description: 'All that name a NIC apply in order.', type: 'array', items: rule },
    servers: SERVERS_PROPERTY,
    neutron_qos: {
      description:
        'NICs whose port has a QoS policy of Neutron’s: respect (the default) tells them as `conflict` and writes nothing, override sets them all the same.',
      enum: ['respect', 'override'],
    },
    enforce_with: {
      description:
        'Who limits: libvirt (the default), or neutron: a limit is a QoS policy of the NIC’s port, which survives hard reboots and migrations by itself (docs/openstack.md). `virtune_enforce_with` says it for a host.',
      enum: ['libvirt', 'neutron'],
    },
    cloud: {
      description:
        'What a cloud says of the host, among it `cloud` and `region`; inventories of OpenStack give it.',
      type: 'object',
    },
    unmatched: {
      description: 'What becomes of NICs that no rule names: leave (the default) or unlimited.',
      enum: ['leave', 'unlimited'],
    },
    uplink: {
      description:
        'What the host’s own network carries in each direction, e.g. 10 Gbit/s. Where the limits of the running VMs add up to more, the report says so.',
      type: ['string', 'number'],
      virtuneUplink: true,
    },
  },
};
