import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let dir: string | undefined;

/** A folder (0700) of this process for sockets, gone at its end. Short: a socket's path holds 100 characters. */
export function privateDir(): string {
  if (dir === undefined) {
    const base = tmpdir().length > 40 ? '/tmp' : tmpdir();
    const made = mkdtempSync(join(base, 'virtune-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    dir = made;
  }
  return dir;
}
