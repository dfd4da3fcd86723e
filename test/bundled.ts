import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');

export interface Bundled {
  readonly file: string;
  readonly remove: () => void;
}

/**
 * A script and all of the source that it imports as one file for plain Node, for tests that start it often: tsx would
 * take a second of CPU each time. It is two folders below the repository, as the sources are, where packages are found.
 */
export async function bundled(script: string): Promise<Bundled> {
  const dir = mkdtempSync(join(ROOT, 'node_modules/.bundled-'));
  const file = join(dir, 'script.mjs');
  await build({
    entryPoints: [script],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  return { file, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
