import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Connector } from '../connection/connector.ts';
import type { PlayJob } from '../engine/job.ts';
import type { RunOptions } from '../engine/run.ts';
import type { Gate } from '../gates/gate.ts';
import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import type { Cloud } from '../openstack/cloud.ts';
import type { CloudConfig } from '../openstack/config.ts';
import type { Policy } from '../policy/policy.ts';
import type { LazyRecord } from '../record/lazy.ts';
import type { WatchContext, Watched } from '../watch/context.ts';
import { type FleetWatch, hypervisorsOf, watchFleet } from '../watch/fleet.ts';
import { togetherWatching, type WatchObserver } from '../watch/observer.ts';
import type { StreamTimes } from '../watch/stream.ts';
import type { Ceiling } from './ceilings.ts';
import { rememberedCallers } from './cloud/callers.ts';
import { deletedServers } from './cloud/deleted.ts';
import { keystoneOutage, logInEarly } from './cloud/own_login.ts';
import { novaServers } from './cloud/servers.ts';
import { type FleetView, fleetView } from './fleet_view.ts';
import { withdrawGone } from './gone.ts';
import { novaProxy } from './http/proxy.ts';
import { httpServer } from './http/server.ts';
import { followJobs } from './jobs.ts';
import { looksBy } from './looks.ts';
import { type Mirror, overrideMirror } from './mirror.ts';
import { overrideIn, withOverrides } from './overlay.ts';
import { ownersPolicy } from './owner.ts';
import { previewer } from './preview.ts';
import type { Service } from './service.ts';
import type { Database } from './store/database.ts';
import { newProcess } from './store/jobs.ts';
import type { Job, Override, Owner } from './store/records.ts';
import type { Retention } from './store/retention.ts';
import { policyVerdict } from './verdict.ts';

/** What files say, as they were read last. */
export interface ServeFiles {
  readonly plays: readonly PlayJob[];
  readonly policy: Policy | null;
  readonly groupsOf: (host: string) => readonly string[];
  readonly ceilings: readonly Ceiling[];
  /** The gates of a look, but for the policy. */
  readonly otherGates: () => readonly Gate[];
  /** The policy as a gate for somebody who asks through the API; null: the service itself. Null without a policy. */
  readonly policyGate: (owner: Owner | null) => Gate | null;
}

export interface ServeContext {
  readonly files: () => ServeFiles;
  readonly cloud: Cloud;
  /** With which inventories ask clouds: one of them may tell what the service's own login is not told. */
  readonly inventoryClouds: () => readonly CloudConfig[];
  /** Between two times at which it is asked whether servers that no host has were deleted. */
  readonly goneIntervalMs: number;
  readonly database: Database;
  readonly connector: Connector;
  readonly forks: number;
  readonly lock: RunOptions['lock'];
  readonly record?: WatchContext['record'];
  /** Look at what the kernel does, too. */
  readonly kernel: boolean;
  readonly seen?: ((host: HostResult) => void) | undefined;
  readonly intervalMs: number;
  readonly blindIntervalMs: number;
  readonly clockSet?: ((byMs: number) => void) | undefined;
  readonly listen: ListenOn;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
  readonly kept: Retention;
  /** What stands before this service does TLS. */
  readonly behindTls: boolean;
  /** Everybody may look at the fleet, without a login. */
  readonly publicPage: boolean;
  readonly perSecond: number;
  /** All that is not this service's goes to Nova. */
  readonly forwards: boolean;
  readonly version: string;
  readonly observers: readonly WatchObserver[];
  readonly counted?: ((method: string, route: string, status: number, seconds: number) => void) | undefined;
  readonly ended?: ((job: Job, state: string) => void) | undefined;
  readonly stopping: AbortSignal;
  readonly abort: AbortSignal;
  readonly say: (text: string) => void;
  readonly times?: StreamTimes;
}

/** A port of this machine, 0 for any that is free, or a socket's path. */
export type ListenOn = { readonly host: string; readonly port: number } | { readonly path: string };

export interface Serving {
  /** Where it listens: `http://127.0.0.1:8780`, `unix:/run/virtune.sock`. */
  readonly address: string;
  readonly view: FleetView;
  /** Fulfilled once all that was under way has ended. */
  readonly ended: Promise<void>;
  /** Files were read again. @returns how many hosts are looked at by that */
  readonly reload: (looks?: 'all' | 'changed') => number;
  readonly count: () => number;
}

/**
 * Serves until it is stopped: a watch that keeps what the files and the API declare, and the server beside it.
 * @throws Error where it cannot listen
 */
export async function serve(context: ServeContext): Promise<Serving> {
  const { files, cloud, database, connector, stopping, abort, say } = context;
  const mirror = overrideMirror(database, { heard: (changed) => looks.heard(changed) });
  const process = await newProcess(database);
  await database.hold(process);
  let watched: ReadonlyMap<string, Watched> = byName(files().plays);
  const view = fleetView(() => [...watched.keys()]);
  // Until it listens no host is contacted: whoever finds its address taken is not to write beside who has it.
  let fleet: FleetWatch | null = null;
  const ask = (host: string): void => fleet?.ask(host);
  const looks = looksBy({ database, mirror, view, ask });
  await mirror.refresh();
  const follower = followJobs({
    ...{ database, mirror, view, process, say, ask, kept: context.kept },
    ...(context.ended === undefined ? {} : { ended: context.ended }),
  });
  const gatesFor = (extra: readonly Override[]): readonly Gate[] => {
    const now = files();
    const ownerOf = (id: number) => (extra.find((one) => one.id === id) ?? mirror.byId(id))?.owner ?? null;
    const policy = ownersPolicy(now.policyGate, ownerOf);
    return [...now.otherGates(), ...(policy === null ? [] : [policy])];
  };
  const keystone = keystoneOutage(cloud, say);
  const service: Service = {
    ...{ database, mirror, view, say, jobs: follower },
    callers: rememberedCallers(cloud, keystone),
    servers: novaServers(cloud, say),
    preview: previewer({ connector, watched: (host) => watched.get(host), gates: gatesFor, abort }),
    policy: policyVerdict(files),
    ceilings: () => files().ceilings,
  };
  let server: FastifyInstance;
  try {
    server = await httpServer({
      ...{ service, version: context.version, perSecond: context.perSecond, tls: context.tls },
      keystone: cloud.config.authUrl,
      page: { cloud, isPublic: context.publicPage, secure: context.tls !== null || context.behindTls },
      proxy: context.forwards ? novaProxy(cloud) : null,
      ...(context.counted === undefined ? {} : { counted: context.counted }),
    });
    await server.listen({ ...context.listen });
  } catch (error) {
    await follower.stop();
    throw error;
  }
  const watching = watchFleet(files().plays, {
    ...{ connector, forks: context.forks, stopping, abort },
    run: {
      check: false,
      listAll: true,
      kernel: context.kernel,
      overtaken: looks.overtaken,
      ...(context.lock === undefined ? {} : { lock: context.lock }),
    },
    gates: () => gatesFor([]),
    overlay: async (watched) => {
      await follower.settled(watched.lead.name);
      return withOverrides(watched.plays, await looks.begin(watched));
    },
    ...(context.record === undefined
      ? {}
      : {
          record: (reason) =>
            context.record?.((changes) => withRequests(reason(changes), changes, mirror)) as LazyRecord,
        }),
    ...(context.seen === undefined ? {} : { seen: context.seen }),
    intervalMs: context.intervalMs,
    blindIntervalMs: context.blindIntervalMs,
    clockSet: context.clockSet,
    times: context.times,
    observer: togetherWatching([
      view,
      {
        looked: (host, looked) => follower.looked(host, looked, looks.revisionOf(host)),
        lost: (host) => follower.lost(host),
        left: (host) => follower.lost(host),
      },
      ...context.observers,
    ]),
  });
  fleet = watching;
  follower.kick();
  void logInEarly(cloud, keystone, say, { stopping });
  const gone = setInterval(() => {
    const deleted = (ids: readonly string[]) => deletedServers(cloud, context.inventoryClouds(), ids);
    withdrawGone({ database, mirror, view, deleted }).then(
      (count) => count > 0 && follower.kick(),
      (error: Error) => say(`whether servers were deleted is not known: ${error.message}`),
    );
  }, context.goneIntervalMs);
  const end = async (): Promise<void> => {
    await watching.ended;
    clearInterval(gone);
    await server.close();
    await follower.stop();
  };
  return {
    address: addressOf(server, context),
    view,
    ended: end(),
    reload: (looks) => {
      watched = byName(files().plays);
      return watching.reload(files().plays, looks);
    },
    count: () => watching.count(),
  };
}

/** So many requests are named in the record of a look. */
const NAMED = 20;

function withRequests(reason: string, changes: readonly Change[], mirror: Mirror): string {
  const requests = new Set(
    changes.flatMap(({ rules }) => {
      const override = overrideIn(rules);
      return override === null ? [] : (mirror.byId(override)?.request ?? []);
    }),
  );
  if (requests.size === 0) return reason;
  const more = requests.size > NAMED ? ` and ${requests.size - NAMED} more` : '';
  return `${reason}; for ${[...requests].slice(0, NAMED).join(', ')}${more}`;
}

function byName(plays: readonly PlayJob[]): ReadonlyMap<string, Watched> {
  return new Map([...hypervisorsOf(plays).values()].map((one) => [one.lead.name, one]));
}

function addressOf(server: FastifyInstance, { listen, tls }: ServeContext): string {
  if ('path' in listen) return `unix:${listen.path}`;
  const { address, port, family } = server.server.address() as AddressInfo;
  return `${tls === null ? 'http' : 'https'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
