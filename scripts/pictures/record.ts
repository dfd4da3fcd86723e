import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** What is typed; the folder looks like a clone whose inventory reaches the demo fleet. */
const COMMANDS = [
  'virtune run playbooks/nic-limits.yml --check',
  'virtune run playbooks/nic-limits.yml',
  'virtune run playbooks/nic-limits.yml',
] as const;

/** Prints each command as if it were typed at a prompt, and runs it. */
const SESSION = `show() {
  printf '\\033[1;32m$\\033[0m \\033[1m%s\\033[0m\\n' "$1"
  eval "$1"
  echo
}
`;

/** The lines that a terminal of this width shows, with their colours as escape sequences. */
export async function recordDemo(root: string, columns: number): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'virtune-picture-'));
  const fleet = await startFleet(root, join(dir, 'fleet'));
  try {
    const work = join(dir, 'work');
    await mkdir(join(dir, 'bin'), { recursive: true });
    await cp(join(root, 'playbooks'), join(work, 'playbooks'), { recursive: true });
    await cp(join(root, 'inventory'), join(work, 'inventory'), { recursive: true });
    await cp(join(dir, 'fleet/inventory.yml'), join(work, 'inventory/fleet.yml'));
    const virtune = join(dir, 'bin/virtune');
    await writeFile(virtune, `#!/bin/sh\nexec '${process.execPath}' '${root}dist/cli/main.js' "$@"\n`);
    await chmod(virtune, 0o755);
    await writeFile(join(dir, 'session.sh'), SESSION + COMMANDS.map((c) => `show ${quote(c)}\n`).join(''));
    return await inTerminal(dir, work, columns);
  } finally {
    if (fleet.exitCode === null) {
      fleet.kill();
      await once(fleet, 'exit');
    }
    await rm(dir, { recursive: true, force: true });
  }
}

async function startFleet(root: string, out: string): Promise<ChildProcess> {
  const fleet = spawn(process.execPath, [join(root, 'dist/sim/serve.js'), '--demo', '--out', out], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(fleet.stdout, 'data'),
    once(fleet, 'exit').then(() => Promise.reject(new Error('the simulated fleet did not start'))),
  ]);
  return fleet;
}

/** A tmux server of its own: it is the terminal, with the live tree's redraws and the wrapping of long lines. */
async function inTerminal(dir: string, work: string, columns: number): Promise<string[]> {
  const socket = join(dir, 'tmux');
  const tmux = async (...args: string[]) =>
    (await exec('tmux', ['-S', socket, '-f', '/dev/null', ...args])).stdout;
  const session = `PATH=${quote(join(dir, 'bin'))}:$PATH bash ${quote(join(dir, 'session.sh'))}; tmux -S ${quote(socket)} wait-for -S done; exec sleep 60`;
  const size = ['-x', String(columns), '-y', '300'];
  try {
    await tmux('new-session', '-d', ...size, '-c', work, `unset NO_COLOR FORCE_COLOR CI; ${session}`);
    await tmux('wait-for', 'done');
    const screen = await tmux('capture-pane', '-e', '-p');
    return screen.trimEnd().split('\n');
  } finally {
    await tmux('kill-server').catch(() => undefined);
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
