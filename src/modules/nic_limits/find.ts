import { kernelFactOf, networkFactsOf } from '../../facts/fact.ts';
import { networksFact } from '../../facts/networks.ts';
import type { NicSource } from '../../facts/nics.ts';
import { type OvsState, ovsFact } from '../../facts/ovs.ts';
import { portsByMac, type TellsOfPort } from '../../facts/ports.ts';
import { sameQos } from '../../facts/qos.ts';
import { type TcState, tcFact } from '../../facts/tc.ts';
import type { Values } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import { configLimits, type DomainNic, domainNics, ownLimits } from './domain_nic.ts';
import { kernelOf } from './in_force.ts';
import type { FoundNic } from './item.ts';
import { kernelOfPort } from './port/in_force.ts';
import { effectiveOf, NO_QOS, portValues } from './port/settings.ts';
import { toValuesOrNull } from './settings.ts';

/** Every NIC of every VM of a host. */
export function findNics(facts: HostFacts): readonly FoundNic[] {
  const networks = networkFactsOf(facts, networksFact);
  const tc = kernelFactOf(facts, tcFact);
  const ovs = kernelFactOf(facts, ovsFact);
  const ports = portsByMac(facts);
  return facts.domains.flatMap((domain) => {
    const nics = domainNics(domain, networks);
    return nics.map((nic, position) => toFound(nic, nth(nics, position), { tc, ovs }, portOfNic(nic, ports)));
  });
}

/** Which one of those with its MAC a NIC is, from 1: MACs may be shared. */
function nth(nics: readonly DomainNic[], position: number): number {
  return nics.slice(0, position + 1).filter(({ mac }) => mac === nics[position]?.mac).length;
}

/** A port that could not be read is its MAC's. */
function portOfNic(
  { domain, mac }: DomainNic,
  ports: ReadonlyMap<string, readonly TellsOfPort[]>,
): TellsOfPort | undefined {
  return ports.get(mac)?.find((one) => 'problem' in one || one.port_state.server === domain.uuid);
}

interface InKernel {
  readonly tc: TcState | null;
  readonly ovs: OvsState | null;
}

function toFound(
  nic: DomainNic,
  sharing: number,
  { tc, ovs }: InKernel,
  port: TellsOfPort | undefined,
): FoundNic {
  const known = port === undefined || 'problem' in port ? null : port.port_state;
  const limits = known === null ? null : (effectiveOf(known)?.limits ?? null);
  const byPort = limits !== null && !sameQos(limits, NO_QOS);
  // Rows of Open vSwitch's database are the agent's own there.
  const kernel = tc === null ? null : byPort ? kernelOfPort(nic, limits, tc) : kernelOf(nic, tc, ovs);
  const told = known === null ? {} : portValues(known);
  const withPort = (values: Values | null): Values | null => values && { ...values, ...told };
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
      ...(port === undefined ? {} : { port: port.port, cloud: port.cloud, region: port.region }),
    },
    live: withPort(toValuesOrNull(nic.live?.limits ?? null)),
    config: withPort(toValuesOrNull(configLimits(nic))),
    ...(port === undefined ? {} : { port }),
    ...(kernel === null ? {} : { kernel }),
    ...originOf(nic),
  };
}

/** Which limits are the network's, since the NIC has none of its own. */
function originOf(nic: DomainNic): Pick<FoundNic, 'origin'> {
  const own = ownLimits(nic);
  const [live, config] = [nic.live !== null && own.live === null, nic.config !== null && own.config === null];
  if (nic.inherited === null || (!live && !config)) return {};
  const whose = `those of portgroup "${nic.portgroup?.name ?? ''}" of network ${nic.network?.name ?? ''}`;
  if (!live && nic.live !== null)
    return { origin: `at the next start its limits are ${whose}: its configuration has none of its own` };
  return { origin: `its limits are ${whose}: it has none of its own` };
}

const NOWHERE = { source: { network: '', portgroup: '', bridge: '', dev: '' } };

/** What the NIC is plugged into, in the terms of its type. */
function deviceName(type: string, { network, bridge, dev }: NicSource): string {
  if (type === 'bridge') return bridge || network;
  return type === 'direct' ? dev || network : network || bridge || dev;
}
