import { DEFAULT_PERIOD } from '../../facts/cputune.ts';
import type { CloudServer } from '../../model/cloud.ts';
import { quotaNumber, quotasNow } from '../selectors/quotas.ts';
import { quotaProblem } from './amounts.ts';
import type { DesiredCpu } from './rule.ts';

/**
 * What Nova makes of a flavor's `quota:cpu_*` (nova/virt/libvirt/driver.py, _update_guest_cputune): without a
 * quota there is none; shares are left as they are where the flavor has none, since Nova's own default depends on its
 * release. Null where a number is none that the kernel takes.
 */
export function flavorCpu(server: CloudServer): DesiredCpu | null {
  const quotas = quotasNow(server);
  if (quotas === null) return null;
  const [quota, period, shares] = ['cpu_quota', 'cpu_period', 'cpu_shares'].map((name) =>
    quotaNumber(quotas, name),
  );
  if (quota === undefined || period === undefined || shares === undefined) return null;
  const of = period || DEFAULT_PERIOD;
  if (quota && quotaProblem(quota, of) !== null) return null;
  return {
    cpu_quota: quota ? { quota, period: of } : null,
    ...(shares ? { cpu_shares: shares } : {}),
  };
}
