import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { PGlite, Transaction } from '@electric-sql/pglite';
import { makeFolder } from '../../record/make_folder.ts';
import { type Database, DatabaseError, databaseError, type Queries } from './database.ts';

export interface EmbeddedOptions {
  readonly say?: ((text: string) => void) | undefined;
  readonly synced?: (path: string) => void;
}

/**
 * A database in a folder, by PGlite: PostgreSQL in this process, one process at a time. What was committed is on the
 * disk: PGlite itself would tell PostgreSQL to leave that to the system.
 * @param say hears of what takes a while
 * @param synced hears of each file or folder that has reached the disk
 * @throws DatabaseError where the folder cannot be used, or another process has it
 */
export async function openEmbedded(
  folder: string,
  { say = () => {}, synced }: EmbeddedOptions = {},
): Promise<Database> {
  const path = resolve(folder);
  const name = `the folder ${path}`;
  const lock = await lockFolder(path).catch((cause: unknown) => {
    throw cause instanceof DatabaseError ? cause : databaseError(name, cause);
  });
  let database: PGlite;
  try {
    const { PGlite: Engine } = await import('@electric-sql/pglite');
    const { syncedFolder, syncPath } = await import('./synced_folder.ts');
    const isNew = !existsSync(join(path, 'PG_VERSION'));
    if (isNew) say(`A database is made in ${name}, which may take some ten seconds.`);
    database = await Engine.create({
      fs: syncedFolder(path, Engine.paths.PGDATA, synced),
      startParams: [...Engine.defaultStartParams.filter((word) => word !== NO_SYNC), ...SYNC],
    });
    // Whoever makes a database leaves that to the system, too.
    if (isNew) {
      const made = await readdir(path, { recursive: true });
      for (const name of [...made, '.', dirname(path)]) syncPath(resolve(path, name));
    }
  } catch (cause) {
    lock.close();
    throw databaseError(name, cause);
  }
  const queriesOf = (on: Pick<PGlite | Transaction, 'query'>): Queries => ({
    query: async <Row>(text: string, values: readonly unknown[] = []) => {
      try {
        return (await on.query<Row>(text, [...values])).rows as readonly Row[];
      } catch (cause) {
        throw databaseError(name, cause);
      }
    },
  });
  return {
    name,
    ...queriesOf(database),
    transaction: <T>(work: (queries: Queries) => Promise<T>) =>
      // One connection, one transaction at a time: others wait for their turn.
      database.transaction((transaction) => work(queriesOf(transaction))) as Promise<T>,
    // The folder is this process's alone, and so is all that is in it.
    hold: async () => {},
    onNews: () => {},
    close: async () => {
      await database.close();
      lock.close();
    },
  };
}

/** PostgreSQL's `-F`. */
const NO_SYNC = '-F';
/** Its usual way of syncing the write-ahead log, fdatasync, does nothing in WebAssembly. */
const SYNC = ['-c', 'fsync=on', '-c', 'wal_sync_method=fsync'];

/**
 * A socket without a file, by the folder's own number: the kernel gives it to one process, and takes it back whatever
 * ends that process.
 */
async function lockFolder(path: string): Promise<Server> {
  await makeFolder(path);
  const { dev, ino } = await stat(path);
  const server = createServer((socket) => socket.destroy());
  server.unref();
  await new Promise<void>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'EADDRINUSE'
          ? new DatabaseError(
              `the folder ${path} is used by another virtune serve: stop that one, or give both one --db postgres://…`,
            )
          : error,
      ),
    );
    server.listen({ path: `\0virtune-serve-${dev}-${ino}` }, done);
  });
  return server;
}
