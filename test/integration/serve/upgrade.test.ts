import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAudit } from '../../../src/serve/store/audit.ts';
import type { Database } from '../../../src/serve/store/database.ts';
import { claimJobs, reclaimJobs } from '../../../src/serve/store/jobs.ts';
import { openDatabase } from '../../../src/serve/store/open.ts';
import {
  changedSince,
  expiredOverrides,
  keepLonger,
  listOverrides,
  setOverride,
  withdrawOverride,
} from '../../../src/serve/store/overrides.ts';
import { findReplay } from '../../../src/serve/store/replays.ts';
import { DB_PASSWORD, type Postgres, postgresPrograms, startPostgres } from '../../e2e/serve/postgres.ts';
import { newFolder } from './folder.ts';
import { startStage, until } from './stage.ts';

/**
 * Tables that an earlier release has left, with what was set by it: dumps of pg_dump, made by the code of then. The last
 * one is what this release makes. Whoever changes tables or functions adds a migration, and the dump of what it makes.
 */

const TABLES = join(import.meta.dirname, 'tables');
const VERSIONS = readdirSync(TABLES)
  .map((name) => Number.parseInt(name, 10))
  .sort((a, b) => a - b);
const leftBy = (version: number): string => readFileSync(join(TABLES, `${version}.sql`), 'utf8');

const SERVER = '4635b1a8-6a5c-4f5f-9d5e-000000000001';
const MACS = [1, 2, 3, 4].map((nth) => `fa:16:3e:00:00:0${nth}`) as [string, string, string, string];
const OWNER = { user: { id: 'u', name: 'u' }, project: { id: 'p', name: 'p' }, roles: ['member'] };
const limit = (average: number) => ({ average, peak: average, burst: average, floor: 0 });
const far = new Date('2099-01-01T00:00:00Z');

const dir = mkdtempSync(join(tmpdir(), 'virtune-upgrade-'));
const programs = postgresPrograms();
if (programs === null && process.env.CI)
  throw new Error('PostgreSQL is missing, and in CI that is a failure');
let postgres: Postgres;
beforeAll(async () => {
  if (programs !== null) postgres = await startPostgres(programs);
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Where a database is in which these statements were run. */
type Prepare = (name: string, text: string) => Promise<string>;

const folder: Prepare = async (name, text) => {
  const path = await newFolder(join(dir, name));
  if (text === '') return path;
  const database = await PGlite.create(path);
  await database.exec(text);
  await database.close();
  return path;
};
const onServer: Prepare = async (name, text) => {
  postgres.sql(`CREATE DATABASE ${name}`);
  const address = `postgres://virtune:${DB_PASSWORD}@127.0.0.1:${postgres.port}/${name}`;
  postgres.sql(text, name);
  return address;
};

/** All that migrations make. */
async function formOf({ query }: Database): Promise<object> {
  return {
    columns: await query(
      `SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity FROM information_schema.columns
       WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`,
    ),
    indexes: await query(`SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname`),
    constraints: await query(
      `SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`,
    ),
    functions: await query(
      `SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1`,
    ),
    sequences: await query(
      `SELECT sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1`,
    ),
    version: await query('SELECT max(version) FROM virtune_migration'),
  };
}

describe.each([
  ['PGlite', folder],
  ...(programs === null ? [] : [['PostgreSQL', onServer] as const]),
] as const)('tables of an earlier release in %s', (_, prepare) => {
  let fresh: object;
  beforeAll(async () => {
    const database = await openDatabase(await prepare('fresh', ''));
    fresh = await formOf(database);
    await database.close();
  });

  it.each(VERSIONS)('get the form of this one, and what was set holds on: version %i', async (version) => {
    const database = await openDatabase(await prepare(`left_by_${version}`, leftBy(version)));
    try {
      expect(await formOf(database)).toEqual(fresh);
      const held = await changedSince(database, 0);
      expect(held.revision).toBe(9);
      expect(
        held.changed.map(({ id, mac, limits, until, endedAt }) => [id, mac, limits, until, endedAt]),
      ).toEqual([
        [2, MACS[0], { inbound: limit(2000), outbound: limit(2000) }, far, null],
        [3, MACS[1], { inbound: limit(3000), outbound: limit(3000) }, null, null],
        [4, MACS[2], { inbound: limit(4000), outbound: limit(4000) }, null, new Date('2026-11-03T08:00:00Z')],
        [5, MACS[3], { inbound: limit(5000), outbound: limit(5000) }, new Date('2026-11-04T08:00:00Z'), null],
      ]);
      expect(
        await listAudit(database, { project: null, server: SERVER, after: null, limit: 9 }),
      ).toMatchObject([{ request: 'req-1', user: 'user-member', status: 202 }]);
      expect(await findReplay(database, 'o', 'k')).toMatchObject({ status: 202, fingerprint: 'f' });

      // What a process that is no more has begun, and what waits, is taken up.
      expect(await database.transaction((queries) => reclaimJobs(queries, 3))).toBe(1);
      expect((await claimJobs(database, 3, 10)).map(({ id, kind }) => [id, kind])).toEqual([
        [2, 'set'],
        [3, 'set'],
        [4, 'withdraw'],
      ]);

      // A direction that is set anew has an end of its own, and the other one keeps that of both.
      const asked = { server: SERVER, mac: MACS[0], before: null, owner: OWNER, project: 'p', host: null };
      await setOverride(database, {
        ...asked,
        ...{ limits: { inbound: limit(7) }, request: 'req-9', reason: '', until: null },
      });
      const [newest] = await listOverrides(database, { project: null, after: null, limit: 1 });
      expect(newest).toMatchObject({
        ...{ id: 6, limits: { inbound: limit(7), outbound: limit(2000) }, until: far },
      });
      const [{ ends } = { ends: null }] = await database.query<{ ends: object }>(
        'SELECT ends FROM virtune_override WHERE id = 6',
      );
      expect(ends).toEqual({ inbound: null, outbound: expect.stringMatching(/^2099-01-01T/) });

      // What has come to its end ends in both directions.
      await database.transaction(async (queries) => {
        const [over] = await expiredOverrides(queries, 10);
        expect(over).toMatchObject({ id: 5 });
        await withdrawOverride(queries, SERVER, MACS[3], { owner: OWNER, request: 'req-5', host: null });
        await keepLonger(queries, 5);
      });
      const left = await listOverrides(database, { project: null, after: null, limit: 9 });
      expect(left.map(({ id }) => id)).toEqual([6, 3]);
    } finally {
      await database.close();
    }
  });

  it('have a dump of the last version', () => {
    expect(fresh).toMatchObject({ version: [{ max: VERSIONS.at(-1) }] });
  });
});

it('an upgraded service makes what was set by the earlier release', async () => {
  const stage = await startStage({ db: await folder('served', leftBy(3)) });
  try {
    const limits = () => [stage.inbound(1), stage.inbound(2)].join();
    await until(
      () => limits() === '2000,3000',
      () => `${limits()} ${stage.said.join()}`,
    );
    const states = async () =>
      (await stage.database.query('SELECT state FROM virtune_job ORDER BY id LIMIT 3'))
        .map(({ state }) => state)
        .join();
    await until(async () => (await states()) === 'done,done,done');
  } finally {
    await stage.stop();
  }
});
