import {
  actualType,
  definitionError,
  effectiveBandwidth,
  hasLimit,
  isOvsPort,
  supportsBandwidth,
} from './bandwidth.ts';
import { cgroupStartError } from './cgroups.ts';
import { emitLifecycle } from './events.ts';
import { uuidOf } from './ids.ts';
import { inactiveNics } from './inactive.ts';
import type { SimDomain, SimHost, SimLiveNic, SimNic } from './model.ts';
import { NO_TC } from './model.ts';
import { setOvs } from './ovs.ts';
import { createPort, floorNotSupported } from './ports.ts';
import { setTc } from './tc.ts';
import { qemuError } from './throttle.ts';
import type { SimTuning } from './tuning.ts';

/** Start and end of a domain (libvirt facts, section 3.6). Results are libvirt's message, null when it worked. */

/** Starts a domain from its managed-save image, else from its config. One that `--config` made impossible to parse does not start (section 1.7). */
export function startDomain(host: SimHost, domain: SimDomain): string | null {
  const config = domain.saved ?? domain.config ?? [];
  const error = config.map(definitionError).find((e) => e !== null) ?? null;
  if (error !== null) return error;
  const tuning = domain.savedTuning ?? domain.configTuning;
  // Nothing parses a device without a name.
  if (tuning?.block.devices.some(({ path }) => path === ''))
    return 'unsupported configuration: missing per-device path';
  const live: SimLiveNic[] = [];
  for (const [index, nic] of config.entries()) {
    const plugged = plugNic(host, nic, `net${index}`);
    if ('error' in plugged) {
      for (const done of live) unplugNic(host, done);
      return plugged.error;
    }
    live.push(plugged.nic);
  }
  const refused = tuning && tuningError(host, tuning, domain.memoryKiB);
  if (refused) {
    for (const done of live) unplugNic(host, done);
    return refused;
  }
  domain.live = live;
  domain.saved = null;
  domain.savedTuning = null;
  domain.liveTuning = tuning;
  domain.id = host.next.id++;
  domain.state = 'running';
  emitLifecycle(host, domain, 'Resumed Unpaused', 'Started Booted');
  return null;
}

/** The cgroup is made first, QEMU is asked then. */
function tuningError(host: SimHost, tuning: SimTuning, memoryKiB: number): string | null {
  const disks = tuning.disks.map(({ iotune }) => (iotune === null ? null : qemuError(iotune)));
  return cgroupStartError(host, tuning, memoryKiB) ?? disks.find((error) => error !== null) ?? null;
}

/** Ends a running domain; a transient one is gone after that. */
export function stopDomain(host: SimHost, domain: SimDomain): void {
  for (const nic of domain.live ?? []) unplugNic(host, nic);
  domain.live = null;
  domain.liveTuning = null;
  domain.id = null;
  domain.state = 'shutoff';
  domain.busy = null;
  domain.job = null;
  emitLifecycle(host, domain, 'Shutdown Finished after host request', 'Stopped Destroyed');
  if (!domain.persistent) host.domains.splice(host.domains.indexOf(domain), 1);
}

/** `managedsave`: the image holds the NICs, and what is tuned, as they run (section 3.6). */
export function saveDomain(host: SimHost, domain: SimDomain): void {
  const saved = domain.live === null ? null : inactiveNics({ ...domain, config: null });
  const { liveTuning } = domain;
  stopDomain(host, domain);
  domain.saved = saved;
  domain.savedTuning = liveTuning;
}

type Plugged = { readonly nic: SimLiveNic } | { readonly error: string };

/** Makes the host's side of a NIC and sets its limits, as a start and a hot-plug do. */
export function plugNic(host: SimHost, nic: SimNic, alias: string): Plugged {
  const port = nic.type === 'network' ? createPort(host, nic) : { actual: null };
  if ('error' in port) return port;
  // A virtual port that comes from the network gets its id now.
  const isOwn = port.actual === null || port.actual.virtualport === '' || nic.interfaceId !== '';
  const interfaceId = isOwn ? nic.interfaceId : uuidOf(`${host.name}/interface/${host.next.serial++}`);
  const bare: SimLiveNic = { ...nic, interfaceId, alias, actual: port.actual, tc: NO_TC };
  const plugged = { ...bare, target: nameTarget(host, bare) };
  const bandwidth = effectiveBandwidth(plugged);
  const type = actualType(plugged);
  // A type that cannot be limited only logs a warning here, unlike in domiftune.
  if (bandwidth === null || !supportsBandwidth(type)) return { nic: plugged };
  if (nic.type !== 'network' && (bandwidth.inbound?.floor ?? 0) > 0)
    return { error: floorNotSupported(nic.mac) };
  if (!hasLimit(bandwidth)) return { nic: plugged };
  if (isOvsPort(plugged)) {
    host.ovsdb.set(plugged.target, setOvs(undefined, bandwidth));
    return { nic: plugged };
  }
  const { tc, error } = setTc(plugged.target, bandwidth, type !== 'direct', host.knobs);
  if (error === null) return { nic: { ...plugged, tc } };
  unplugNic(host, plugged);
  return { error };
}

/** OVS rows outlive the port until libvirt 10.3.0: they stay in {@link SimHost.ovsdb}. */
export function unplugNic(host: SimHost, nic: SimLiveNic): void {
  if (nic.actual !== null) host.ports.delete(nic.actual.portId);
}

/** Generated names count up and are not reused. */
function nameTarget(host: SimHost, nic: SimLiveNic): string {
  if (nic.target !== '') return nic.target;
  switch (actualType(nic)) {
    case 'direct':
      return `macvtap${host.next.macvtap++}`;
    case 'bridge':
    case 'network':
    case 'ethernet':
      return `vnet${host.next.vnet++}`;
    default:
      return '';
  }
}
