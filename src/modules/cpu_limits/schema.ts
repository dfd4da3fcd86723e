import { FROM_FLAVOR } from '../selectors/quotas.ts';
import { SELECTOR_PROPERTIES } from '../selectors/schema.ts';
import { SERVERS_PROPERTY } from '../selectors/servers.ts';
import { TIME_PROPERTIES } from '../selectors/times_schema.ts';

/** The arguments of `cpu_limits` as JSON Schema: validated by ajv, read by editors, the source of the reference. */

const quota = (what: string) => ({
  description: `${what}: a share of one CPU ("50%", "150%"), the time in each period ("50 ms", or microseconds as a bare number), or "unlimited".`,
  type: ['string', 'number'],
  virtuneCpuQuota: true,
});

const period = (of: string) => ({
  description: `How long a period of ${of} is, 1 ms to 1 s ("100 ms", or microseconds as a bare number); 100 ms where it is absent. A shorter one makes a limited VM stutter less, and costs the host more.`,
  type: ['string', 'number'],
  virtuneCpuPeriod: true,
});

const { name, domain, match, apply_to, skip_unsupported, required } = SELECTOR_PROPERTIES;

const rule = {
  type: 'object',
  additionalProperties: false,
  virtuneCpuRule: true,
  properties: {
    name,
    domain,
    match,
    cpu_quota: quota('What each vCPU may use'),
    cpu_period: period('`cpu_quota`'),
    total: quota('What the whole VM may use, all vCPUs and QEMU itself together'),
    total_period: period('`total`'),
    cpu_shares: {
      description:
        'The weight of the VM where VMs compete for the CPU, 2 to 10000: one of 200 gets twice as much as one of 100. The default is 100 on a host with cgroup v2, 1024 with v1; it cannot be taken away, only set to that.',
      type: 'integer',
      virtuneCpuShares: true,
    },
    from: FROM_FLAVOR,
    ...TIME_PROPERTIES,
    apply_to,
    skip_unsupported,
    required: { ...required, description: 'Naming no VM on any host of the play is an error.' },
  },
};

export const cpuLimitsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    rules: { description: 'All that name a VM apply in order.', type: 'array', items: rule },
    servers: SERVERS_PROPERTY,
  },
};
