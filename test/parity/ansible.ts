import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is asked about one inventory: a pattern, and a `--limit` or none. */
export type Question = readonly [pattern: string, limit: string | null];

export interface AnsibleCase {
  /** Absolute paths, or lists of hosts. */
  readonly sources: readonly string[];
  readonly patterns: readonly Question[];
  readonly vault?: string | null;
  /** False where only patterns matter. */
  readonly values?: boolean;
}

export interface AnsibleAnswer {
  /** Set where Ansible itself broke down. */
  readonly error?: string;
  /** Sources that it could not read. */
  readonly failed: readonly string[];
  readonly warnings: readonly string[];
  readonly order: readonly string[];
  readonly list?: unknown;
  readonly graph?: string;
  readonly patterns: readonly PatternAnswer[];
}

export interface PatternAnswer {
  readonly hosts: readonly string[];
  /** Terms that matched nothing. */
  readonly ignored: readonly string[];
  readonly error: string | null;
}

/** Settings of this machine must not decide, and nothing but the answer is wanted. */
const ENV = {
  PATH: process.env.PATH,
  LC_ALL: 'C.UTF-8',
  ANSIBLE_NOCOLOR: '1',
  ANSIBLE_LOCALHOST_WARNING: 'false',
  // Names with other characters in groups are a matter of taste; "never" is Ansible's default.
  ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS: 'ignore',
};

/** Asks the real Ansible about many inventories at once, in one process. */
export async function askAnsible(
  cases: readonly AnsibleCase[],
  options: { readonly ordered: boolean },
): Promise<readonly AnsibleAnswer[]> {
  return (await askPython('ansible_driver.py', { ...options, cases })) as readonly AnsibleAnswer[];
}

/** Asks one of the programs beside this file, run by Ansible's Python: JSON in, JSON out. */
export async function askPython(program: string, question: unknown): Promise<readonly unknown[]> {
  return JSON.parse(await run(python(), [join(import.meta.dirname, program)], JSON.stringify(question)));
}

/** One of Ansible's commands, as people run it. @returns its standard output */
export function ansibleCommand(
  command: 'ansible' | 'ansible-inventory' | 'ansible-playbook',
  args: readonly string[],
): Promise<string> {
  return run(command, args, '');
}

/** The Python that Ansible is installed for. */
function python(): string {
  for (const dir of (process.env.PATH ?? '').split(':')) {
    try {
      const line = readFileSync(join(dir, 'ansible'), 'utf8').split('\n', 1)[0] ?? '';
      if (/^#!.*python/.test(line)) return line.slice(2).trim().split(' ')[0] ?? '';
    } catch {
      // Not in this folder.
    }
  }
  return '/usr/bin/python3';
}

/** In an empty folder: Ansible takes group_vars/ of the current one for a playbook's. */
async function run(file: string, args: readonly string[], input: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'virtune-parity-home-'));
  const config = join(home, 'ansible.cfg');
  try {
    await writeFile(config, '');
    return await new Promise((settle, fail) => {
      const options = {
        cwd: home,
        env: { ...ENV, HOME: home, ANSIBLE_CONFIG: config },
        maxBuffer: 512 * 1024 * 1024,
      };
      const child = execFile(file, args, options, (error, stdout, stderr) => {
        if (error === null) settle(stdout);
        else fail(new Error(`${file} ${args.join(' ')}: ${error.message}\n${stderr}`));
      });
      child.stdin?.end(input);
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/**
 * Settings that are not the default, by Ansible's own names: its own, and those of its plugins `ssh` and `sudo`. Of a
 * working folder: which file counts there, and whether the folder's own was passed over with a warning.
 */
export interface AnsibleSettings {
  readonly error?: string;
  readonly found?: string | null;
  readonly passedOver?: boolean;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly plugins?: Readonly<Record<string, unknown>>;
}

/** What the real Ansible makes of configuration files and environments, in one process. */
export async function ansibleSettings(
  cases: readonly ({ readonly env: Readonly<Record<string, string>> } & (
    | { readonly file: string }
    | { readonly cwd: string }
  ))[],
): Promise<readonly AnsibleSettings[]> {
  const driver = join(import.meta.dirname, 'settings_driver.py');
  return JSON.parse(await run(python(), [driver], JSON.stringify(cases)));
}
