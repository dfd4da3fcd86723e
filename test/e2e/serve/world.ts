import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimHost, simHost } from '../../../src/sim/model.ts';
import { startSimFleet } from '../../../src/sim/sshd.ts';
import { type FakeCloud, fakeCloud, SERVICE } from '../../integration/serve/cloud.ts';
import { MAIN, type Started, start } from '../lab.ts';
import { freePort } from './ports.ts';
import { type Certificate, got } from './tls.ts';

/** Processes of `virtune serve` beside a recorded Keystone and Nova and simulated hosts, which live in this process. */

export const TOKEN = 'gAAAA-caller-token-Tt55';
export const PROJECT = { id: '55290000000000000000000000000001', name: 'demo' };

export interface World {
  readonly dir: string;
  readonly cloud: FakeCloud;
  readonly servers: readonly string[];
  /** What each server's first NIC receives at most, live and persistent. */
  readonly limits: () => ReadonlyMap<string, readonly [live: number, config: number]>;
  /** Starts a process and waits until it answers; with a certificate, by TLS. */
  readonly begin: (args: readonly string[], env?: NodeJS.ProcessEnv, tls?: Certificate) => Promise<Served>;
  /** All text that processes have left on disk, but for the database. */
  readonly left: () => string;
  readonly stop: () => Promise<void>;
}

export interface Served {
  readonly url: string;
  readonly started: Started;
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
}

/** @param count of servers, on two hosts */
export async function newWorld(count: number): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-served-'));
  const cloud = await fakeCloud();
  cloud.tokens.set(TOKEN, {
    user: { id: 'user-1', name: 'demo' },
    project: PROJECT,
    roles: ['member', 'reader'],
    expiresAt: Date.now() + 3_600_000,
  });
  const hosts = ['hv1', 'hv2'].map((name) => simHost(name));
  const servers = Array.from(
    { length: count },
    (_, index) => `4635b1a8-6a5c-4f5f-9d5e-${String(index + 1).padStart(12, '0')}`,
  );
  for (const [index, id] of servers.entries()) {
    const state = { status: 'ACTIVE', vmState: 'active', taskState: null, locked: false };
    cloud.servers.set(id, { id, name: `vm${index}`, project: PROJECT.id, ...state, ports: [] });
    const nics = [{ source: { bridge: 'br0' } }];
    defineDomain(hosts[index % 2] as SimHost, { name: `instance-${index}`, uuid: id, nics });
  }
  const fleet = await startSimFleet(hosts);
  const { inventory } = await writeFleetFiles(fleet, join(dir, 'fleet'));
  const playbook = join(dir, 'limits.yml');
  writeFileSync(playbook, '- hosts: all\n  tasks:\n    - nic_limits: { rules: [] }\n');
  const clouds = join(dir, 'clouds.yaml');
  const auth = {
    auth_url: cloud.authUrl,
    username: SERVICE.name,
    password: SERVICE.password,
    project_name: 'service',
    user_domain_name: 'Default',
    project_domain_name: 'Default',
  };
  writeFileSync(clouds, JSON.stringify({ clouds: { lab: { auth } } }), { mode: 0o600 });
  const state = join(dir, 'state');
  const running = new Set<Served>();
  return {
    dir,
    cloud,
    servers,
    limits: () =>
      new Map(
        hosts.flatMap(({ domains }) =>
          domains.map((domain) => [
            domain.uuid,
            [
              domain.live?.[0]?.bandwidth?.inbound?.average ?? 0,
              domain.config?.[0]?.bandwidth?.inbound?.average ?? 0,
            ] as const,
          ]),
        ),
      ),
    begin: async (args, env = {}, tls) => {
      const port = await freePort();
      const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
      const started = start(
        process.execPath,
        [
          ...[MAIN, 'serve', playbook, '-i', inventory, '--os-cloud', 'lab', '--listen', String(port)],
          ...['--rate-limit', '10000', '--state-dir', state, '-e', 'ansible_ssh_common_args="-F none"'],
          ...(tls === undefined ? [] : ['--tls-cert', tls.cert, '--tls-key', tls.key]),
          ...args,
        ],
        { OS_CLIENT_CONFIG_FILE: clouds, ...env },
      );
      let isOver = false;
      void started.ended.then(() => {
        isOver = true;
      });
      const served: Served = {
        url,
        started,
        kill: async (signal) => {
          started.child.kill(signal);
          await started.ended;
          running.delete(served);
        },
      };
      running.add(served);
      for (;;) {
        if (isOver) throw new Error(`it ended: ${(await started.ended).stderr}`);
        const health = await got(`${url}/healthz`, tls).then(
          ({ text }) => JSON.parse(text) as { connected: number; hosts: number },
          () => null,
        );
        if (health !== null && health.connected === health.hosts) return served;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    left: () => {
      const files = readdirSync(state, { recursive: true, encoding: 'utf8' })
        .map((name) => join(state, name))
        .filter((file) => !file.includes('/serve/') && statSync(file).isFile());
      return files.map((file) => readFileSync(file, 'latin1')).join('\n');
    },
    stop: async () => {
      await Promise.all([...running].map((one) => one.kill('SIGKILL')));
      await fleet.close();
      await cloud.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
