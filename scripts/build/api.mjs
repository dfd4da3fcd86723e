import { build } from 'esbuild';

/**
 * What programs import: it loads the code as the command line does, and has the same exports as the source.
 * @param {string} entry the source
 * @returns a plugin for an entry point `code-of-api`
 */
export async function apiOf(entry) {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outfile: 'api.js',
  });
  const names = metafile.outputs['api.js'].exports.join(', ');
  const contents = `import { join } from 'node:path';
import { load } from './code.mjs';
export const { ${names} } = load(join(import.meta.dirname, '../code/virtune.cjs')).api;
`;
  return {
    name: 'code-of-api',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^code-of-api$/ }, ({ path }) => ({ path, namespace: 'api' }));
      onLoad({ filter: /./, namespace: 'api' }, () => ({ contents, resolveDir: import.meta.dirname }));
    },
  };
}
