import { SELECTOR_PROPERTIES } from '../selectors/schema.ts';
import { SERVERS_PROPERTY } from '../selectors/servers.ts';
import { TIME_PROPERTIES } from '../selectors/times_schema.ts';

/** The arguments of `memory_limits` as JSON Schema: validated by ajv, read by editors, the source of the reference. */

const amount = (what: string) => ({
  description: `${what}: "4 GiB", "120% of memory", "memory + 2 GiB" (the VM's own memory), KiB as a bare number, or "unlimited".`,
  type: ['string', 'number'],
  virtuneMemory: true,
});

const LIMITS = ['soft_limit', 'hard_limit'];

const { name, domain, match, apply_to, skip_unsupported, required } = SELECTOR_PROPERTIES;

const rule = {
  type: 'object',
  additionalProperties: false,
  virtuneMemoryRule: true,
  properties: {
    name,
    domain,
    match,
    soft_limit: amount(
      'Above this the host takes memory back from the VM, QEMU included. Below 128 MiB or a quarter of the VM’s memory, with which a start may hang, it is refused',
    ),
    hard_limit: amount(
      'Above this the host’s kernel ends the VM. Below the VM’s memory it is refused, and so it is below the memory plus 512 MiB or a quarter, which QEMU itself may need',
    ),
    swap_hard_limit: amount('What the VM may have of memory and swap together, at least the hard limit'),
    force: {
      description:
        'Limits that are set although they are below what is safe: hard_limit, soft_limit, or a list of both. Even so no hard limit is set below the memory of the VM.',
      type: ['string', 'array'],
      if: { type: 'string' },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { enum: LIMITS },
      else: { minItems: 1, items: { enum: LIMITS } },
    },
    ...TIME_PROPERTIES,
    apply_to,
    skip_unsupported,
    required: { ...required, description: 'Naming no VM on any host of the play is an error.' },
  },
};

export const memoryLimitsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    rules: { description: 'All that name a VM apply in order.', type: 'array', items: rule },
    servers: SERVERS_PROPERTY,
  },
};
