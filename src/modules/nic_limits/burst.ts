import { formatRate, formatSize, MAX_BURST } from '../../base/units.ts';

/** A burst shorter than this is smaller than a window of TCP over a path of that round-trip time. */
const FEWEST_MS = 100;

/** An Ethernet frame of 1514 bytes does not fit into 1 KiB, and tc's policer drops what is larger than its burst. */
const FRAME = 2;

/**
 * Whether a policer's burst is too small for its rate, and what to write. A policer drops what exceeds the burst
 * instead of queueing it, so that TCP halves its window again and again.
 *
 * Rule of thumb: 80 % of what passes in a second (OpenStack Neutron, admin guide "Quality of Service": "For TCP traffic
 * it is recommended to set burst value as 80% of desired bandwidth limit value"). So that nothing is said that could be
 * right, only a burst of less than an eighth of that is spoken of.
 */
export function smallBurst(
  average: number,
  burst: number,
): { readonly message: string; readonly hint: string } | null {
  // libvirt's default: as many KiB as the average has kB/s (virNetDevBandwidthSet).
  const effective = burst > 0 ? burst : Math.min(average, MAX_BURST);
  const bytesPerMs = average;
  if (effective >= FRAME && effective * 1024 >= bytesPerMs * FEWEST_MS) return null;
  const milliseconds = Number(((effective * 1024) / bytesPerMs).toPrecision(2));
  const better = roundUp(Math.max(64, Math.ceil((average * 1000 * 0.8) / 1024)));
  const what =
    effective < FRAME
      ? `no full frame fits into a burst of ${formatSize(effective)}`
      : `a burst of ${formatSize(effective)} is ${milliseconds} ms at ${formatRate(average)}`;
  const or = average >= 64 ? ', or leave it out: libvirt then takes a second’s worth' : '';
  return {
    message: `${what}, too small for TCP: what exceeds it is dropped`,
    hint: `write burst: ${formatSize(better)} (80 % of what passes in a second)${or}`,
  };
}

function roundUp(kibibytes: number): number {
  return Math.min(MAX_BURST, kibibytes > 1024 ? Math.ceil(kibibytes / 1024) * 1024 : kibibytes);
}
