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

/**
 * The lines that a terminal of this width shows at the end, with their colours as escape sequences; equal for equal
 * words, since what differs from run to run is settled.
 */
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
    const lines: string[] = [];
    for (const command of COMMANDS) {
      const shown = await inTerminal(command, { bin: join(dir, 'bin'), work, columns });
      lines.push(`\x1b[1;32m$\x1b[0m \x1b[1m${command}\x1b[0m`, ...settled(shown).split('\n'), '');
    }
    return lines.slice(0, -1);
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

interface Terminal {
  /** The folder with the program. */
  readonly bin: string;
  readonly work: string;
  readonly columns: number;
}

/** What a command leaves on a terminal: a live view draws itself anew, and ends with its last state. */
async function inTerminal(command: string, { bin, work, columns }: Terminal): Promise<string> {
  const env = { ...process.env, TERM: 'xterm-256color' };
  for (const name of OTHER_VIEWS) delete (env as NodeJS.ProcessEnv)[name];
  const body = `stty cols ${columns} rows 50; PATH=${quote(bin)}:$PATH; ${command}; true`;
  const { stdout } = await exec('script', ['-qec', body, '/dev/null'], { cwd: work, env });
  const last = stdout.slice(stdout.lastIndexOf(REDRAWN) + REDRAWN.length);
  return (
    last
      .replaceAll('\r', '')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal sends
      .replaceAll(/\x1b\[\?25[lh]/g, '')
      .trimEnd()
  );
}

/** Where a live view has gone back to its beginning. */
const REDRAWN = '\x1b[G';

/** What makes a view another one: choices about colours, and platforms whose logs have a view of their own. */
const OTHER_VIEWS = [
  ...['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'COLORTERM', 'COLUMNS'],
  ...['CI', 'GITHUB_ACTIONS', 'GITLAB_CI', 'TF_BUILD', 'TEAMCITY_VERSION'],
];

/** Without durations, and without which host took longest. */
function settled(text: string): string {
  return text
    .replaceAll(/(?<![\d.])\d+\.\d s\b/g, '0.4 s')
    .replaceAll(/the longest hv\d+/g, 'the longest hv01');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
