import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { openEmbedded } from '../../../src/serve/store/embedded.ts';
import { newFolder } from './folder.ts';

/**
 * The embedded database after a power cut, at its worst: of each file there is what it had when it was synced last, and
 * nothing that was written since.
 */
it('has all that was committed on the disk', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-durable-'));
  try {
    const folder = await newFolder(join(dir, 'db'));
    const [disk, nothing] = [join(dir, 'disk'), join(dir, 'nothing')];
    for (const copy of [disk, nothing]) cpSync(folder, copy, { recursive: true });
    const synced = (path: string): void => {
      const at = join(disk, relative(folder, path));
      if (!existsSync(path) || statSync(path).isDirectory()) return;
      mkdirSync(dirname(at), { recursive: true });
      copyFileSync(path, at);
    };
    const database = await openEmbedded(folder, { synced });
    await database.query('CREATE TABLE accepted (n integer)');
    for (let n = 1; n <= 5; n++)
      await database.transaction(({ query }) => query('INSERT INTO accepted VALUES ($1)', [n]));
    await database.query('CHECKPOINT');
    for (let n = 6; n <= 9; n++)
      await database.transaction(({ query }) => query('INSERT INTO accepted VALUES ($1)', [n]));
    // Here the power goes: the copy is what is left.
    const left = join(dir, 'left');
    cpSync(disk, left, { recursive: true });
    await database.close();
    const after = await openEmbedded(left);
    expect(await after.query('SELECT count(*)::int AS count, max(n) AS last FROM accepted')).toEqual([
      { count: 9, last: 9 },
    ]);
    await after.close();
    const without = await openEmbedded(nothing);
    await expect(without.query('SELECT * FROM accepted')).rejects.toThrow('does not exist');
    await without.close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

it('says that it makes a database, which takes a while, and only then', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-durable-'));
  try {
    const said: string[] = [];
    const say = (text: string): void => void said.push(text);
    for (const _ of [1, 2]) await (await openEmbedded(join(dir, 'db'), { say })).close();
    expect(said).toEqual([
      `A database is made in the folder ${join(dir, 'db')}, which may take some ten seconds.`,
    ]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
