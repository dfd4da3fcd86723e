import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVICE } from '../integration/serve/cloud.ts';
import { newFolder } from '../integration/serve/folder.ts';
import { LONG } from '../long.ts';
import { MAIN, run } from './lab.ts';
import { DB_PASSWORD, type Postgres, postgresPrograms, startPostgres } from './serve/postgres.ts';
import { certificateFor, got } from './serve/tls.ts';
import { newWorld, type Served, TOKEN, type World } from './serve/world.ts';

/**
 * Processes of `virtune serve` that are killed at any moment: each request that is asked until it is answered is done
 * once, and what was asked last holds.
 */

const SEED = Number(process.env.VIRTUNE_SERVE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const SERVERS = 4;
/** Each kill waits for another process to be there, as long as a busy machine takes for that. */
const STORM = LONG ? { timeout: 900_000 } : {};

/** Numbers in [0, 1) by a seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Sent {
  readonly server: string;
  readonly rate: number;
  readonly key: string;
}

/** Asks until there is an answer, of whichever process runs. @returns the number of the job */
async function send({ server, rate, key }: Sent, urls: () => readonly string[]): Promise<number> {
  for (let turn = 0; ; turn++) {
    const [url] = urls().slice(turn % Math.max(1, urls().length));
    const reply = await fetch(`${url}/v2.1/servers/${server}/action`, {
      method: 'POST',
      headers: { 'x-auth-token': TOKEN, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ setInterface: { interface: 1, rate } }),
    }).catch(() => null);
    if (reply?.status === 202) return Number(reply.headers.get('x-virtune-job'));
    // A process that has just begun has not seen its hosts yet.
    if (reply !== null && ![503, 501].includes(reply.status))
      throw new Error(`${reply.status} ${await reply.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

interface Job {
  readonly id: number;
  readonly state: string;
  readonly server: string;
}

/** All of them, however many pages they are. */
async function jobsOf(url: string): Promise<readonly Job[]> {
  const found: Job[] = [];
  for (let path: string | null = '/v1/jobs?limit=1000'; path !== null; ) {
    const reply = await fetch(`${url}${path}`, { headers: { 'x-auth-token': TOKEN } });
    const { jobs, next } = (await reply.json()) as { jobs: Job[]; next: string | null };
    found.push(...jobs);
    path = next;
  }
  return found;
}

/** Sends, kills and starts again, and holds what came of it against what was asked. */
async function storm(
  world: World,
  served: Served[],
  again: () => Promise<Served>,
  kills: number,
): Promise<void> {
  const next = random(SEED);
  const jobs = new Map<number, Sent>();
  let over = false;
  let count = 0;
  const urls = () => served.map(({ url }) => url);
  const sending = Promise.all(
    world.servers.map(async (server) => {
      // One after the other for each server, so that it is known what was asked last.
      while (!over) {
        // No two of them ask for the same.
        const sent = { server, rate: 1000 + count, key: `${SEED}-${count++}` };
        jobs.set(await send(sent, urls), sent);
        await new Promise((resolve) => setTimeout(resolve, next() * 100));
      }
    }),
  );
  for (let kill = 0; kill < kills; kill++) {
    await new Promise((resolve) => setTimeout(resolve, 200 + next() * 1500));
    const [victim] = served.splice(Math.floor(next() * served.length), 1);
    await victim?.kill('SIGKILL');
    served.push(await again());
  }
  over = true;
  await sending;
  const [one] = served;
  let found: readonly Job[] = [];
  const patience = Date.now() + 90_000;
  for (;;) {
    found = await jobsOf(one?.url ?? '');
    if (found.every(({ state }) => !['queued', 'running'].includes(state))) break;
    if (Date.now() > patience) throw new Error(`jobs are not done: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // None is lost, and none is there twice.
  expect(found.map(({ id }) => id).sort((a, b) => a - b)).toEqual([...jobs.keys()].sort((a, b) => a - b));
  expect(new Set(found.map(({ state }) => state))).toEqual(
    new Set(found.some(({ state }) => state === 'superseded') ? ['done', 'superseded'] : ['done']),
  );
  for (const server of world.servers) {
    const last = Math.max(...[...jobs].filter(([, sent]) => sent.server === server).map(([id]) => id));
    const rate = jobs.get(last)?.rate;
    expect([server, world.limits().get(server)]).toEqual([server, [rate, rate]]);
  }
}

const killed = `when killed (VIRTUNE_SERVE_SEED=${SEED})`;
const programs = postgresPrograms();
if (programs === null && process.env.CI)
  throw new Error('PostgreSQL is missing, and in CI that is a failure');

describe.skipIf(programs === null)(`two processes on one PostgreSQL, ${killed}`, () => {
  let world: World;
  let postgres: Postgres;
  const served: Served[] = [];
  const begin = () =>
    world.begin(['--db', `postgres://virtune@127.0.0.1:${postgres.port}/virtune`], {
      PGPASSWORD: DB_PASSWORD,
    });
  beforeAll(async () => {
    world = await newWorld(SERVERS);
    postgres = await startPostgres(programs ?? '');
    // Both at once: one of them makes the tables.
    served.push(...(await Promise.all([begin(), begin()])));
  });
  afterAll(async () => {
    await world.stop();
    await postgres.stop();
  });

  it('lose no request and repeat none', STORM, async () => {
    await storm(world, served, begin, LONG ? 40 : 2);
    // What became of a job is told once.
    const twice = postgres.sql(
      "SELECT count(*) FROM (SELECT request FROM virtune_audit WHERE action = 'set done' GROUP BY request HAVING count(*) > 1) twice",
    );
    expect(twice).toBe('0');
    expect(postgres.sql("SELECT count(*) FROM virtune_job WHERE state = 'running'")).toBe('0');
  });

  it('leave no secret anywhere', async () => {
    const commands = execFileSync('ps', ['-eo', 'args', 'ww'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes('serve'))
      .join('\n');
    expect(commands).toContain(MAIN);
    await Promise.all(served.map((one) => one.kill('SIGTERM')));
    const ended = await Promise.all(served.map(({ started }) => started.ended));
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    const said = ended.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    const texts = { commands, said, left: world.left(), dump: postgres.dump() };
    expect(Object.values(texts).every((text) => text.length > 0)).toBe(true);
    for (const secret of [TOKEN, SERVICE.password, DB_PASSWORD, 'gAAAA'])
      for (const [where, text] of Object.entries(texts))
        expect([secret, where, text.includes(secret)]).toEqual([secret, where, false]);
  });
});

it(`a process with a folder loses no request and repeats none ${killed}`, STORM, async () => {
  const world = await newWorld(SERVERS);
  try {
    const folder = await newFolder(join(world.dir, 'db'));
    const begin = () => world.begin(['--db', folder]);
    const served = [await begin()];
    const second = await begin().catch((error: Error) => error.message);
    expect(second).toContain('is used by another virtune serve');
    await storm(world, served, begin, LONG ? 20 : 1);
  } finally {
    await world.stop();
  }
});

it('reads its files again when they change, and keeps to what they said while they are broken', {
  timeout: 240_000,
}, async () => {
  const world = await newWorld(1);
  const playbook = join(world.dir, 'limits.yml');
  const put = (text: string): void => {
    writeFileSync(`${playbook}.new`, text);
    renameSync(`${playbook}.new`, playbook);
  };
  const until = async (what: () => boolean): Promise<void> => {
    const patience = Date.now() + 60_000;
    while (!what()) {
      if (Date.now() > patience) throw new Error(`it never came: ${what}\n${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  let said = '';
  const are = (average: number) => [...world.limits().values()].every(([live]) => live === average);
  const rules = (average: number) =>
    `- hosts: all\n  tasks:\n    - nic_limits: { rules: [{ domain: '*', inbound: ${average} }] }\n`;
  try {
    const { started } = await world.begin(['--db', await newFolder(join(world.dir, 'db'))]);
    started.child.stderr?.on('data', (text: string) => {
      said += text;
    });
    put(rules(1000));
    await until(() => are(1000));
    put('- hosts: [');
    await until(() => said.includes('The files could not be read again'));
    expect(are(1000)).toBe(true);
    put(rules(2000));
    await until(() => are(2000));
    expect(said).toContain('The files were read again: ');
  } finally {
    await world.stop();
  }
});

it('serves by TLS with the certificate that it is given, and nothing in the clear', async () => {
  const world = await newWorld(1);
  try {
    const tls = certificateFor('127.0.0.1', world.dir);
    const { url, started } = await world.begin(['--db', await newFolder(join(world.dir, 'db'))], {}, tls);
    expect((await got(`${url}/ui/login`, tls)).text).toContain('<title>Log in');
    // Nobody is believed without the certificate, and nobody is heard without TLS.
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
    await expect(got(url.replace('https:', 'http:'))).rejects.toThrow(/hang up|ECONNRESET/);
    started.child.kill('SIGTERM');
    expect(await started.ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`Serving ${url} `),
    });
  } finally {
    await world.stop();
  }
});

it('ends where its address is taken, before it contacts a host', async () => {
  const world = await newWorld(1);
  try {
    const { url } = await world.begin(['--db', await newFolder(join(world.dir, 'db'))]);
    const at = (name: string) => join(world.dir, name);
    const ran = await run(
      process.execPath,
      [
        ...[MAIN, 'serve', at('limits.yml'), '-i', at('fleet/inventory.yml'), '--os-cloud', 'lab'],
        ...['--listen', new URL(url).port, '--db', await newFolder(at('other'))],
        ...['--state-dir', at('other-state'), '-e', 'ansible_ssh_common_args="-F none"'],
      ],
      { OS_CLIENT_CONFIG_FILE: at('clouds.yaml') },
    );
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^error: it cannot listen: listen EADDRINUSE: .*\n.*--listen\n$/);
  } finally {
    await world.stop();
  }
});

describe('what is refused before anything begins', () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-serve-'));
  const playbook = join(dir, 'limits.yml');
  writeFileSync(playbook, '- hosts: all\n  tasks:\n    - nic_limits: { rules: [] }\n');
  const serve = (...args: string[]) => run(process.execPath, [MAIN, 'serve', playbook, '-i', 'h1,', ...args]);
  afterAll(() => rmSync(dir, { recursive: true }));
  it.each([
    [
      'a password that everybody could read',
      ['--db', 'postgres://virtune:pw@127.0.0.1/virtune'],
      'has a password',
    ],
    ['others without TLS', ['--listen', '0.0.0.0:8780'], 'in the clear'],
    ['half of TLS', ['--tls-cert', 'x.pem'], 'given together'],
    [
      'a certificate that is none',
      ['--tls-cert', playbook, '--tls-key', playbook],
      'are no certificate with its key: ',
    ],
    ['an address that is none', ['--listen', 'x:y:z'], 'It must be a port'],
    ['a cloud that is not there', ['--os-cloud', 'nobody'], 'nobody'],
  ])('%s', async (_, args, message) => {
    const { code, stderr } = await serve(...args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(stderr).not.toContain('pw@');
  });
});

it('has its description in the package, as a service gives it', () => {
  const file = join(MAIN, '../../../schemas/serve.openapi.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ openapi: '3.1.0' });
});
