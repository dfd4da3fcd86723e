import { createRequire } from 'node:module';
import { join } from 'node:path';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');
const VALIDATORS = join(ROOT, 'src/schema/validators.ts');
const SCHEMA = 'src/schema/schema.ts';
/** How a bundle names the compiled code of a schema. */
const COMPILED = 'compiled-schema:';

/**
 * Compiles the schemas of the source by ajv, so that the command line need not: it loads 40 ms faster.
 * The source itself says what they are, at each build: it is run with a `validatorsOf` that only notes what it is
 * given. A new schema needs nothing but its `compileSchema`.
 * @param {readonly string[]} entries where all schemas are reached from
 * @returns a plugin that puts the compiled ones in the place of src/schema/validators.ts
 */
export async function compiledSchemas(entries) {
  const { schemas, users } = await collect(entries);
  return {
    plugin: replacing('compiled-schemas', validatorsOfAll(schemas.keys()), schemas),
    /** @throws Error where the command line has a schema that no entry reaches */
    check: (metafile) => {
      const missed = usersOfSchemas(metafile).filter((file) => !users.includes(file));
      if (missed.length > 0)
        throw new Error(`schemas that ${entries.join(', ')} do not reach: ${missed.join(', ')}`);
    },
  };
}

/** Runs the source as far as its modules do when they are loaded. */
async function collect(entries) {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: [
        ...entries.map((entry, index) => `export * as all${index} from './${entry}';`),
        `export { noted } from './src/schema/validators.ts';`,
        `export { newAjv } from './src/schema/ajv.ts';`,
        `export { idOf } from './src/schema/checks.ts';`,
      ].join('\n'),
      resolveDir: ROOT,
    },
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    // Only computing parts are run: nothing there asks where its file is.
    logOverride: { 'empty-import-meta': 'silent' },
    plugins: [
      replacing(
        'noted-schemas',
        'export const noted = [];\nexport const validatorsOf = (schemas, keywords) => void noted.push({ schemas, keywords });',
      ),
    ],
  });
  const module = { exports: {} };
  const run = new Function('module', 'exports', 'require', outputFiles[0].text);
  run(module, module.exports, createRequire(import.meta.url));
  const { noted, newAjv, idOf } = module.exports;
  const schemas = new Map();
  for (const { schemas: parts, keywords } of noted) {
    const id = idOf(parts, keywords);
    if (schemas.has(id)) throw new Error(`two schemas are the same, or have the same id: ${id}`);
    const ajv = newAjv(keywords, { source: true });
    schemas.set(
      id,
      parts.map((part) => standaloneCode.default(ajv, ajv.compile(part))),
    );
  }
  return { schemas, users: usersOfSchemas(metafile) };
}

/** The files of a bundle that have schemas. */
function usersOfSchemas({ inputs, outputs }) {
  const bundled = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  return bundled.filter((file) => inputs[file]?.imports.some(({ path }) => path === SCHEMA));
}

/**
 * A file that has the same export as src/schema/validators.ts. A schema's compiled code is evaluated when it is first
 * used: most commands use few.
 */
function validatorsOfAll(ids) {
  const files = [...ids].map((id) => `'${id}': () => require('${COMPILED}${id}'),`);
  return `import { checksOf, idOf } from './checks.ts';
const FILES = {\n${files.join('\n')}\n};
export function validatorsOf(schemas, keywords) {
  const made = [];
  let parts, checks;
  return (index) => {
    parts ??= FILES[idOf(schemas, keywords)]();
    checks ??= checksOf(keywords);
    made[index] ??= parts[index](checks);
    return made[index];
  };
}
`;
}

/** Code of ajv, a function for each part. */
function codeOf(parts) {
  const functions = parts.map(
    (code) => `(checks) => {\nconst module = {};\n${code}\nreturn module.exports;\n}`,
  );
  return `module.exports = [${functions.join(',\n')}];`;
}

function replacing(name, contents, schemas = new Map()) {
  return {
    name,
    setup: ({ onLoad, onResolve }) => {
      onLoad({ filter: /[\\/]schema[\\/]validators\.ts$/ }, ({ path }) =>
        path === VALIDATORS ? { contents, loader: 'js', resolveDir: join(VALIDATORS, '..') } : undefined,
      );
      onResolve({ filter: new RegExp(`^${COMPILED}`) }, ({ path }) => ({ path, namespace: 'compiled' }));
      onLoad({ filter: /^/, namespace: 'compiled' }, ({ path }) => ({
        contents: codeOf(schemas.get(path.slice(COMPILED.length))),
        loader: 'js',
        resolveDir: ROOT,
      }));
    },
  };
}
