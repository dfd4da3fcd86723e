import type { Iotune, IotuneLimit } from './tuning.ts';
import { IOTUNE_LIMITS } from './tuning.ts';

/** What libvirt and QEMU think of a whole `<iotune>`. */

const MAX_VALUE = 1_000_000_000_000_000;

/** `qemuDomainCheckBlockIoTuneMax`: asked for the live state only. */
export function checkMax(iotune: Iotune): string | null {
  for (const limit of IOTUNE_LIMITS) {
    const max = iotune[`${limit}_max`];
    if (max === 0) continue;
    if (iotune[limit] === 0)
      return `unsupported configuration: cannot reset '${limit}' when '${limit}_max' is set`;
    if (max < iotune[limit])
      return `unsupported configuration: value '${limit}_max' cannot be smaller than '${limit}'`;
  }
  return null;
}

/** QEMU's `throttle_is_valid` (util/throttle.c), in its order; asked at start too. */
export function qemuError(iotune: Iotune): string | null {
  const refused = qemuRefusal(iotune);
  return refused === null
    ? null
    : `internal error: unable to execute QEMU command 'block_set_io_throttle': ${refused}`;
}

function qemuRefusal(iotune: Iotune): string | null {
  const [totalBytes, readBytes, writeBytes, totalOps, readOps, writeOps] = IOTUNE_LIMITS;
  const mixed = (total: IotuneLimit, read: IotuneLimit, write: IotuneLimit) =>
    (iotune[total] > 0 && (iotune[read] > 0 || iotune[write] > 0)) ||
    (iotune[`${total}_max`] > 0 && (iotune[`${read}_max`] > 0 || iotune[`${write}_max`] > 0));
  if (mixed(totalBytes, readBytes, writeBytes) || mixed(totalOps, readOps, writeOps))
    return 'bps/iops/max total values and read/write values cannot be used at the same time';
  if (iotune.size_iops_sec > 0 && iotune[totalOps] + iotune[readOps] + iotune[writeOps] === 0)
    return 'iops size requires an iops value to be set';
  for (const limit of IOTUNE_LIMITS) {
    const [average, max, length] = [iotune[limit], iotune[`${limit}_max`], iotune[`${limit}_max_length`]];
    if (length > 1 && max === 0) return 'burst length set without burst rate';
    if (max > 0 && length > MAX_VALUE / max) return 'burst length too high for this burst rate';
    if (max > 0 && average === 0) return 'bps_max/iops_max require corresponding bps/iops values';
    if (max > 0 && max < average) return 'bps_max/iops_max cannot be lower than bps/iops';
  }
  return null;
}
