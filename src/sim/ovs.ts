import type { Limits } from '../facts/bandwidth.ts';
import type { OvsRow } from './model.ts';

const EMPTY: OvsRow = { qos: null, policingRate: 0, policingBurst: 0 };

/**
 * `virNetDevOpenvswitchInterfaceSetQos` (libvirt facts, section 3.2): updates set keys and never remove one, so that a
 * peak or burst that is no longer wanted stays; only clearing the direction removes the row.
 */
export function setOvs(old: OvsRow | undefined, { inbound, outbound }: Limits): OvsRow {
  let row = old ?? EMPTY;
  if (inbound !== null && inbound.average > 0) {
    const rates = {
      'min-rate': inbound.average * 8000,
      ...(inbound.burst > 0 ? { burst: inbound.burst * 8192 } : {}),
      ...(inbound.peak > 0 ? { 'max-rate': inbound.peak * 8000 } : {}),
    };
    row = { ...row, qos: { ...row.qos, ...rates } };
  } else {
    row = { ...row, qos: null };
  }
  if (outbound === null) return { ...row, policingRate: 0, policingBurst: 0 };
  const policingBurst = outbound.burst > 0 ? outbound.burst * 8 : row.policingBurst;
  return { ...row, policingRate: outbound.average * 8, policingBurst };
}
