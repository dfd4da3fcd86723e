import { SELECTOR_PROPERTIES } from '../selectors/schema.ts';
import { SERVERS_PROPERTY } from '../selectors/servers.ts';
import { TIME_PROPERTIES } from '../selectors/times_schema.ts';

/** The arguments of `block_limits` as JSON Schema: validated by ajv, read by editors, the source of the reference. */

const amount = (keyword: string, description: string) => ({
  description,
  type: ['string', 'number'],
  [keyword]: true,
});

const bytes = (what: string) =>
  amount(
    'virtuneBlockBytes',
    `Bytes per second that the VM ${what}: "50 MB/s", a bare number of bytes, or unlimited. What is absent is left alone.`,
  );
const iops = (what: string) =>
  amount('virtuneBlockOperations', `Operations per second that the VM ${what}, or unlimited.`);

const { name, domain, match, apply_to, skip_unsupported, required } = SELECTOR_PROPERTIES;

const rule = {
  type: 'object',
  additionalProperties: false,
  required: ['device'],
  virtuneBlockRule: true,
  properties: {
    name,
    domain,
    match,
    device: {
      description:
        'A whole block device of the host by its path below /dev, or a list of those: /dev/disk/by-id/…, which stays the same, or /dev/sda.',
      type: ['string', 'array'],
      virtuneBlockDevice: true,
      minItems: 1,
      items: { type: 'string', virtuneBlockDevice: true },
    },
    read_bytes_sec: bytes('reads'),
    write_bytes_sec: bytes('writes'),
    read_iops_sec: iops('reads'),
    write_iops_sec: iops('writes'),
    ...TIME_PROPERTIES,
    apply_to,
    skip_unsupported,
    required: { ...required, description: 'Naming no VM on any host of the play is an error.' },
  },
};

export const blockLimitsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    rules: { description: 'All that name a VM and a device apply in order.', type: 'array', items: rule },
    servers: SERVERS_PROPERTY,
  },
};
