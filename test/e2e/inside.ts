import { cpSync, existsSync, mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Runs of virtune on a lab host itself. The host sees this machine's files except /tmp, /root, /run and /etc. */

const ROOT = resolve(import.meta.dirname, '../..');
/** Where a host has the folder of its state. */
const SEEN = '/run/lab';

/** A path below a host's state folder, or an argument with one in it, as the host itself sees it. */
export const seenInside = (state: string, arg: string): string => arg.replace(state, SEEN);

/**
 * Puts the build and what it needs where the host sees them, whatever folder this repository is in.
 * @param state the host's state folder
 */
export function stageInside(state: string): void {
  for (const part of ['dist', 'package.json'])
    cpSync(join(ROOT, part), join(state, 'virtune', part), { recursive: true, dereference: true });
  // A Node in somebody's home is hidden there.
  if (/^\/(root|tmp|run|etc)\//.test(process.execPath)) cpSync(process.execPath, join(state, 'virtune/node'));
}

/** The command that runs virtune on the host, and the one that sends a signal to just that process. */
export function runInside(
  state: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): { readonly command: readonly string[]; readonly kill: (signal: NodeJS.Signals) => readonly string[] } {
  const pid = join(seenInside(state, mkdtempSync(join(state, 'virtune/run-'))), 'pid');
  const node = existsSync(join(state, 'virtune/node')) ? join(SEEN, 'virtune/node') : process.execPath;
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const main = join(SEEN, 'virtune/dist/cli/main.js');
  return {
    command: ['sh', '-c', 'echo $$ >"$0"; exec env "$@"', pid, ...settings, node, main, ...args],
    kill: (signal) => ['sh', '-c', 'kill -s "$1" "$(cat "$0")"', pid, signal.replace(/^SIG/, '')],
  };
}
