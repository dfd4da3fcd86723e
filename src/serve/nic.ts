import type { Change } from '../model/change.ts';
import { type NicName, nicText } from './action.ts';
import type { Caller } from './cloud/callers.ts';
import type { Servers } from './cloud/servers.ts';
import type { FleetView, SeenVm } from './fleet_view.ts';
import { Refusal } from './refusal.ts';

/** A NIC of a server, as it was last seen. */
export interface SeenNic {
  readonly vm: SeenVm;
  readonly change: Change;
  readonly mac: string;
}

/**
 * Where a server runs, by what the hosts of the inventory have.
 * @throws Refusal 501 for one that none of them has, 503 where that cannot be told now
 */
export function locate(view: FleetView, id: string): { readonly vm: SeenVm; readonly connected: boolean } {
  const found = view.locate(id);
  if (found.what === 'seen') return found;
  if (found.what === 'nowhere')
    throw new Refusal(501, `The host of instance ${id} is not managed by this service.`);
  throw new Refusal(
    503,
    `The host of instance ${id} is not known yet. Please try again at a later time.`,
    10,
  );
}

/** @throws Refusal 503 */
export function demandConnected(connected: boolean, id: string): void {
  if (connected) return;
  throw new Refusal(
    503,
    `The host of instance ${id} cannot be reached now. Please try again at a later time.`,
    10,
  );
}

/** @throws Refusal 404 for a NIC that the server has not */
export async function findNic(
  servers: Pick<Servers, 'macOf'>,
  caller: Caller,
  id: string,
  vm: SeenVm,
  nic: NicName,
): Promise<SeenNic> {
  if (nic.by === 'position')
    return seenNic(
      vm,
      vm.nics.find(({ subject }) => subject.index === nic.position),
      id,
      nic,
    );
  const mac = nic.by === 'mac' ? nic.mac : await servers.macOf(caller, id, nic.port);
  return seenNic(vm, nicsOf(vm).find((one) => one.mac === mac)?.change, id, nic);
}

/** All that can be told apart: of several with one MAC the one that libvirt finds by it. */
export function nicsOf(vm: SeenVm): readonly SeenNic[] {
  return vm.nics.flatMap((change) => {
    const { key } = change.subject;
    return key.includes('#') ? [] : [{ vm, change, mac: key }];
  });
}

function seenNic(vm: SeenVm, change: Change | undefined, id: string, nic: NicName): SeenNic {
  const { key } = change?.subject ?? { key: '' };
  if (change === undefined) throw new Refusal(404, `Instance ${id} has no ${nicText(nic)}.`);
  if (key.includes('#'))
    throw new Refusal(409, `Another interface of instance ${id} has the same MAC as ${nicText(nic)}.`);
  return { vm, change, mac: key };
}
