import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import { AS_DECLARED } from '../model/status.ts';
import type { Looked, WatchObserver } from '../watch/observer.ts';
import { settled } from '../watch/part.ts';

/** What was last seen of a VM. */
export interface SeenVm {
  /** The name under which its hypervisor is connected to. */
  readonly host: string;
  readonly name: string;
  readonly state: string;
  /** In the order of their positions. */
  readonly nics: readonly Change[];
  /** Milliseconds since 1970. */
  readonly seenAt: number;
}

/** Where a VM is, or why that is not known. */
export type Located =
  | { readonly what: 'seen'; readonly vm: SeenVm; readonly connected: boolean }
  /** Every hypervisor was read, and none has it. */
  | { readonly what: 'nowhere' }
  /** Hypervisors that could not be read may have it. */
  | { readonly what: 'unknown'; readonly unread: readonly string[] };

/** What the looks of a watch have shown of a fleet. It reads no host itself. */
export interface FleetView extends WatchObserver {
  readonly locate: (uuid: string) => Located;
  readonly isConnected: (host: string) => boolean;
  readonly hosts: () => readonly SeenHost[];
  /** The VMs of a host by their UUIDs, those among them that run elsewhere by now; undefined for a host that is not watched. */
  readonly vmsOf: (host: string) => ReadonlyMap<string, SeenVm> | undefined;
  /** What was not as declared when a host was looked at last, and could not be made so. */
  readonly differing: () => readonly Change[];
}

export interface SeenHost {
  readonly name: string;
  readonly connected: boolean;
  readonly seenAt: number | null;
  /** Something was heard of it, and it is looked at in a moment. */
  readonly due: boolean;
  readonly vms: number;
  /** What is not as declared. */
  readonly differs: number;
  /** Why it is not connected, or could not be read. */
  readonly problem: string;
}

interface Known {
  connected: boolean;
  seenAt: number | null;
  due: boolean;
  problem: string;
  differing: readonly Change[];
  vms: ReadonlyMap<string, SeenVm>;
}

/** @param all the names of the hypervisors that are watched now */
export function fleetView(all: () => readonly string[], now: () => number = Date.now): FleetView {
  const known = new Map<string, Known>();
  const of = (host: string): Known => {
    const found = known.get(host) ?? nothingYet();
    known.set(host, found);
    return found;
  };
  /** The newest sight of each VM: while one migrates, two hosts have it. */
  const places = new Map<string, string>();
  const forget = (host: string, vms: Iterable<string>): void => {
    for (const uuid of vms) if (places.get(uuid) === host) places.delete(uuid);
  };
  return {
    connected: (host) => {
      const own = of(host);
      own.connected = true;
      own.problem = '';
    },
    lost: (host, why) => {
      const own = of(host);
      own.connected = false;
      own.problem = why;
    },
    due: (host) => {
      of(host).due = true;
    },
    left: (host) => {
      forget(host, of(host).vms.keys());
      known.delete(host);
    },
    looked: (host, { hosts, isDue }: Looked) => {
      const own = of(host);
      own.due = isDue;
      const error = hosts.find((one) => one.error !== undefined)?.error;
      own.problem = error ?? '';
      // Where one VM could not be read the others still tell.
      if (hosts.every(({ vms }) => vms === undefined)) return;
      const at = now();
      const vms = vmsOf(host, hosts, at);
      forget(
        host,
        [...own.vms.keys()].filter((uuid) => !vms.has(uuid)),
      );
      // A VM that is shut off here and runs there has moved, whichever was looked at last.
      for (const [uuid, vm] of vms) {
        const other = places.get(uuid);
        const elsewhere = other === undefined || other === host ? undefined : of(other).vms.get(uuid);
        if (elsewhere === undefined || elsewhere.state === 'shutoff' || vm.state !== 'shutoff')
          places.set(uuid, host);
      }
      Object.assign(own, { vms, seenAt: at });
      own.differing = hosts
        .flatMap(({ resources }) => resources)
        .filter(({ status }) => !AS_DECLARED.includes(status));
    },
    locate: (uuid) => {
      const host = places.get(uuid);
      const vm = host === undefined ? undefined : of(host).vms.get(uuid);
      if (host !== undefined && vm !== undefined) return { what: 'seen', vm, connected: of(host).connected };
      const unread = all().filter((name) => {
        const own = known.get(name);
        return own === undefined || !own.connected || own.seenAt === null;
      });
      return unread.length === 0 ? { what: 'nowhere' } : { what: 'unknown', unread };
    },
    isConnected: (host) => known.get(host)?.connected === true,
    hosts: () =>
      all().map((name) => {
        const { connected, seenAt, due, vms, differing, problem } = known.get(name) ?? of(name);
        return { name, connected, seenAt, due, vms: vms.size, differs: differing.length, problem };
      }),
    vmsOf: (host) => (all().includes(host) ? of(host).vms : undefined),
    differing: () => all().flatMap((name) => known.get(name)?.differing ?? []),
  };
}

function nothingYet(): Known {
  return { connected: false, seenAt: null, due: false, problem: '', differing: [], vms: new Map() };
}

function vmsOf(host: string, results: readonly HostResult[], seenAt: number): ReadonlyMap<string, SeenVm> {
  const nics = new Map<string, Map<string, Change>>();
  const changes = results
    .flatMap(({ resources }) => resources)
    .filter(({ subject }) => subject.kind === 'nic');
  for (const looked of changes) {
    const change = settled(looked);
    const own = nics.get(change.domain.uuid) ?? new Map<string, Change>();
    const other = own.get(change.subject.key);
    // Under another name of its hypervisor a NIC that is named may be one that is not.
    if (other === undefined || other.status === 'unmanaged') own.set(change.subject.key, change);
    nics.set(change.domain.uuid, own);
  }
  const evidence = results.flatMap(({ vms }) => vms?.known ?? []);
  const found = new Map<string, SeenVm>();
  for (const { uuid, name, id } of evidence) {
    const own = [...(nics.get(uuid)?.values() ?? [])].sort((a, b) => positionOf(a) - positionOf(b));
    const state = own[0]?.domain.state ?? (id === null ? 'shutoff' : 'running');
    found.set(uuid, { host, name, state, nics: own, seenAt });
  }
  return found;
}

function positionOf({ subject }: Change): number {
  return typeof subject.index === 'number' ? subject.index : Number.POSITIVE_INFINITY;
}
