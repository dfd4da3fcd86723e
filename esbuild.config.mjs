import { readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { writeDeclarations } from './scripts/build/declarations.mjs';
import { compiledSchemas } from './scripts/build/compiled_schemas.mjs';
import { latePackages } from './scripts/build/late_packages.mjs';
import { manPageOf } from './scripts/build/man_page.mjs';

/**
 * Bundles the command line: loading some two hundred small files one by one took twice as long as everything else
 * before the first connection. What package.json lists as dependencies is installed beside it and imported when it is
 * needed; all other packages are in the bundle, with their licences in a file of it.
 */
const { dependencies, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const outdir = process.argv[2] ?? 'dist';
await rm(outdir, { recursive: true, force: true });
const schemas = await compiledSchemas('src/project/project.ts');
const { metafile } = await build({
  entryPoints: ['src/cli/main.ts', 'src/api/index.ts', 'src/sim/serve.ts'],
  outbase: 'src',
  outdir,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: Object.keys(dependencies),
  sourcemap: true,
  legalComments: 'none',
  metafile: true,
  // For packages of the older kind, which call require.
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
  logLevel: 'warning',
  plugins: [schemas.plugin, latePackages(['string-width'])],
});
schemas.check(metafile);
const inputs = { ...metafile.inputs, ...(await schemas.write(outdir)) };
await writeDeclarations('src/api/index.ts', join(outdir, 'types'));
await writeFile(join(outdir, 'virtune.1'), await manPageOf(version, Object.keys(dependencies)));
await writeFile(join(outdir, 'LICENSES.txt'), licences(bundledPackages(inputs)));

/** The folders of the packages that something of has gone into the bundle. */
function bundledPackages(inputs) {
  const folders = Object.keys(inputs).map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/** The licence of each package, word by word, as their terms want it. */
function licences(folders) {
  const parts = folders.map((folder) => {
    const { name, version, license, author, repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry));
    if (license === undefined) throw new Error(`${name} does not say under which licence it is`);
    const text =
      file === undefined
        ? `(no text of it in the package; by ${author?.name ?? author}, ${repository?.url ?? repository})`
        : readFileSync(join(folder, file), 'utf8').trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  const head = 'Packages of others that are part of the files in this folder, and their licences.\n';
  return [head, ...parts].join(`\n${'-'.repeat(80)}\n\n`);
}
