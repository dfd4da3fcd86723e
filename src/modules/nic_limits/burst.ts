import { formatRate, formatSize, MAX_BURST } from '../../base/units.ts';

/** A burst shorter than this is smaller than a window of TCP over a path of that round-trip time. */
const FEWEST_MS = 100;

/** An Ethernet frame of 1514 bytes does not fit into 1 KiB, and tc's policer drops what is larger than its burst. */
const FRAME = 2;

/** The largest packet that libvirt's policers let through, whatever the burst (`mtu 64kb`, virNetDevBandwidthSet). */
const PACKET = 64;

/**
 * Whether a policer's burst is too small for its rate, and what to write. A policer drops what exceeds the burst
 * instead of queueing it, so that TCP halves its window again and again.
 *
 * Rule of thumb: 80 % of what passes in a second (OpenStack Neutron, admin guide "Quality of Service": "For TCP traffic
 * it is recommended to set burst value as 80% of desired bandwidth limit value"). So that nothing is said that could be
 * right, only a burst of less than an eighth of that is spoken of.
 * @param as the key that takes it: `burst` where the average stands beside it, else that of the direction
 */
export function smallBurst(
  average: number,
  burst: number,
  as: string,
): { readonly message: string; readonly hint: string } | null {
  // libvirt's default: as many KiB as the average has kB/s (virNetDevBandwidthSet).
  const effective = burst > 0 ? burst : Math.min(average, MAX_BURST);
  const bytesPerMs = average;
  // Above 343 Gbit/s even the largest burst is short: nothing better can be written.
  if (effective >= MAX_BURST) return null;
  if (effective >= FRAME && effective * 1024 >= bytesPerMs * FEWEST_MS) return null;
  const milliseconds = Number(((effective * 1024) / bytesPerMs).toPrecision(2));
  const most = Math.ceil((average * 1000 * 0.8) / 1024);
  const better = Math.max(PACKET, roundUp(most));
  const what =
    effective < FRAME
      ? `no full frame fits into a burst of ${formatSize(effective)}`
      : `a burst of ${formatSize(effective)} is ${milliseconds} ms at ${formatRate(average)}`;
  const why =
    better === MAX_BURST
      ? 'the most that tc can hold'
      : better > most && better === PACKET
        ? 'the largest packet that libvirt lets through'
        : 'about 80 % of what passes in a second';
  const or = average >= 64 ? ', or leave it out: libvirt then takes a second’s worth' : '';
  const written =
    as === 'burst'
      ? `burst: ${formatSize(better)}`
      : `${as}: { average: ${formatRate(average)}, burst: ${formatSize(better)} }`;
  return {
    message: `${what}, too small for TCP: what exceeds it is dropped`,
    hint: `write ${written} (${why})${or}`,
  };
}

/** The kernel keeps a burst as the time that it takes at the average, in 32 bits of ticks of 64 ns. */
const LONGEST_SECONDS = 2 ** 32 / 15_625_000;

/**
 * The largest burst at an average that the kernel keeps as it is, or null where the given one fits. A larger one wraps
 * around without an error: 2760000 KiB at 10240 kB/s become 11 MB (seen in htb and police of kernel 6.1).
 */
export function burstThatFits(average: number, burst: number): number | null {
  const most = Math.floor((LONGEST_SECONDS * average * 1000) / 1024);
  return average > 0 && burst > most ? most : null;
}

/** To whole MiB, where that is hardly more. */
function roundUp(kibibytes: number): number {
  return Math.min(MAX_BURST, kibibytes > 20 * 1024 ? Math.ceil(kibibytes / 1024) * 1024 : kibibytes);
}
