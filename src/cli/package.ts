import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Two folders up, from the sources as from every file of the build. */
const ROOT = new URL('../../', import.meta.url);

/** From package.json. */
export function version(): string {
  return (JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { version: string }).version;
}

/** A file or folder that is shipped with the program; relative where that is shorter to read. */
export function fileOfPackage(name: string): string {
  const path = fileURLToPath(new URL(name, ROOT));
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
