import type { Values } from '../../model/change.ts';
import type { CloudServer } from '../../model/cloud.ts';
import { quotaNumber, quotasNow } from '../selectors/quotas.ts';
import { KINDS, WAYS, wholeKind } from './settings.ts';

/**
 * What Nova makes of a flavor's `quota:disk_*`, alike for each disk (nova/virt/libvirt/imagebackend.py, disk_qos: it knows
 * no bursts). Null where a number is none, or where libvirt would refuse them together.
 */
export function flavorDisk(server: CloudServer): Values | null {
  const quotas = quotasNow(server);
  if (quotas === null) return null;
  let values: Values = {};
  for (const kind of KINDS) {
    const numbers: Record<string, number | null> = {};
    for (const way of WAYS) {
      const number = quotaNumber(quotas, `disk_${way}_${kind}_sec`);
      if (number === undefined) return null;
      numbers[`${way}_${kind}_sec`] = number;
    }
    const [total, read, write] = WAYS.map((way) => numbers[`${way}_${kind}_sec`]);
    if (total && (read || write)) return null;
    values = { ...values, ...wholeKind(kind, numbers) };
  }
  return values;
}
