import type { Objection } from '../module.ts';
import { configLimits, type DomainNic, supportsLimits } from './domain_nic.ts';
import { type DesiredBySide, SIDES, type Side } from './item.ts';

/**
 * Looks at everything that libvirt would get wrong, silently or later, before anything is written.
 * @param differing the sides that would be written
 */
export function objection(
  nic: DomainNic,
  desired: DesiredBySide,
  differing: readonly Side[],
): Objection | null {
  return (
    noSuchSide(nic, desired) ??
    unsupportedType(nic, desired, differing) ??
    (differing.length === 0 ? null : (ambiguousMac(nic) ?? badFloor(nic, desired, differing))) ??
    (differing.includes('config') ? stuckWithPortgroup(nic, desired) : null)
  );
}

function asks(desired: DesiredBySide, side: Side): boolean {
  return Object.keys(desired[side]).length > 0;
}

function noSuchSide(nic: DomainNic, desired: DesiredBySide): Objection | null {
  if (SIDES.some((side) => nic[side] !== null && asks(desired, side))) return null;
  if (nic.live === null) {
    const why =
      nic.domain.state === 'shutoff'
        ? 'the VM is not running'
        : 'the NIC is not in the running VM, only in its configuration';
    return {
      status: 'notRunning',
      reason: `nothing is limited: ${why}, and the rule applies to the running VM only. Start it and run again, or let the rule apply to both`,
    };
  }
  const why = nic.domain.persistent
    ? 'the NIC is not in the persistent configuration'
    : 'a transient VM has none';
  return {
    status: 'unsupported',
    reason: `the rule applies to the persistent configuration only, and ${why}`,
  };
}

/** libvirt keeps showing limits of a NIC that it cannot limit, so equal XML proves nothing here. */
function unsupportedType(
  nic: DomainNic,
  desired: DesiredBySide,
  differing: readonly Side[],
): Objection | null {
  if (supportsLimits(nic)) return null;
  const limited = SIDES.some((side) => Object.values(desired[side]).some((limit) => limit !== null));
  if (!limited && differing.length === 0) return null;
  return { status: 'unsupported', reason: `libvirt cannot limit a NIC of type ${nic.type}` };
}

function ambiguousMac(nic: DomainNic): Objection | null {
  if (nic.found.what === 'other') {
    return {
      status: 'ambiguous',
      reason: `its MAC ${nic.mac} is also that of nic ${nic.found.index} of this VM, and libvirt would change that one: name it instead`,
    };
  }
  if (nic.found.what === 'unknown') {
    return {
      status: 'ambiguous',
      reason: `several NICs of this VM have the MAC ${nic.mac}, and not as many in the running VM as in its persistent configuration: which of them libvirt would change is not known`,
    };
  }
  return null;
}

/** A floor that libvirt cannot keep is accepted in the configuration, and the VM then does not start again. */
function badFloor(nic: DomainNic, desired: DesiredBySide, differing: readonly Side[]): Objection | null {
  if (!differing.some((side) => (desired[side].inbound?.floor ?? 0) > 0)) return null;
  const refuse = (why: string): Objection => ({
    status: 'refused',
    reason: `floor: ${why}; nothing was written`,
  });
  if (nic.type !== 'network') {
    return refuse(
      `a NIC of type ${nic.type} cannot have one, only one in a libvirt network of forward mode nat, route, open or none. libvirt would take it and the VM would not start again`,
    );
  }
  if (nic.network === null)
    return refuse('the libvirt network of the NIC could not be read, so it cannot be checked');
  if (!nic.network.hasInboundQos) {
    return refuse(`network ${nic.network.name} has no inbound bandwidth to guarantee a part of`);
  }
  // Only a live set makes libvirt check that the floors of a network fit in its bandwidth.
  if (nic.live === null) return refuse('libvirt checks it only while the VM runs; set it then');
  return null;
}

/** Without any own limit the next start takes the portgroup's again. */
function stuckWithPortgroup(nic: DomainNic, desired: DesiredBySide): Objection | null {
  if (nic.inherited === null) return null;
  const result = { ...configLimits(nic), ...desired.config };
  if (result.inbound !== null || result.outbound !== null) return null;
  return {
    status: 'unsupported',
    reason: `portgroup "${nic.portgroup?.name ?? ''}" of network ${nic.network?.name ?? ''} limits this NIC, and libvirt cannot express "unlimited" over a portgroup: change the portgroup`,
  };
}
