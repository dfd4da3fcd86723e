import type { Limits, Rate } from '../facts/bandwidth.ts';
import type { SimKnobs, SimTc } from './model.ts';
import { NO_TC } from './model.ts';

/** The kernel's side of a limit on a tap or macvtap (libvirt facts, sections 3.1, 3.3 and 3.5). */

export interface TcResult {
  readonly tc: SimTc;
  /** libvirt's message; null when all of it worked. */
  readonly error: string | null;
}

/**
 * `virNetDevBandwidthSet`: tears everything down, then builds the shaper and the policer one after the other, and
 * stops where the kernel refuses.
 * @param swapped true for taps, where what the VM receives is what the host sends; false for macvtap
 */
export function setTc(
  target: string,
  bandwidth: Limits,
  swapped: boolean,
  knobs: Pick<SimKnobs, 'missing' | 'raced'>,
): TcResult {
  const { missing } = knobs;
  const shaper = limiting(swapped ? bandwidth.inbound : bandwidth.outbound);
  const policer = limiting(swapped ? bandwidth.outbound : bandwidth.inbound);
  let tc: SimTc = { ...NO_TC, root: 'pfifo_fast' };
  if (shaper !== null) {
    tc = { ...tc, root: 'htb', shaper };
    if (missing.includes('sfq')) return { tc, error: failed(sfqCommand(target), NO_QDISC) };
    tc = { ...tc, leaf: true };
  }
  if (policer !== null) {
    if (knobs.raced > 0) {
      knobs.raced--;
      return { tc: NO_TC, error: failed(policeCommand(target, policer), NO_PARENT) };
    }
    tc = { ...tc, ingress: true };
    if (missing.includes('police')) return { tc, error: failed(policeCommand(target, policer), NO_ACTION) };
    tc = { ...tc, policer };
  }
  // Taps begin without a queue, and libvirt puts that back when there is no shaper any more.
  return { tc: tc.root === 'htb' ? tc : { ...tc, root: 'noqueue' }, error: null };
}

function limiting(rate: Rate | null): Rate | null {
  return rate !== null && rate.average > 0 ? rate : null;
}

const NO_QDISC = 'Error: Specified qdisc kind is unknown.\n';
const NO_PARENT = "Error: Parent Qdisc doesn't exists.\nWe have an error talking to the kernel\n";
const NO_ACTION = 'Error: Failed to load TC action module.\nWe have an error talking to the kernel\n';

function sfqCommand(target: string): string {
  return `tc qdisc add dev ${target} parent 1:1 handle 2: sfq perturb 10`;
}

function policeCommand(target: string, { average, burst }: Rate): string {
  const bucket = burst > 0 ? burst : Math.min(average, 4_194_303);
  return `tc filter add dev ${target} parent ffff: protocol all u32 match u32 0 0 police rate ${average}kbps burst ${bucket}kb mtu 64kb drop flowid :1`;
}

function failed(command: string, stderr: string): string {
  return `internal error: Child process (${command}) unexpected exit status 2: ${stderr}`;
}
