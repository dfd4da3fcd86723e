import type { Client, ClientConfig, PoolClient } from 'pg';
import { type Database, databaseError, LOCK_CLASS, type Queries } from './database.ts';

/** What processes of one database tell each other that something was accepted by. */
const CHANNEL = 'virtune_news';

/**
 * A database of PostgreSQL. Passwords come from the address, `PGPASSWORD` or ~/.pgpass, as psql takes them.
 * @throws DatabaseError where it cannot be reached
 */
export async function openPostgres(address: string): Promise<Database> {
  const { default: pg } = await import('pg');
  const config: ClientConfig & { readonly max: number } = {
    connectionString: address,
    application_name: 'virtune',
    connectionTimeoutMillis: 10_000,
    // A statement of this room takes milliseconds: one that takes so long waits for what will not come.
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    max: 10,
  };
  const { host, pathname } = new URL(address);
  const name = `PostgreSQL ${host === '' ? 'on this machine' : host}${pathname}`;
  const pool = new pg.Pool(config);
  // An idle connection that is lost is replaced when the next one is needed.
  pool.on('error', () => {});
  const queriesOf = (client: Pick<PoolClient, 'query'>): Queries => ({
    query: async <Row>(text: string, values: readonly unknown[] = []) => {
      try {
        return (await client.query(text, [...values])).rows as readonly Row[];
      } catch (cause) {
        throw databaseError(name, cause);
      }
    },
  });
  const own = await keptClient(() => new pg.Client(config), name);
  return {
    name,
    ...queriesOf({ query: pool.query.bind(pool) } as Pick<PoolClient, 'query'>),
    transaction: async (work) => {
      const client = await pool.connect().catch((cause: unknown) => {
        throw databaseError(name, cause);
      });
      const queries = queriesOf(client);
      let broken: Error | undefined;
      try {
        await queries.query('BEGIN');
        const result = await work(queries);
        await queries.query('COMMIT');
        return result;
      } catch (error) {
        await queries.query('ROLLBACK').catch((lost: Error) => {
          broken = lost;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },
    hold: own.hold,
    onNews: own.onNews,
    close: async () => {
      await own.close();
      await pool.end();
    },
  };
}

interface Kept extends Pick<Database, 'hold' | 'onNews' | 'close'> {}

const AGAIN_MS = 1_000;

/** One connection that stays: the locks of this process live as long as it does, and it hears the others. */
async function keptClient(make: () => Client, name: string): Promise<Kept> {
  let closed = false;
  let hear = (): void => {};
  let held: number | null = null;
  let client: Client;
  const connect = async (): Promise<void> => {
    const next = make();
    next.on('notification', () => hear());
    next.on('error', () => {});
    next.on('end', () => {
      if (closed || client !== next) return;
      void again();
    });
    await next.connect();
    await next.query(`LISTEN ${CHANNEL}`);
    if (held !== null) await next.query('SELECT pg_advisory_lock($1, $2)', [LOCK_CLASS, held]);
    client = next;
    // Whatever was said meanwhile.
    hear();
  };
  const again = async (): Promise<void> => {
    while (!closed) {
      try {
        return await connect();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref());
      }
    }
  };
  await connect().catch((cause: unknown) => {
    throw databaseError(name, cause);
  });
  return {
    hold: async (key) => {
      held = key;
      try {
        await client.query('SELECT pg_advisory_lock($1, $2)', [LOCK_CLASS, key]);
      } catch (cause) {
        throw databaseError(name, cause);
      }
    },
    onNews: (next) => {
      hear = next;
    },
    close: async () => {
      closed = true;
      await client.end().catch(() => {});
    },
  };
}
