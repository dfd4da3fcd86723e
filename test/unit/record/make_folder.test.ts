import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder } from '../../../src/record/make_folder.ts';
import { stateDir } from './build.ts';

it('makes a folder with all above it, for the user alone, and says whether it had to', async () => {
  const dir = stateDir();
  const folder = join(dir, 'a', 'b', 'c');
  expect(await makeFolder(folder)).toBe(true);
  for (const one of [folder, join(dir, 'a', 'b'), join(dir, 'a')])
    expect(statSync(one).mode & 0o777).toBe(0o700);
  expect(await makeFolder(folder)).toBe(false);
});

it('is an error where a file is in the way', async () => {
  const file = join(stateDir(), 'file');
  writeFileSync(file, '');
  await expect(makeFolder(file)).rejects.toThrow('EEXIST');
  await expect(makeFolder(join(file, 'a', 'b'))).rejects.toThrow('ENOTDIR');
});

it('is an error where none can be made by that name, and not an endless try', async () => {
  await expect(makeFolder('/proc/virtune/runs')).rejects.toThrow('ENOENT');
});
