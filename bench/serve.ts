import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../test/e2e/serve/ports.ts';
import { DB_PASSWORD, postgresPrograms, startPostgres } from '../test/e2e/serve/postgres.ts';
import { type FakeCloud, fakeCloud, SERVICE } from '../test/integration/serve/cloud.ts';
import type { Build } from './build.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { call, type Loaded, load, percentiles, type Stream } from './load.ts';
import { runMeasured } from './process.ts';
import { atMost, busyText, mebibytes, ms, type Row, type Section } from './table.ts';
import { startService } from './watch_process.ts';

const SIZE = { hosts: 10, domains: 20, nics: 1 };
const [READS, SETS] = [500, 50];
const TOKEN = 'gAAAA-bench-token';
const PROJECT = { id: '55290000000000000000000000000001', name: 'demo' };

/** What requests cost the process that serves them: CPU, and how long callers wait. */
export async function benchServe(build: Build, dir: string, quick: boolean): Promise<readonly Section[]> {
  const sections: Section[] = [
    {
      title: 'serve with its own database (PGlite)',
      rows: await measure(build, join(dir, 'embedded'), quick),
    },
  ];
  const programs = postgresPrograms();
  const title = 'serve with PostgreSQL';
  if (programs === null) return [...sections, { title, rows: [], missing: 'PostgreSQL is not installed' }];
  const postgres = await startPostgres(programs);
  try {
    const db = `postgres://virtune@127.0.0.1:${postgres.port}/virtune`;
    return [...sections, { title, rows: await measure(build, join(dir, 'postgres'), quick, db) }];
  } finally {
    await postgres.stop();
  }
}

async function measure(build: Build, dir: string, quick: boolean, db = join(dir, 'db')): Promise<Row[]> {
  await mkdir(dir, { recursive: true });
  const playbook = join(dir, 'limits.yml');
  await writeFile(playbook, JSON.stringify([{ hosts: 'compute', tasks: [{ nic_limits: { rules: [] } }] }]));
  const cloud = await fakeCloud();
  const fleet = await startFleet(build, dir, SIZE);
  const servers = await serversOf(build, dir, fleet, cloud);
  const port = await freePort();
  const words = ['serve', playbook, '-i', fleet.inventory, '--listen', String(port), '--db', db];
  const env = { OS_CLIENT_CONFIG_FILE: await cloudsYaml(dir, cloud), PGPASSWORD: DB_PASSWORD };
  const more = ['--os-cloud', 'bench', '--rate-limit', '100000'];
  const begin = () => startService(build, dir, [...words, ...more], env);
  // Its database is made by the first start, which takes more memory than all that follows.
  const first = begin();
  await first.until(async () => (await first.metric('virtune_watch_looks_total')) >= SIZE.hosts);
  const made = await first.memory();
  await first.stop();
  const service = begin();
  const at = (path: string) => new URL(path, `http://127.0.0.1:${port}`);
  const headers = { 'x-auth-token': TOKEN, 'content-type': 'application/json' };
  const server = (nth: number) => servers[nth % servers.length] ?? '';
  const reads: Stream = {
    perSecond: READS,
    send: (agent, nth) =>
      call(agent, at(`/v1/servers/${server(nth)}/limits`), 'GET', { 'x-auth-token': TOKEN }),
  };
  const sets: Stream = {
    perSecond: SETS,
    send: (agent, nth) => {
      const body = JSON.stringify({ setInterface: { interface: 1, rate: 1000 + (nth % 1000) } });
      return call(agent, at(`/v2.1/servers/${server(nth)}/action`), 'POST', headers, body);
    },
  };
  /** Until all that was accepted is done, which costs, too. */
  const settled = () =>
    service.until(async () => {
      const { jobs } = (await (
        await fetch(at('/v1/jobs?limit=1000'), { headers: { 'x-auth-token': TOKEN } })
      ).json()) as { readonly jobs: readonly { readonly state: string }[] };
      return jobs.every(({ state }) => state !== 'queued' && state !== 'running');
    });
  const costOf = async (streams: readonly Stream[], forMs: number, expected: readonly number[]) => {
    const [before, from] = [await service.cpuMs(), performance.now()];
    const loaded = await load(streams, forMs, expected);
    await settled();
    return { loaded, cpuMs: (await service.cpuMs()) - before, tookMs: performance.now() - from };
  };
  try {
    await service.until(async () => (await service.metric('virtune_watch_looks_total')) >= SIZE.hosts);
    await service.until(async () => (await fetch(at('/healthz')).catch(() => null))?.ok === true);
    // Whoever is asked first compiles, and knows no token yet.
    await costOf([reads, sets], quick ? 1_000 : 5_000, [200, 202]);
    const forMs = quick ? 4_000 : 20_000;
    const idleBefore = await service.cpuMs();
    await sleep(5_000);
    const idle = ((await service.cpuMs()) - idleBefore) / 5_000;
    const busy = await busyText();
    const read = await costOf([reads], forMs, [200]);
    const set = await costOf([sets], forMs, [202]);
    const both = await costOf([reads, sets], forMs, [200, 202]);
    const each = (cost: typeof read, perSecond: number) =>
      (cost.cpuMs - idle * cost.tookMs) / ((perSecond * forMs) / 1000);
    const share = both.cpuMs / forMs;
    const { peakBytes } = await service.memory();
    const of = (loaded: Loaded | undefined, what: string): string =>
      `${what}: ${percentiles(loaded?.latencies ?? [])}${loaded?.failed ? `, ${loaded.failed} failed` : ''}`;
    return [
      {
        what: `${READS} reads a second: CPU each`,
        value: ms(each(read, READS)),
        detail: of(read.loaded[0], 'answered in'),
      },
      {
        what: `${SETS} sets a second: CPU each, the write to the host included`,
        value: ms(each(set, SETS)),
        detail: of(set.loaded[0], 'accepted in'),
      },
      {
        what: 'both at once: share of a core',
        value: `${Math.round(share * 100)} %`,
        goal: atMost(share, 1, '100 %'),
        detail: `${of(both.loaded[0], 'reads')}; ${of(both.loaded[1], 'sets')}; ${busy}`,
      },
      {
        what: 'peak memory',
        value: mebibytes(peakBytes),
        detail: `${mebibytes(made.peakBytes)} at the first start, which makes the database`,
      },
    ];
  } finally {
    await service.stop();
    await fleet.stop();
    await cloud.close();
  }
}

/** Makes a server of each simulated VM. */
async function serversOf(
  build: Build,
  dir: string,
  fleet: Fleet,
  cloud: FakeCloud,
): Promise<readonly string[]> {
  const file = join(dir, 'show.json');
  await runMeasured(build.virtune, 'show', '-i', fleet.inventory, '--report', `json=${file}`);
  const { hosts } = JSON.parse(await readFile(file, 'utf8')) as {
    readonly hosts: readonly {
      readonly resources: readonly { readonly domain: { readonly uuid: string } }[];
    }[];
  };
  const ids = [...new Set(hosts.flatMap(({ resources }) => resources.map(({ domain }) => domain.uuid)))];
  const state = { status: 'ACTIVE', vmState: 'active', taskState: null, locked: false, ports: [] };
  for (const id of ids) cloud.servers.set(id, { id, name: id, project: PROJECT.id, ...state });
  const user = { id: 'user-1', name: 'demo' };
  cloud.tokens.set(TOKEN, { user, project: PROJECT, roles: ['member'], expiresAt: Date.now() + 3_600_000 });
  return ids;
}

async function cloudsYaml(dir: string, cloud: FakeCloud): Promise<string> {
  const file = join(dir, 'clouds.yaml');
  const auth = {
    ...{ auth_url: cloud.authUrl, username: SERVICE.name, password: SERVICE.password },
    ...{ project_name: 'service', user_domain_name: 'Default', project_domain_name: 'Default' },
  };
  await writeFile(file, JSON.stringify({ clouds: { bench: { auth } } }), { mode: 0o600 });
  return file;
}
