import { DISK_KINDS } from '../../facts/disks.ts';
import { kindsSchema } from '../selectors/kinds.ts';
import { FROM_FLAVOR } from '../selectors/quotas.ts';
import { SELECTOR_PROPERTIES } from '../selectors/schema.ts';
import { SERVERS_PROPERTY } from '../selectors/servers.ts';
import { TIME_PROPERTIES } from '../selectors/times_schema.ts';
import { AMOUNT_KEYWORDS, type DiskForm } from './amount_keywords.ts';
import { KINDS, WAYS } from './settings.ts';

/** What is sent to hosts: libvirt itself takes any text. */
export const GROUP_NAME = '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$';

/** The arguments of `disk_limits` as JSON Schema: validated by ajv, read by editors, the source of the reference. */

const amount = (form: DiskForm, description: string) => ({
  description,
  type: ['string', 'number'],
  [AMOUNT_KEYWORDS[form]]: true,
});

const bytes = (what: string) =>
  amount('bytes', `Bytes per second that the VM ${what}: "50 MB/s", a bare number of bytes, or unlimited.`);
const iops = (what: string) => amount('iops', `Operations per second that the VM ${what}, or unlimited.`);

const targets = {
  type: ['string', 'array'],
  minLength: 1,
  minItems: 1,
  items: { type: 'string', minLength: 1 },
};

const ownBursts = Object.fromEntries(
  KINDS.flatMap((kind) =>
    WAYS.flatMap((way) => [
      [
        `${way}_${kind}_sec_max`,
        amount(kind, `The burst of ${way}_${kind}_sec alone; \`burst\` is for all limits of the rule.`),
      ],
      [
        `${way}_${kind}_sec_max_length`,
        amount('duration', `How long ${way}_${kind}_sec_max may last, in seconds; 1 s by default.`),
      ],
    ]),
  ),
);

const { name, domain, match, apply_to, skip_unsupported, required } = SELECTOR_PROPERTIES;

const rule = {
  type: 'object',
  additionalProperties: false,
  virtuneDiskRule: true,
  properties: {
    name,
    domain,
    match,
    disk: {
      description:
        'Disks by target (vda; a glob), a list of those, or conditions of which all must hold. By default all; CD-ROMs and floppies only by name or device.',
      type: ['string', 'array', 'object'],
      if: { type: 'object' },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: {
        additionalProperties: false,
        minProperties: 1,
        properties: {
          target: { ...targets, description: 'The target (vda; a glob), or a list of those.' },
          type: kindsSchema('Where the disk is', DISK_KINDS.type),
          device: kindsSchema('What the VM sees of it', DISK_KINDS.device),
          bus: kindsSchema('How it is plugged in', DISK_KINDS.bus),
        },
      },
      else: targets,
    },
    total_bytes_sec: bytes('reads and writes together; never with read or write'),
    read_bytes_sec: bytes('reads; together with write_bytes_sec'),
    write_bytes_sec: bytes('writes; together with read_bytes_sec'),
    total_iops_sec: iops('does in all; never with read or write'),
    read_iops_sec: iops('reads; together with write_iops_sec'),
    write_iops_sec: iops('writes; together with read_iops_sec'),
    burst: {
      description: 'What may be done for a while beyond the limits that the rule sets.',
      type: 'object',
      additionalProperties: false,
      properties: {
        bytes: amount('bytes', 'Bytes per second, at least the limit.'),
        iops: amount('iops', 'Operations per second, at least the limit.'),
        for: amount('duration', 'How long, in seconds; 1 s by default.'),
      },
    },
    ...ownBursts,
    iops_size: amount('size', 'Larger operations count as several: "16 KiB". Needs a limit of operations.'),
    group: {
      description:
        'The disks of a VM in the group of this name share the limits of the rule: together they get what one gets alone. `none` takes a disk out of its group.',
      type: 'string',
      pattern: GROUP_NAME,
      'x-expected': 'a name of letters, digits, "_", "." and "-", or none',
    },
    from: FROM_FLAVOR,
    ...TIME_PROPERTIES,
    apply_to,
    skip_unsupported,
    required: { ...required, description: 'Naming no disk on any host of the play is an error.' },
  },
};

export const diskLimitsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    rules: { description: 'All that name a disk apply in order.', type: 'array', items: rule },
    servers: SERVERS_PROPERTY,
  },
};
