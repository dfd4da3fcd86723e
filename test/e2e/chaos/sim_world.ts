import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineDomain } from '../../../src/sim/define.ts';
import { emitLifecycle } from '../../../src/sim/events.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { saveDomain, startDomain, stopDomain } from '../../../src/sim/lifecycle.ts';
import { NO_TC, type SimDomain, type SimHost, type SimNic, simHost } from '../../../src/sim/model.ts';
import { setBandwidth } from '../../../src/sim/set_bandwidth.ts';
import { startSimFleet } from '../../../src/sim/sshd.ts';
import { type Event, type Shape, SIDES } from './scenario.ts';
import type { Limit, Nic, World, Write } from './world.ts';

/** VMs of each host: those of the last one are enough to be written side by side. */
const VMS = [3, 3, 2, 8];
const NICS = 2;
/** What some NICs have before anybody comes. */
const FIRST = 77;

/** Simulated hosts in this process. All that sets limits of a VM is seen where the VM keeps them. */
export async function simWorld(): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-chaos-'));
  const hosts = VMS.map((_, index) => simHost(`hv${index + 1}`));
  const fleet = await startSimFleet(hosts);
  const { inventory } = await writeFleetFiles(fleet, dir);
  const names = VMS.map((vms, host) => Array.from({ length: vms }, (_, vm) => `chaos-${host + 1}-${vm + 1}`));
  const shape: Shape = { vms: names.flat(), hosts: hosts.length, nics: NICS, second: 600 };
  const log: Write[] = [];
  /** What is under way without being waited for. */
  const pending = new Set<Promise<unknown>>();
  /** Those who want to know of the next write. */
  const waiting: (() => void)[] = [];
  let ours = false;
  /** By host: so many writes are left until its libvirtd ends, and how long it is away then. */
  const fuses = new Map<SimHost, { writes: number; readonly downMs: number }>();

  const later = (ms: number, act: () => void): void => {
    const done = sleep(ms).then(act);
    pending.add(done);
    void done.finally(() => pending.delete(done));
  };
  const end = (host: SimHost, downMs: number): void => {
    host.knobs.libvirtd = 'down';
    later(downMs, () => {
      host.knobs.libvirtd = 'up';
    });
  };
  const quietly = <T>(act: () => T): T => {
    ours = true;
    try {
      return act();
    } finally {
      ours = false;
    }
  };
  const hear = (host: SimHost, write: Write): void => {
    if (ours) return;
    log.push(write);
    for (const tell of waiting.splice(0)) tell();
    const fuse = fuses.get(host);
    if (fuse === undefined || --fuse.writes > 0) return;
    fuses.delete(host);
    end(host, fuse.downMs);
  };
  /** Sees each value that a VM is given. */
  const observe = (host: SimHost, domain: SimDomain): SimDomain => {
    for (const side of SIDES) {
      let nics: readonly SimNic[] | null = domain[side];
      Object.defineProperty(domain, side, {
        enumerable: true,
        configurable: true,
        get: () => nics,
        set: (next: readonly SimNic[] | null) => {
          for (const nic of next ?? []) {
            const old = nics?.find(({ mac }) => mac === nic.mac);
            if (old?.bandwidth === nic.bandwidth) continue;
            hear(host, { host: host.name, uuid: domain.uuid, mac: nic.mac, side, limit: limitOf(nic) });
          }
          nics = next;
        },
      });
    }
    return domain;
  };
  const hostOf = (vm: string) => hosts.find(({ domains }) => domains.some(({ name }) => name === vm));

  const world: World = {
    shape,
    hosts: hosts.map(({ name }) => name),
    inventory: ['-i', inventory],
    dir,
    begin: async () => {
      fuses.clear();
      for (const [index, host] of hosts.entries()) {
        host.domains.length = 0;
        for (const { timer } of host.watchdogs.values()) clearTimeout(timer);
        host.watchdogs.clear();
        host.knobs.latencyMs = 25;
        for (const [vm, name] of names[index]!.entries()) {
          const nic = { source: { bridge: 'br0' }, ...(vm === 1 ? { inbound: { average: FIRST } } : {}) };
          const domain = quietly(() => defineDomain(host, { name, nics: Array(NICS).fill(nic) }));
          observe(host, domain);
        }
      }
      log.length = 0;
      return world.look();
    },
    act: async (event) => {
      if (event.kind === 'libvirtd') {
        const host = hosts[event.host]!;
        if (event.during > 0) fuses.set(host, { writes: event.during, downMs: event.downMs });
        else end(host, event.downMs);
        return;
      }
      if (event.kind === 'cut' || event.kind === 'mute') {
        const server = fleet.hosts[event.host]!;
        let { times } = event;
        /** Good again after so many. */
        const counted = (text: string): string => {
          if (--times <= 0) server.faults.execs = [];
          return text;
        };
        if (event.kind === 'cut') server.dropAll();
        if (times === 0) return;
        server.faults.execs =
          event.kind === 'cut'
            ? [{ cut: { afterBytes: event.afterBytes, how: 'drop' }, corrupt: counted }]
            : [{ corrupt: (text) => frameOf(counted(text)), corruptErrors: () => '' }];
        return;
      }
      const host = hostOf(event.vm);
      const domain = host?.domains.find(({ name }) => name === event.vm);
      // Whoever changes VMs goes through libvirtd.
      if (host === undefined || domain === undefined || host.knobs.libvirtd !== 'up') return;
      quietly(() => change(host, domain, event));
    },
    heal: async () => {
      while (pending.size > 0) await Promise.all(pending);
      fuses.clear();
      for (const host of hosts) {
        host.knobs.libvirtd = 'up';
        for (const domain of host.domains)
          if (domain.live === null) quietly(() => void startDomain(host, domain));
      }
      for (const server of fleet.hosts) server.faults.execs = [];
    },
    look: async () =>
      hosts.flatMap((host) =>
        host.domains.flatMap(({ name, uuid, live, config }) =>
          (config ?? []).map((nic): Nic => {
            const running = live?.find(({ mac }) => mac === nic.mac);
            const limits = { live: running && limitOf(running), config: limitOf(nic) };
            return { host: host.name, vm: name, uuid, mac: nic.mac, limits };
          }),
        ),
      ),
    writes: async () => [...log],
    written: () => new Promise((done) => waiting.push(done)),
    leftOver: async () => {
      // Watchdogs end by themselves, also after a confirm that was killed: in 30 s, and a busy machine takes longer.
      for (let tries = 0; tries < 6000 && hosts.some(isBusy); tries++) await sleep(20);
      return hosts.flatMap(({ name, lock, listeners, watchdogs }) => [
        ...[...watchdogs.keys()].map((watchdog) => `${name}: ${watchdog} waits still`),
        ...(lock === null ? [] : [`${name}: its lock is held: ${lock}`]),
        ...(listeners.size === 0 ? [] : [`${name}: somebody listens to its events`]),
      ]);
    },
    close: async () => {
      await Promise.all(pending);
      await fleet.close();
      rmSync(dir, { recursive: true });
    },
  };

  function change(
    host: SimHost,
    domain: SimDomain,
    event: Exclude<Event, { readonly kind: 'fill' | 'watch' | 'libvirtd' | 'cut' | 'mute' }>,
  ): void {
    switch (event.kind) {
      case 'stop':
        if (domain.live !== null) stopDomain(host, domain);
        return;
      case 'reboot':
        if (domain.live !== null) stopDomain(host, domain);
        startDomain(host, domain);
        return;
      case 'rebuild':
        if (domain.live !== null) stopDomain(host, domain);
        domain.config = bare(domain.config ?? []);
        startDomain(host, domain);
        return;
      case 'save':
        if (domain.live !== null) saveDomain(host, domain);
        startDomain(host, domain);
        return;
      case 'hand': {
        const nic = domain.config?.[event.nic];
        if (nic === undefined || (event.side === 'live' && domain.live === null)) return;
        const rate = { average: event.rate, peak: 0, burst: 0, floor: 0 };
        const sides = { live: event.side === 'live', config: event.side === 'config' };
        setBandwidth(host, domain, nic.mac, { inbound: rate }, sides);
        host.changes++;
        return;
      }
      case 'migrate': {
        const target = hosts[event.to]!;
        if (target === host || domain.live === null || target.knobs.libvirtd !== 'up') return;
        const [live, config] = [domain.live, domain.config ?? []];
        const arrived: SimDomain = { ...domain, id: target.next.id++, live: [...live], config: [...config] };
        if (event.bare) {
          arrived.live = live.map((nic) => ({ ...nic, bandwidth: null, tc: NO_TC }));
          arrived.config = bare(config);
        }
        target.domains.push(observe(target, arrived));
        emitLifecycle(target, arrived, 'Started Migrated', 'Resumed Migrated', 'Defined Added');
        host.domains.splice(host.domains.indexOf(domain), 1);
        emitLifecycle(host, domain, 'Stopped Migrated', 'Undefined Removed');
      }
    }
  }

  return world;
}

const isBusy = ({ lock, watchdogs }: SimHost): boolean => lock !== null || watchdogs.size > 0;

/** An answer of which nothing is left but that it is whole. */
const frameOf = (answer: string): string =>
  `${answer
    .split('\n')
    .filter((line) => /:(begin|end)$/.test(line))
    .join('\n')}\n`;

const bare = (nics: readonly SimNic[]): readonly SimNic[] => nics.map((nic) => ({ ...nic, bandwidth: null }));

const limitOf = ({ bandwidth }: Pick<SimNic, 'bandwidth'>): Limit => bandwidth?.inbound?.average ?? null;
