import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

const require = createRequire(import.meta.url);

/**
 * A folder with an embedded database in which nothing is yet. Making one takes PGlite ten seconds, so it is made once
 * for a version of PGlite, beside the packages, and copied.
 */
export async function newFolder(folder: string): Promise<string> {
  const main = require.resolve('@electric-sql/pglite');
  const packages = join(dirname(main), '../../..');
  const { version } = require(join(dirname(main), '../package.json')) as { version: string };
  const made = join(packages, '.cache', `virtune-pglite-${version}`);
  if (!existsSync(made)) {
    const making = `${made}.${process.pid}`;
    rmSync(making, { recursive: true, force: true });
    mkdirSync(dirname(making), { recursive: true });
    const database = await PGlite.create(making);
    await database.close();
    try {
      renameSync(making, made);
    } catch {
      // Another test was quicker.
      rmSync(making, { recursive: true, force: true });
    }
  }
  cpSync(made, folder, { recursive: true });
  return folder;
}
