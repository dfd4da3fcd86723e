import type { Fact } from '../../../facts/fact.ts';
import { portFact } from '../../../facts/ports.ts';
import type { Subject } from '../../../model/change.ts';
import type { NicLimitsArgs } from '../rule.ts';

/** Every port of the host's servers, where limits are Neutron's. */
export function portFacts({ servers, enforceWith }: NicLimitsArgs): readonly Fact[] {
  if (enforceWith === undefined || servers === null) return [];
  return [...servers.values()].flatMap(({ ports }) =>
    ports.map(({ id, mac }) => portFact({ ...enforceWith, port: id, mac })),
  );
}

/** The port of a NIC of an earlier read. */
export function portFactsFor({ port, cloud, region, mac }: Subject): readonly Fact[] {
  if (typeof port !== 'string' || typeof cloud !== 'string' || typeof region !== 'string') return [];
  return [portFact({ cloud, region, port, mac: String(mac) })];
}
