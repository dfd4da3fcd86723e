import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** Behind each file of code. */
export const COMPILED = '.compiled';

/** In bytes; what follows is where V8 wants it in memory. */
const HEAD = 64;

/**
 * Loads a file of the build, and those that it requires, with what V8 has made of them at the build: that takes a
 * quarter of the time. What was made by another Node, or of other text, is not used: then Node loads and compiles as
 * always. V8 itself refuses what is damaged, or made with other flags, and compiles anew.
 * @param {string} file
 * @param {(file: string, script: Script) => void} [compiles] hears of what is compiled anew here, whatever there is;
 *   the build's own use
 * @returns what the file exports
 */
export function load(file, compiles) {
  const require = createRequire(file);
  const folder = dirname(file);
  const loaded = new Map();
  const part = (path) => {
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const script = scriptOf(path, compiles);
    if (script === null) return require(path);
    const module = { exports: {} };
    loaded.set(path, module);
    script.runInThisContext()(module.exports, requirePart, module, path, folder);
    return module.exports;
  };
  const requirePart = (name) => (name.startsWith('./') ? part(join(folder, name)) : require(name));
  return part(file);
}

function scriptOf(filename, compiles) {
  const bytes = readFileSync(filename);
  const text = `(function (exports, require, module, __filename, __dirname) { ${bytes.latin1Slice()}\n})`;
  if (compiles !== undefined) {
    const script = new Script(text, { filename });
    compiles(filename, script);
    return script;
  }
  const compiled = compiledOf(filename, bytes);
  if (compiled === null) return null;
  return new Script(text, { filename, cachedData: compiled });
}

function compiledOf(filename, bytes) {
  try {
    const stored = readFileSync(filename + COMPILED);
    return stored.latin1Slice(0, HEAD) === headOf(bytes) ? stored.subarray(HEAD) : null;
  } catch {
    return null;
  }
}

/** Says for what text, and for which Node, something was compiled. */
export function headOf(bytes) {
  return `${process.version} ${process.arch} ${crc32(bytes).toString(16)}\n`.padEnd(HEAD);
}
