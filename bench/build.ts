import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expectCode, run } from './process.ts';

export const ROOT = resolve(import.meta.dirname, '..');

export interface Build {
  /** The command line's script. */
  readonly virtune: string;
  /** The simulated fleet's script. */
  readonly serve: string;
}

/** Builds a copy of its own as it would be installed: whoever builds the checkout meanwhile disturbs nothing. */
export async function build(into: string): Promise<Build> {
  // The build runs what it has made, which wants its package.
  await cp(join(ROOT, 'package.json'), join(into, 'package.json'));
  const built = await run([process.execPath, join(ROOT, 'esbuild.config.mjs'), join(into, 'dist')]);
  expectCode(built, 0, 'the build');
  if (built.stderr !== '') throw new Error(built.stderr);
  return { virtune: join(into, 'dist/cli/main.js'), serve: join(into, 'dist/sim/serve.js') };
}
