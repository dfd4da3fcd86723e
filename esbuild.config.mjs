import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

/**
 * Bundles the command line: loading some two hundred small files one by one took twice as long as everything else
 * before the first connection. What is needed only now and then stays outside and is imported when it is.
 */
const outdir = process.argv[2] ?? 'dist';
await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: ['src/cli/main.ts', 'src/sim/serve.ts'],
  outbase: 'src',
  outdir,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['ssh2', 'zx', 'listr2'],
  sourcemap: true,
  legalComments: 'linked',
  // For packages of the older kind, which call require.
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
