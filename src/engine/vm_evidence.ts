import { factOf } from '../facts/fact.ts';
import { creationFact } from '../facts/nova.ts';
import type { Domain, HostFacts } from '../model/facts.ts';
import type { VmEvidence, VmsRead } from '../model/result.ts';

/** The VMs of a hypervisor that was read with `evidence`, for whoever tells causes by them. */
export function vmsOf({ domains, unreadable, notRead = 0 }: HostFacts): VmsRead {
  const unread = unreadable.map(({ uuid, name }): VmEvidence => ({ name, uuid }));
  return { complete: notRead === 0, known: [...domains.map(evidenceOf), ...unread] };
}

function evidenceOf(domain: Domain): VmEvidence {
  const { name, uuid, id = null } = domain;
  const created = factOf(domain, creationFact);
  return { name, uuid, id, ...(created.live === null && created.config === null ? {} : { created }) };
}

/** What two plays know of the VMs of one hypervisor. */
export function mergeVms(first: VmsRead | undefined, second: VmsRead | undefined): VmsRead | undefined {
  if (first === undefined || second === undefined) return second ?? first;
  const known = new Map([...first.known, ...second.known].map((vm) => [vm.uuid, vm]));
  return { complete: first.complete || second.complete, known: [...known.values()] };
}
