import type { Objection } from '../module.ts';
import { type Card, configLimits, supportsLimits } from './card.ts';
import { SIDES, type Side, type Wanted } from './item.ts';

/**
 * Looks at everything that libvirt would get wrong, silently or later, before anything is written.
 * @param differing the sides that would be written
 */
export function objection(card: Card, wanted: Wanted, differing: readonly Side[]): Objection | null {
  return (
    noSuchSide(card, wanted) ??
    unsupportedType(card, wanted, differing) ??
    (differing.length === 0 ? null : (ambiguousMac(card) ?? badFloor(card, wanted, differing))) ??
    (differing.includes('config') ? stuckWithPortgroup(card, wanted) : null)
  );
}

function asks(wanted: Wanted, side: Side): boolean {
  return Object.keys(wanted[side]).length > 0;
}

function noSuchSide(card: Card, wanted: Wanted): Objection | null {
  if (SIDES.some((side) => card[side] !== null && asks(wanted, side))) return null;
  if (card.live === null) {
    const why =
      card.domain.state === 'shutoff'
        ? 'the VM is not running'
        : 'the NIC is not in the running VM, only in its configuration';
    return {
      status: 'notRunning',
      reason: `nothing is limited: ${why}, and the rule applies to the running VM only. Start it and run again, or let the rule apply to both`,
    };
  }
  const why = card.domain.persistent
    ? 'the NIC is not in the persistent configuration'
    : 'a transient VM has none';
  return {
    status: 'unsupported',
    reason: `the rule applies to the persistent configuration only, and ${why}`,
  };
}

/** libvirt keeps showing limits of a NIC that it cannot limit, so equal XML proves nothing here. */
function unsupportedType(card: Card, wanted: Wanted, differing: readonly Side[]): Objection | null {
  if (supportsLimits(card)) return null;
  const limited = SIDES.some((side) => Object.values(wanted[side]).some((limit) => limit !== null));
  if (!limited && differing.length === 0) return null;
  return { status: 'unsupported', reason: `libvirt cannot limit a NIC of type ${card.type}` };
}

function ambiguousMac(card: Card): Objection | null {
  if (card.found.what === 'other') {
    return {
      status: 'ambiguous',
      reason: `its MAC ${card.mac} is also that of nic ${card.found.index} of this VM, and libvirt would change that one: name it instead`,
    };
  }
  if (card.found.what === 'unknown') {
    return {
      status: 'ambiguous',
      reason: `several NICs of this VM have the MAC ${card.mac}, and not as many in the running VM as in its persistent configuration: which of them libvirt would change is not known`,
    };
  }
  return null;
}

/** A floor that libvirt cannot keep is accepted in the configuration, and the VM then does not start again. */
function badFloor(card: Card, wanted: Wanted, differing: readonly Side[]): Objection | null {
  if (!differing.some((side) => (wanted[side].inbound?.floor ?? 0) > 0)) return null;
  const refuse = (why: string): Objection => ({
    status: 'refused',
    reason: `floor: ${why}; nothing was written`,
  });
  if (card.type !== 'network') {
    return refuse(
      `a NIC of type ${card.type} cannot have one, only one in a libvirt network of forward mode nat, route, open or none. libvirt would take it and the VM would not start again`,
    );
  }
  if (card.network === null)
    return refuse('the libvirt network of the NIC could not be read, so it cannot be checked');
  if (!card.network.hasInboundQos) {
    return refuse(`network ${card.network.name} has no inbound bandwidth to guarantee a part of`);
  }
  // Only a live set makes libvirt check that the floors of a network fit in its bandwidth.
  if (card.live === null) return refuse('libvirt checks it only while the VM runs; set it then');
  return null;
}

/** Without any own limit the next start takes the portgroup's again. */
function stuckWithPortgroup(card: Card, wanted: Wanted): Objection | null {
  if (card.inherited === null) return null;
  const result = { ...configLimits(card), ...wanted.config };
  if (result.inbound !== null || result.outbound !== null) return null;
  return {
    status: 'unsupported',
    reason: `portgroup "${card.portgroup?.name ?? ''}" of network ${card.network?.name ?? ''} limits this NIC, and libvirt cannot express "unlimited" over a portgroup: change the portgroup`,
  };
}
