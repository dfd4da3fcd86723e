import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { apiOf } from './scripts/build/api.mjs';
import { compiledSchemas } from './scripts/build/compiled_schemas.mjs';
import { writeDeclarations } from './scripts/build/declarations.mjs';
import { latePackages } from './scripts/build/late_packages.mjs';
import { licencesOf } from './scripts/build/licences.mjs';
import { manPageOf } from './scripts/build/man_page.mjs';
import { leftOut, optionalNative, ownFiles } from './scripts/build/own_files.mjs';

/** Packages that many commands do without: a file each, loaded where it is needed. */
const OWN_FILES = {
  ssh2: 'ssh2',
  zx: 'zx/core',
  listr2: 'listr2',
  fastify: 'fastify',
  pg: 'pg',
};

/**
 * PGlite, as its package has it: its code, which imports more when it runs, PostgreSQL as WebAssembly, the files that it
 * is installed with, and its initdb.
 */
const PGLITE = { files: ['index.cjs', 'pglite.wasm', 'pglite.data', 'initdb.wasm'], name: '@electric-sql/pglite' };
const LATE = { ...OWN_FILES, '../pglite/index': PGLITE.name };

/**
 * Bundles the command line and all packages: loading some four hundred small files one by one took three times as long
 * as everything else before the first connection. What V8 makes of the code is kept beside it.
 */
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const outdir = process.argv[2] ?? 'dist';
await rm(outdir, { recursive: true, force: true });
const schemas = await compiledSchemas(['src/project/project.ts', 'src/project/policy.ts', 'src/project/waivers.ts', 'src/serve/ceilings.ts', 'src/serve/http/schemas.ts']);
const common = { bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };
const code = {
  ...common,
  format: 'cjs',
  // A script that V8 has compiled before can import nothing.
  supported: { 'dynamic-import': false },
  sourcemap: true,
  // Without comments, all is ASCII: as such it is read.
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
};
const own = await build({
  ...code,
  stdin: {
    contents: "export { virtune } from './src/cli/virtune.ts'; export * as api from './src/api/index.ts';",
    resolveDir: import.meta.dirname,
  },
  outfile: join(outdir, 'code/virtune.cjs'),
  define: { 'import.meta.url': 'fileUrl' },
  banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
  plugins: [schemas.plugin, latePackages(['string-width']), ownFiles(LATE)],
});
schemas.check(own.metafile);
const packages = await Promise.all(
  Object.entries(OWN_FILES).map(([name, path]) =>
    build({
      ...code,
      stdin: { contents: `module.exports = require('${path}');`, resolveDir: import.meta.dirname },
      outfile: join(outdir, `code/${name}.cjs`),
      // Agents of HTTP over SSH, which nobody asks for, would load all that Node has for HTTP and TLS. It orders ciphers by the processor; virtune sets that order itself.
      plugins: [optionalNative('ssh2', 'cpu-features'), leftOut('ssh2/lib/http-agents.js')],
    }),
  ),
);
const pglite = dirname(createRequire(import.meta.url).resolve(PGLITE.name));
await mkdir(join(outdir, 'pglite'));
for (const file of PGLITE.files) await copyFile(join(pglite, file), join(outdir, 'pglite', file));
await build({
  ...common,
  entryPoints: { 'api/index': 'code-of-api', 'sim/serve': 'src/sim/serve.ts' },
  outdir,
  format: 'esm',
  plugins: [await apiOf('src/api/index.ts'), ownFiles(LATE, '../code')],
});
// A command that begins as a script of CommonJS needs no loader of modules: it starts a tenth sooner.
await build({
  ...common,
  entryPoints: { 'cli/main': 'scripts/build/main.mjs' },
  outdir,
  format: 'cjs',
  define: { 'import.meta.dirname': '__dirname' },
});
await writeFile(join(outdir, 'cli/package.json'), '{ "type": "commonjs" }\n');
// Nobody's settings take part. What it prints is of commands, and of no interest.
const compiling = spawnSync(process.execPath, ['scripts/build/compile.mjs', outdir], {
  env: { PATH: process.env.PATH },
  stdio: 'ignore',
  timeout: 120_000,
});
if (compiling.status !== 0)
  process.stderr.write('build: not all could be compiled beforehand (is ssh here?): virtune will start more slowly\n');
await writeDeclarations('src/api/index.ts', join(outdir, 'types'));
await writeFile(join(outdir, 'virtune.1'), await manPageOf(version, Object.values(LATE)));
const inputs = [own, ...packages].flatMap(({ metafile }) => Object.keys(metafile.inputs));
await writeFile(join(outdir, 'LICENSES.txt'), licencesOf([...inputs, `node_modules/${PGLITE.name}/dist`]));
