import { kernelFactOf, networkFactsOf } from '../../facts/fact.ts';
import { networksFact } from '../../facts/networks.ts';
import type { NicSource } from '../../facts/nics.ts';
import { type TcState, tcFact } from '../../facts/tc.ts';
import type { HostFacts } from '../../model/facts.ts';
import { configLimits, type DomainNic, domainNics } from './domain_nic.ts';
import { kernelOf } from './in_force.ts';
import type { FoundNic } from './item.ts';
import { toValuesOrNull } from './settings.ts';

/** Every NIC of every VM of a host. */
export function findNics(facts: HostFacts): readonly FoundNic[] {
  const networks = networkFactsOf(facts, networksFact);
  const tc = kernelFactOf(facts, tcFact);
  return facts.domains.flatMap((domain) => {
    const nics = domainNics(domain, networks);
    return nics.map((nic, position) => toFound(nic, nth(nics, position), tc));
  });
}

/** Which one of those with its MAC a NIC is, from 1: MACs may be shared. */
function nth(nics: readonly DomainNic[], position: number): number {
  return nics.slice(0, position + 1).filter(({ mac }) => mac === nics[position]?.mac).length;
}

function toFound(nic: DomainNic, sharing: number, tc: TcState | null): FoundNic {
  const kernel = tc === null ? null : kernelOf(nic, tc);
  const { source } = nic.live ?? nic.config ?? NOWHERE;
  return {
    nic,
    domain: nic.domain,
    subject: {
      kind: 'nic',
      key: sharing === 1 ? nic.mac : `${nic.mac}#${sharing}`,
      label: `nic ${nic.index ?? nic.mac}`,
      index: nic.index,
      mac: nic.mac,
      target: nic.live?.target ?? nic.config?.target ?? '',
      type: nic.type,
      source: deviceName(nic.type, source),
      ovs: nic.isOvs,
    },
    live: toValuesOrNull(nic.live?.limits ?? null),
    config: toValuesOrNull(configLimits(nic)),
    ...(kernel === null ? {} : { kernel }),
  };
}

const NOWHERE = { source: { network: '', portgroup: '', bridge: '', dev: '' } };

/** What the NIC is plugged into, in the terms of its type. */
function deviceName(type: string, { network, bridge, dev }: NicSource): string {
  if (type === 'bridge') return bridge || network;
  return type === 'direct' ? dev || network : network || bridge || dev;
}
