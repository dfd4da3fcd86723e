import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { endOverride } from '../../../src/serve/ending.ts';
import type { Database, Queries } from '../../../src/serve/store/database.ts';
import { claimJobs } from '../../../src/serve/store/jobs.ts';
import { openDatabase } from '../../../src/serve/store/open.ts';
import { expiredOverrides, finishAndClose, setOverride } from '../../../src/serve/store/overrides.ts';
import { DB_PASSWORD, postgresPrograms, startPostgres } from '../../e2e/serve/postgres.ts';
import { DEMO, MACS, until, WEB } from './stage.ts';

/** Two transactions about the same NIC at the same moment, in PostgreSQL: neither may wait for the other for ever. */

const programs = postgresPrograms();

describe.skipIf(programs === null && !process.env.CI)('a request for a NIC', () => {
  let database: Database;
  let stop = async () => {};

  beforeAll(async () => {
    if (programs === null) throw new Error('PostgreSQL is missing, and in CI that is a failure');
    const postgres = await startPostgres(programs);
    stop = postgres.stop;
    database = await openDatabase(`postgres://virtune:${DB_PASSWORD}@127.0.0.1:${postgres.port}/virtune`);
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });
  beforeEach(() => database.query('TRUNCATE virtune_audit, virtune_job, virtune_override RESTART IDENTITY'));

  const set = (queries: Queries, average: number) => {
    const limits = { inbound: { average, peak: average, burst: average, floor: 0 } };
    return setOverride(queries, {
      ...{ server: WEB, mac: MACS[0], limits, before: null, project: DEMO.id, host: 'hv1' },
      owner: { user: { id: 'u', name: 'u' }, project: DEMO, roles: ['member'] },
      ...{ request: 'req', reason: '', until: null },
    });
  };
  const blocked = async () => {
    const [row] = await database.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted',
    );
    return (row?.n ?? 0) > 0;
  };

  /** Something else begins once a request has its number, and goes on once that is done. */
  async function during(other: (queries: Queries) => Promise<unknown>): Promise<unknown> {
    let second: Promise<unknown> = Promise.resolve();
    await database.transaction(async (queries) => {
      await queries.query('SELECT virtune_next_revision()');
      second = database.transaction(other).catch((error: unknown) => error);
      await until(blocked);
      await set(queries, 200);
    });
    return second;
  }

  const open = () =>
    database.query("SELECT limits #>> '{inbound,average}' AS a FROM virtune_override WHERE ended_at IS NULL");

  it('is taken while what was set before comes to its end', async () => {
    await set(database, 100);
    await database.query("UPDATE virtune_override SET until = now() - interval '1 second'");
    const ended = await during(async (queries) => {
      const over = await expiredOverrides(queries, 10);
      for (const one of over) await endOverride(queries, one, 'expire', 'its time is over');
      return over.length;
    });
    expect([ended, await open()]).toEqual([0, [{ a: '200' }]]);
  });

  it('is taken while what was set before is found to be refused', async () => {
    await set(database, 100);
    const [job] = await claimJobs(database, 1, 10);
    if (job === undefined) throw new Error('no job');
    const end = { state: 'refused', host: 'hv1', progress: '', result: {} } as const;
    const isOwn = await during((queries) => finishAndClose(queries, job, 1, end));
    expect([isOwn, await open()]).toEqual([false, [{ a: '200' }]]);
  });
});
