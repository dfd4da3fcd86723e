import type { Diagnostic } from '../../model/diagnostic.ts';
import { placeOf } from '../../yaml/places.ts';
import { formatShare } from './amounts.ts';
import type { Rule } from './rule.ts';

/** Below this share even a BIOS seems to hang. */
const FEW = 0.01;

/**
 * What a rule alone tells to be a mistake, or of no use, although libvirt would take it. Never an error: what is
 * declared is carried out. What depends on the VM is said per VM (decide.ts).
 * @param written the same rule as it was written
 */
export function adviseRule(rule: Rule, written: object): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const key of ['cpu_quota', 'total'] as const) {
    const limit = rule.limits[key];
    if (limit === undefined || limit === null) continue;
    const place = placeOf(written, key) ?? rule.place;
    const share = limit.quota / limit.period;
    if (key === 'cpu_quota' && share > 1)
      found.push({
        severity: 'warning',
        message: `cpu_quota: a vCPU cannot use more than 100% of a CPU, so ${formatShare(limit)} limits nothing`,
        hint: 'cpu_quota is for each vCPU; total is for the whole VM; if no limit is meant, write unlimited',
        place,
      });
    if (share < FEW)
      found.push({
        severity: 'warning',
        message: `${key}: on ${formatShare(limit)} of a CPU a VM hardly runs`,
        hint: 'is the unit right? A bare number is microseconds in each period',
        place,
      });
  }
  return found;
}
