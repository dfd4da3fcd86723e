import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** One import of a file, of a type or a value, at the top or later on. */
export interface Import {
  readonly line: number;
  /** A file's path from the root, or a package's name as written. */
  readonly target: string;
}

/** What each file imports, by the file's path from the root. */
export type ImportGraph = ReadonlyMap<string, readonly Import[]>;

/** `import … from '…'`, `export … from '…'`, their last line where they have several, and `import '…'`. */
const AT_TOP = /^(?:import\s|export\s|\}\s*)(?:[^'"`]*\sfrom\s+|from\s+|)'([^'\n]+)'/;
/** `import('…')` and the types in `import('…').X`. */
const LATER = /\bimport\(\s*'([^'\n]+)'/g;

/** The imports of one source text, as the formatter writes them; those of types are imports like all others. */
export function importsOf(file: string, text: string): readonly Import[] {
  return text.split('\n').flatMap((line, i) => {
    const written = [AT_TOP.exec(line)?.[1], ...[...line.matchAll(LATER)].map((found) => found[1])];
    return written.flatMap((one) => {
      if (one === undefined) return [];
      const target = one.startsWith('.') ? posix.join(posix.dirname(file), one) : one;
      return [{ line: i + 1, target }];
    });
  });
}

/** Reads the imports of all TypeScript files below a folder. */
export function readImports(root: string, folder: string): ImportGraph {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name))
    .sort();
  return new Map(files.map((file) => [file, importsOf(file, readFileSync(join(root, file), 'utf8'))]));
}
