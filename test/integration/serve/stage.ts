import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newConnector } from '../../../src/connection/connector.ts';
import type { HostJob, PlayJob } from '../../../src/engine/job.ts';
import type { Gate } from '../../../src/gates/gate.ts';
import { gatesOf } from '../../../src/gates/index.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { openCloud } from '../../../src/openstack/cloud.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import type { Ceiling } from '../../../src/serve/ceilings.ts';
import { identityOf } from '../../../src/serve/owner.ts';
import { type Serving, serve } from '../../../src/serve/serve.ts';
import type { Database } from '../../../src/serve/store/database.ts';
import { openDatabase } from '../../../src/serve/store/open.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimHost, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import type { WatchObserver } from '../../../src/watch/observer.ts';
import { STREAM_TIMES } from '../../../src/watch/stream.ts';
import { simTarget } from '../engine/sim_target.ts';
import { type FakeCloud, type FakeServer, fakeCloud, SERVICE } from './cloud.ts';
import { newFolder } from './folder.ts';

/** A whole service in this process: recorded Keystone and Nova, simulated hosts, a real database. */

export const WEB = '4635b1a8-6a5c-4f5f-9d5e-000000000001';
export const OTHER = '4635b1a8-6a5c-4f5f-9d5e-000000000002';
export const NOWHERE = '4635b1a8-6a5c-4f5f-9d5e-000000000009';
export const MACS = ['fa:16:3e:00:00:01', 'fa:16:3e:00:00:02'] as const;
export const PORT = '56da4864-728b-4a4e-8c4e-2f9f0f1f2f3f';

export const DEMO = { id: '55290000000000000000000000000001', name: 'demo' };
export const STRANGERS = { id: '55290000000000000000000000000002', name: 'other' };

export interface Stage {
  readonly url: string;
  readonly cloud: FakeCloud;
  readonly hosts: SimHost[];
  readonly fleet: SimFleet;
  readonly database: Database;
  readonly serving: Serving;
  readonly said: string[];
  readonly web: FakeServer;
  policy: Policy | null;
  ceilings: readonly Ceiling[];
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Reply>;
  /** The average that a NIC receives at most while it runs, 0 for none. */
  readonly inbound: (nic?: number) => number;
  readonly stop: () => Promise<void>;
}

export interface CallOptions {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

export interface StageOptions {
  /** Where the database is; a folder of its own when absent. */
  readonly db?: string;
  readonly proxy?: boolean;
  readonly perSecond?: number;
  /** Between two times at which it is asked whether servers were deleted. */
  readonly goneIntervalMs?: number;
  /** Of the service's own login. */
  readonly serviceRoles?: readonly string[];
  readonly publicPage?: boolean;
  /** Adds to what there is before anything is read. */
  readonly prepare?: (hosts: readonly SimHost[], cloud: FakeCloud) => void;
  /** What the playbook limits web's NICs to. */
  readonly declared?: number;
  /** Asked between the read and the write of each look. */
  readonly gate?: Gate;
  /** Hears of each look. */
  readonly looked?: WatchObserver['looked'];
}

export const TOKENS = {
  member: 'gAAAA-member-token-7hKs',
  reader: 'gAAAA-reader-token-8jLt',
  admin: 'gAAAA-admin-token-9kMu',
  stranger: 'gAAAA-stranger-token-3nNv',
  expired: 'gAAAA-expired-token-4pOw',
  unscoped: 'gAAAA-unscoped-token-5qPx',
} as const;

/** Who may log in. */
export const USERS = {
  member: { name: 'ann', password: 'password-of-ann-Ab71' },
  admin: { name: 'root-admin', password: 'password-of-admin-Cd82' },
} as const;

export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-serve-'));
  const cloud = await fakeCloud();
  if (options.serviceRoles !== undefined) cloud.serviceRoles = options.serviceRoles;
  const soon = Date.now() + 3_600_000;
  const user = (id: string) => ({ id: `user-${id}`, name: id });
  const add = (
    name: keyof typeof TOKENS,
    project: typeof DEMO | null,
    roles: readonly string[],
    expiresAt = soon,
  ) => cloud.tokens.set(TOKENS[name], { user: user(name), project, roles, expiresAt });
  add('member', DEMO, ['member', 'reader']);
  add('reader', DEMO, ['reader']);
  add('admin', { id: 'a'.repeat(32), name: 'admin' }, ['admin', 'member', 'reader']);
  add('stranger', STRANGERS, ['member', 'reader']);
  add('expired', DEMO, ['member'], Date.now() - 1000);
  add('unscoped', null, []);
  const serverOf = (id: string, project: string): FakeServer => ({
    ...{
      id,
      project,
      name: `vm-${id.slice(-1)}`,
      status: 'ACTIVE',
      vmState: 'active',
      taskState: null,
      locked: false,
    },
    ports: [],
  });
  const web = serverOf(WEB, DEMO.id);
  web.ports.push({ id: PORT, mac: MACS[1] });
  for (const one of [web, serverOf(OTHER, STRANGERS.id), serverOf(NOWHERE, DEMO.id)])
    cloud.servers.set(one.id, one);

  const hosts = ['hv1', 'hv2'].map((name) => simHost(name));
  const [first, second] = hosts as [SimHost, SimHost];
  defineDomain(first, {
    ...{ name: 'instance-00000001', uuid: WEB },
    nics: MACS.map((mac) => ({ mac, source: { bridge: 'br0' } })),
  });
  defineDomain(second, { name: 'instance-00000002', uuid: OTHER, nics: [{ source: { bridge: 'br0' } }] });
  cloud.logins.set(USERS.member.name, {
    secret: USERS.member.password,
    token: { user: user('member'), project: DEMO, roles: ['member', 'reader'] },
  });
  cloud.logins.set(USERS.admin.name, {
    secret: USERS.admin.password,
    token: {
      user: user('admin'),
      project: { id: 'a'.repeat(32), name: 'admin' },
      roles: ['admin', 'member', 'reader'],
    },
  });
  options.prepare?.(hosts, cloud);
  const fleet = await startSimFleet(hosts);
  await writeFleetFiles(fleet, dir);
  const connector = newConnector();
  const stopping = new AbortController();
  const said: string[] = [];
  const database = await openDatabase(options.db ?? (await newFolder(join(dir, 'db'))));
  const looked = new Set<string>();
  const watching: WatchObserver = {
    looked: (host, seen) => {
      looked.add(host);
      options.looked?.(host, seen);
    },
    lost: (host, why) => void said.push(`${host} lost: ${why}`),
    noted: (host, note) => void said.push(`${host}: ${note}`),
  };
  const stage = {
    ...{ cloud, hosts, fleet, database, said, web },
    policy: null as Policy | null,
    ceilings: [] as readonly Ceiling[],
  };
  const plays = playsOf(fleet, dir, options.declared);
  const serving = await serve({
    files: () => ({
      plays,
      policy: stage.policy,
      groupsOf: () => [],
      ceilings: stage.ceilings,
      otherGates: () => [...gatesOf({}), ...(options.gate === undefined ? [] : [options.gate])],
      policyGate: (owner) =>
        stage.policy === null
          ? null
          : (gatesOf({
              policy: {
                policy: stage.policy,
                identities:
                  owner === null ? [{ kind: 'user', claims: { name: 'virtune' } }] : [identityOf(owner)],
                groupsOf: () => [],
                check: false,
                now: () => new Date(),
                confirmed: () => false,
              },
            }).find(({ name }) => name === 'policy') ?? null),
    }),
    cloud: openCloud(
      {
        ...{ name: 'lab', authUrl: cloud.authUrl, regions: [], interface: 'public', endpoints: {} },
        tls: { verify: true },
        login: {
          kind: 'password',
          user: { name: SERVICE.name, domain: { id: 'default' } },
          password: SERVICE.password,
          project: null,
        },
      },
      { attempts: { tries: 1, baseMs: 1, capMs: 1 } },
    ),
    ...{ database, connector, forks: 10, lock: undefined, kernel: false },
    inventoryClouds: () => [],
    goneIntervalMs: options.goneIntervalMs ?? 3_600_000,
    intervalMs: 3_600_000,
    blindIntervalMs: 3_600_000,
    listen: { host: '127.0.0.1', port: 0 },
    tls: null,
    ...{ kept: { audit: null, jobs: null }, behindTls: false, publicPage: options.publicPage ?? false },
    perSecond: options.perSecond ?? 10_000,
    forwards: options.proxy ?? false,
    version: '0.0.0',
    observers: [watching],
    stopping: stopping.signal,
    abort: new AbortController().signal,
    say: (text) => void said.push(text),
    times: { ...STREAM_TIMES, lookSeconds: 0.05 },
  });
  await until(
    () => looked.size === hosts.length,
    () => said.join('\n'),
  );
  const call = async (
    method: string,
    path: string,
    { token = TOKENS.member, body, raw, headers }: CallOptions = {},
  ) => {
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${serving.address}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { 'x-auth-token': token }),
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent as string }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  };
  return Object.assign(stage, {
    url: serving.address,
    serving,
    call,
    inbound: (nic = 1) => first.domains[0]?.live?.[nic - 1]?.bandwidth?.inbound?.average ?? 0,
    stop: async () => {
      stopping.abort();
      await serving.ended;
      await database.close();
      connector.close();
      await fleet.close();
      await cloud.close();
      rmSync(dir, { recursive: true, force: true });
    },
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function playsOf(fleet: SimFleet, dir: string, declared: number | undefined): readonly PlayJob[] {
  const { args } = nicLimits.parse({
    rules: declared === undefined ? [] : [{ name: 'declared', domain: '*', inbound: declared }],
  });
  const jobs = fleet.hosts.map(
    (server): HostJob => ({
      name: server.name,
      uri: 'qemu:///system',
      target: simTarget(server, dir),
      tasks: declared === undefined ? [] : [{ name: 'limits', module: nicLimits, args }],
    }),
  );
  const place = { file: 'p.yml', line: 1, column: 1 };
  const play = { name: 'p', file: 'p.yml', place, hosts: 'all', hostsPlace: place, vars: {}, tasks: [] };
  return [{ play, batches: [jobs], rules: [] }];
}

export async function until(
  what: () => unknown | Promise<unknown>,
  told: () => string = () => '',
): Promise<void> {
  const patience = Date.now() + 30_000;
  while (!(await what())) {
    if (Date.now() > patience) throw new Error(`it never came: ${what}\n${told()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
