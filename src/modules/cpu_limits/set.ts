import type { SetCapability } from '../module.ts';

const OPTIONS = [
  {
    key: 'cpuQuota',
    argument: 'cpu_quota',
    flags: '--cpu-quota <quota>',
    what: 'what each vCPU may use, e.g. 50%, or unlimited',
  },
  {
    key: 'cpuPeriod',
    argument: 'cpu_period',
    flags: '--cpu-period <time>',
    what: 'the period of --cpu-quota, e.g. 10ms',
  },
  {
    key: 'cpuTotal',
    argument: 'total',
    flags: '--cpu-total <quota>',
    what: 'what the whole VM may use, e.g. 150%, or unlimited',
  },
  {
    key: 'cpuTotalPeriod',
    argument: 'total_period',
    flags: '--cpu-total-period <time>',
    what: 'the period of --cpu-total',
  },
  {
    key: 'cpuShares',
    argument: 'cpu_shares',
    flags: '--cpu-shares <weight>',
    what: 'the weight among VMs, 2 to 10000',
  },
] as const;

/** `virtune set HOST DOMAIN --cpu-quota 50%`. */
export const setCpu: SetCapability = {
  options: OPTIONS.map(({ flags, what }) => ({ flags, description: what })),
  rule: (options) => {
    const given = OPTIONS.flatMap(({ key, argument }): [string, string | number][] => {
      const text = options[key];
      return text === undefined ? [] : [[argument, /^\d+$/.test(text) ? Number(text) : text]];
    });
    return given.length === 0 ? null : Object.fromEntries(given);
  },
};
