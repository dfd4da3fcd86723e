import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Leaves packages to files of their own.
 * @param {Readonly<Record<string, string>>} files what is imported, by the file's name
 * @param {string} [folder] where they are
 */
export function ownFiles(files, folder = '.') {
  return {
    name: 'own-files',
    setup: ({ onResolve }) => {
      for (const [file, name] of Object.entries(files))
        onResolve({ filter: new RegExp(`^${name}$`) }, () => ({
          path: `${folder}/${file}.cjs`,
          external: true,
        }));
    },
  };
}

/**
 * Leaves a package's native part, which is made for one machine, to the package itself: where somebody has installed
 * the same version of it beside virtune, that is used. The package must do without it.
 * @param {string} name
 * @param {string} unused an optional package that is never there
 */
export function optionalNative(name, unused) {
  return {
    name: 'optional-native',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: new RegExp(`^${unused}$`) }, ({ path }) => ({ path, namespace: 'unused' }));
      onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: `throw new Error('not here');` }));
      onResolve({ filter: /\.node$/ }, ({ path, resolveDir, namespace }) => {
        if (namespace === 'native') return { path, external: true };
        const inside = join(resolveDir, path).replace(/^.*[\\/]node_modules[\\/]/, '');
        return { path: inside.replaceAll('\\', '/'), namespace: 'native' };
      });
      onResolve({ filter: /./, namespace: 'native' }, ({ path }) => ({ path, external: true }));
      const manifest = `${name}/package.json`;
      const { version } = createRequire(import.meta.url)(manifest);
      onLoad({ filter: /./, namespace: 'native' }, ({ path }) => ({
        contents: `if (require('${manifest}').version !== '${version}') throw new Error('another version');
module.exports = require('${path}');`,
      }));
    },
  };
}

/**
 * Leaves out a file of a package that nothing here uses.
 * @param {string} file as its package has it, `name/lib/file.js`
 */
export function leftOut(file) {
  return {
    name: 'left-out',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.js$/ }, ({ path }) =>
        path.replaceAll('\\', '/').endsWith(`/node_modules/${file}`)
          ? { contents: 'module.exports = {};' }
          : undefined,
      );
    },
  };
}
