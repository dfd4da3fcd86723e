import type { Server } from '../cloud/servers.ts';
import { nicsOf } from '../nic.ts';
import type { Service } from '../service.ts';
import type { NicRow } from './fleet.ts';
import type { Row } from './servers.ts';
import { limitNow } from './words.ts';

/** What the fleet was last seen to have, for pages. */

/** The NICs of hosts, VM by VM; a VM without one has a row of its own. */
export function* nicRows(
  { view, mirror }: Pick<Service, 'view' | 'mirror'>,
  hosts: readonly string[],
): Generator<NicRow> {
  for (const host of hosts)
    for (const [uuid, vm] of view.vmsOf(host) ?? []) {
      if (vm.nics.length === 0) yield { uuid, vm, change: null, set: undefined };
      for (const change of vm.nics) yield { uuid, vm, change, set: mirror.of(uuid, change.subject.key) };
    }
}

/** What Nova lists, with what the fleet has of it. */
export function rowsOf(
  { view, mirror }: Pick<Service, 'view' | 'mirror'>,
  servers: readonly Server[],
): readonly Row[] {
  return servers.map((server) => {
    const found = view.locate(server.id);
    if (found.what !== 'seen') return { server, host: null, nics: [] };
    const nics = nicsOf(found.vm).map(({ change, mac }) => ({
      label: change.subject.label,
      receives: limitNow(change, 'inbound'),
      sends: limitNow(change, 'outbound'),
      set: mirror.of(server.id, mac) !== undefined,
    }));
    return { server, host: found.vm.host, nics };
  });
}
