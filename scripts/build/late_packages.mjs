import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Bundles packages whose default export is a function so that they are evaluated when it is first called: their tables
 * and regular expressions take longer to make than most commands take to load.
 * @param {readonly string[]} names
 */
export function latePackages(names) {
  const filter = new RegExp(`^(${names.join('|')})$`);
  return {
    name: 'late-packages',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter }, ({ path, namespace }) =>
        namespace === 'late' ? undefined : { path, namespace: 'late' },
      );
      onLoad({ filter, namespace: 'late' }, ({ path }) => ({
        contents: `let made;\nexport default (...args) => (made ??= require('${path}').default)(...args);`,
        loader: 'js',
        resolveDir: ROOT,
      }));
    },
  };
}
