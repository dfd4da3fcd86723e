import { createRequire } from 'node:module';
import { build } from 'esbuild';

/**
 * The man page of the command line as it is in the source.
 * @param late packages that are not loaded before a command runs
 */
export async function manPageOf(version, late) {
  const { outputFiles } = await build({
    entryPoints: ['scripts/man/page.ts'],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: late,
    define: { 'import.meta.url': JSON.stringify(import.meta.url) },
    logLevel: 'warning',
  });
  const module = { exports: {} };
  const run = new Function('module', 'exports', 'require', outputFiles[0].text);
  run(module, module.exports, createRequire(import.meta.url));
  return module.exports.manPage(version);
}
