import type { Database } from './database.ts';
import { migrate } from './migrations.ts';

/**
 * Opens the database of a service and brings its tables to this release's form.
 * @param where an address (`postgres://…`), or a folder
 * @param say hears of what takes a while
 * @throws DatabaseError
 */
export async function openDatabase(where: string, say?: (text: string) => void): Promise<Database> {
  const database = isAddress(where)
    ? await (await import('./postgres.ts')).openPostgres(where)
    : await (await import('./embedded.ts')).openEmbedded(where, { say });
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

export function isAddress(where: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(where);
}
