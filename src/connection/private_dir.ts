import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Shared } from './shared.ts';

/** A folder (0700) of a run for sockets, gone at its end. Short: a socket's path holds 100 characters. */
export function privateDir(shared: Shared): string {
  const base = tmpdir().length > 40 ? '/tmp' : tmpdir();
  const dir = mkdtempSync(join(base, 'virtune-'));
  shared.onClose(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
