import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { overrideMirror } from '../../../src/serve/mirror.ts';
import type { Database } from '../../../src/serve/store/database.ts';
import { openDatabase } from '../../../src/serve/store/open.ts';
import { forgetOld } from '../../../src/serve/store/retention.ts';
import { DB_PASSWORD, postgresPrograms, startPostgres } from '../../e2e/serve/postgres.ts';
import { newFolder } from './folder.ts';

/** What is over is removed in time, and what holds never is: in both databases. */

const dir = mkdtempSync(join(tmpdir(), 'virtune-retention-'));
const programs = postgresPrograms();
const ends: (() => Promise<void>)[] = [];
const databases = new Map<string, Database>();

beforeAll(async () => {
  databases.set('PGlite', await openDatabase(await newFolder(join(dir, 'db'))));
  if (programs === null) {
    if (process.env.CI) throw new Error('PostgreSQL is missing, and in CI that is a failure');
    return;
  }
  const postgres = await startPostgres(programs);
  ends.push(postgres.stop);
  const address = `postgres://virtune:${DB_PASSWORD}@127.0.0.1:${postgres.port}/virtune`;
  databases.set('PostgreSQL', await openDatabase(address));
  databases.set('another process', await openDatabase(address));
});
afterAll(async () => {
  for (const one of databases.values()) await one.close();
  for (const end of ends) await end();
  rmSync(dir, { recursive: true, force: true });
});

/** Ten days old, but for what a column says otherwise. */
async function fill({ query }: Database): Promise<void> {
  await query('TRUNCATE virtune_audit, virtune_job, virtune_override RESTART IDENTITY');
  await query(
    `INSERT INTO virtune_audit (at, request, remote, projects, action, detail)
     SELECT now() - (20 - n) * interval '1 day', 'req', '', ARRAY['p'], 'set', '' FROM generate_series(1, 20) n`,
  );
  await query(
    `INSERT INTO virtune_override (server, mac, limits, owner, project, request, revision, ended_at, restored)
     SELECT '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'mac-' || n, '{}', '{}', 'p', 'req', n,
       CASE WHEN n > 3 THEN now() - interval '10 days' END, n > 4 FROM generate_series(1, 8) n`,
  );
  // One a NIC; the jobs of 2 and 6 are under way, that of 8 is young.
  await query(
    `INSERT INTO virtune_job (kind, override, server, mac, projects, request, revision, state, created_at, finished_at)
     SELECT 'set', n, '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'mac-' || n, ARRAY['p'], 'req', n,
       CASE WHEN n IN (2, 6) THEN 'queued' ELSE 'done' END, now() - interval '11 days',
       CASE WHEN n IN (2, 6) THEN NULL WHEN n = 8 THEN now() ELSE now() - interval '10 days' END FROM generate_series(1, 8) n`,
  );
  await query('UPDATE virtune_revision SET revision = 8');
}

async function left({ query }: Database): Promise<object> {
  const ids = async (table: string) =>
    (await query<{ id: unknown }>(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => Number(id));
  return {
    audit: (await ids('virtune_audit')).length,
    jobs: await ids('virtune_job'),
    overrides: await ids('virtune_override'),
  };
}

it.each(['PGlite', 'PostgreSQL'])('in small pieces: %s', async (name) => {
  const database = databases.get(name);
  if (database === undefined) return;
  await fill(database);
  const all = [1, 2, 3, 4, 5, 6, 7, 8];
  expect(await forgetOld(database, { audit: null, jobs: null })).toBe(false);
  expect(await left(database)).toEqual({ audit: 20, jobs: all, overrides: all });
  expect(await forgetOld(database, { audit: 7, jobs: 30 }, 5)).toBe(true);
  expect(await left(database)).toEqual({ audit: 15, jobs: all, overrides: all });
  while (await forgetOld(database, { audit: 7, jobs: 7 }, 5));
  // What holds, and what is not undone yet, stays.
  expect(await left(database)).toEqual({ audit: 7, jobs: [2, 6, 8], overrides: [1, 2, 3, 4, 6, 8] });
});

it('by one process at a time', async () => {
  const [database, other] = [databases.get('PostgreSQL'), databases.get('another process')];
  if (database === undefined || other === undefined) return;
  await fill(database);
  await database.transaction(async ({ query }) => {
    await query('SELECT pg_advisory_xact_lock($1, 0)', [0x76_73_72_76]);
    expect(await forgetOld(other, { audit: 7, jobs: 7 }, 5)).toBe(false);
    expect(await left(other)).toMatchObject({ audit: 20 });
  });
  expect(await forgetOld(other, { audit: 7, jobs: 7 }, 5)).toBe(true);
});

it('and who was long without the database keeps nothing of it', async () => {
  const database = databases.get('PGlite') as Database;
  await fill(database);
  let now = 1e12;
  const mirror = overrideMirror(database, { now: () => now });
  await mirror.refresh();
  const held = () => mirror.all().map(({ id }) => id);
  expect(held()).toEqual([1, 2, 3, 4]);
  // Ended and removed by another process.
  await database.query('DELETE FROM virtune_job');
  await database.query('DELETE FROM virtune_override WHERE id = 3');
  await database.query('UPDATE virtune_revision SET revision = 9');
  await mirror.refresh();
  expect(held()).toEqual([1, 2, 3, 4]);
  now += 3_700_000;
  await mirror.refresh();
  expect(held()).toEqual([1, 2, 4]);
  expect(mirror.of('4635b1a8-6a5c-4f5f-9d5e-000000000001', 'mac-3')).toBeUndefined();
});
