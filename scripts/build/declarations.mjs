import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

/**
 * Writes the type declarations of an entry point, and of the files whose types it names: tsc writes those of every file
 * that it reads, some four hundred.
 * @param entry below `src/`
 * @param outdir keeps the folders of `src/`
 */
export async function writeDeclarations(entry, outdir) {
  const all = await mkdtemp(join(tmpdir(), 'virtune-types-'));
  try {
    const options = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', 'src'];
    await promisify(execFile)(process.execPath, [
      'node_modules/typescript/bin/tsc',
      ...options,
      '--outDir',
      all,
    ]);
    const waiting = [join(all, relative('src', entry)).replace(/\.ts$/, '.d.ts')];
    for (const file of waiting) {
      // TypeScript resolves `./x.js` to `./x.d.ts`; there is no `./x.ts` in the package.
      const text = (await readFile(file, 'utf8')).replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'");
      for (const [, name] of text.matchAll(/from '(\.[^']*)\.js'/g)) {
        const named = `${resolve(dirname(file), name)}.d.ts`;
        if (!waiting.includes(named)) waiting.push(named);
      }
      const to = join(outdir, relative(all, file));
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, text);
    }
  } finally {
    await rm(all, { recursive: true, force: true });
  }
}
