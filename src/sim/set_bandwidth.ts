import type { Limits } from '../facts/bandwidth.ts';
import type { Affects } from './affects.ts';
import { resolveFlags } from './affects.ts';
import type { BandwidthChange } from './bandwidth.ts';
import { actualType, hasLimit, isOvsPort, mergeBandwidth, supportsBandwidth } from './bandwidth.ts';
import type { SimDomain, SimHost, SimLiveNic, SimNic } from './model.ts';
import { findNic } from './nic_lookup.ts';
import { setOvs } from './ovs.ts';
import { floorError, floorNotSupported } from './ports.ts';
import { setTc } from './tc.ts';

/**
 * `qemuDomainSetInterfaceParameters` (libvirt facts, section 1.5), the job lock apart: both NICs are looked up before
 * anything changes, live goes first, and the config is left alone when live fails.
 * @returns libvirt's message, null when it worked
 */
export function setBandwidth(
  host: SimHost,
  domain: SimDomain,
  device: string,
  change: BandwidthChange,
  flags: Affects,
): string | null {
  const affects = resolveFlags(domain, flags);
  if ('error' in affects) return affects.error;
  const unknown = `invalid argument: '${device}' is not a known interface`;
  const live = affects.live ? findNic(domain.live ?? [], device) : undefined;
  if (affects.live && live === undefined) return unknown;
  const config = affects.config ? findNic(domain.config ?? [], device) : undefined;
  if (affects.config && config === undefined) return unknown;
  for (const type of [live && actualType(live), config?.type]) {
    if (type !== undefined && !supportsBandwidth(type))
      return `unsupported configuration: setting bandwidth on interfaces of type '${type}' is not implemented yet`;
  }
  if (live !== undefined) {
    if (host.knobs.session)
      return 'Operation not supported: Network bandwidth tuning is not available in session mode';
    const { nic, error } = setLive(host, live, mergeBandwidth(live.bandwidth, change));
    domain.live = replace(domain.live ?? [], live, nic);
    if (error !== null) return error;
  }
  if (config !== undefined) {
    // Kept as an element even where nothing is left in it: dumpxml then shows an empty one.
    const bandwidth = mergeBandwidth(config.bandwidth, change);
    domain.config = replace(domain.config ?? [], config, { ...config, bandwidth });
  }
  return null;
}

function setLive(
  host: SimHost,
  nic: SimLiveNic,
  wanted: Limits,
): { readonly nic: SimLiveNic; readonly error: string | null } {
  const refused = portError(host, nic, wanted);
  if (refused !== null) return { nic, error: refused };
  let { tc } = nic;
  if (isOvsPort(nic)) {
    if (host.knobs.failLive.includes('domiftune'))
      return { nic, error: `internal error: Unable to set bandwidth on port ${nic.target}` };
    host.ovsdb.set(nic.target, setOvs(host.ovsdb.get(nic.target), wanted));
  } else {
    const swapped = actualType(nic) !== 'direct';
    const set = setTc(nic.target, wanted, swapped, host.knobs);
    if (set.error !== null) {
      // Rolled back only where there was something, and by the same means that have just failed (section 3.5).
      const back = nic.bandwidth === null ? set : setTc(nic.target, nic.bandwidth, swapped, host.knobs);
      const left =
        back.error === null && back.tc.root === 'noqueue'
          ? { ...back.tc, root: 'pfifo_fast' as const }
          : back.tc;
      return { nic: { ...nic, tc: left }, error: set.error };
    }
    tc = set.tc;
  }
  // Live, an empty setting is none. The trap of section 4: what a portgroup gave is replaced as a whole.
  const bandwidth = hasLimit(wanted) ? wanted : null;
  const actual = nic.actual === null ? null : { ...nic.actual, bandwidth };
  if (actual !== null) {
    const port = host.ports.get(actual.portId);
    if (port !== undefined) host.ports.set(actual.portId, { ...port, floor: bandwidth?.inbound?.floor ?? 0 });
  }
  return { nic: { ...nic, bandwidth, actual, tc }, error: null };
}

/** The network driver's say: it knows the port, and whether the floor fits. */
function portError(host: SimHost, nic: SimLiveNic, wanted: Limits): string | null {
  const floor = wanted.inbound?.floor ?? 0;
  if (nic.actual === null || nic.actual.type !== 'network')
    return floor > 0 ? floorNotSupported(nic.mac) : null;
  const port = host.ports.get(nic.actual.portId);
  const network = host.networks.find((n) => n.name === port?.network);
  if (network === undefined)
    return `network port not found: Network port with UUID ${nic.actual.portId} does not exist`;
  return floorError(host, network, nic.mac, wanted, nic.actual.portId);
}

function replace<T extends SimNic>(nics: readonly T[], old: T, fresh: T): readonly T[] {
  return nics.map((nic) => (nic === old ? fresh : nic));
}
