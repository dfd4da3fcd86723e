import { setTimeout as delay } from 'node:timers/promises';
import { parseArgv, parseBatch } from './batch.ts';
import { BLKDEVIOTUNE } from './cmd_blkdeviotune.ts';
import { BLKIOTUNE } from './cmd_blkiotune.ts';
import { CHANGE_COMMANDS } from './cmd_change.ts';
import { DOMIFTUNE } from './cmd_domiftune.ts';
import { LIST, NET_LIST } from './cmd_list.ts';
import { MEMTUNE } from './cmd_memtune.ts';
import { SCHEDINFO } from './cmd_schedinfo.ts';
import { SHOW_COMMANDS } from './cmd_show.ts';
import type { CommandDef, Dump } from './command.ts';
import type { SimHost } from './model.ts';

const COMMANDS: ReadonlyMap<string, CommandDef> = new Map(
  [
    LIST,
    NET_LIST,
    DOMIFTUNE,
    BLKDEVIOTUNE,
    BLKIOTUNE,
    SCHEDINFO,
    MEMTUNE,
    ...SHOW_COMMANDS,
    ...CHANGE_COMMANDS,
  ].map((def) => [def.name, def]),
);

const WRITERS: readonly CommandDef[] = [
  DOMIFTUNE,
  BLKDEVIOTUNE,
  BLKIOTUNE,
  SCHEDINFO,
  MEMTUNE,
  ...CHANGE_COMMANDS,
];

export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Output in pieces, so that dumps can be cached after filtering. */
export interface VirshOutput {
  readonly chunks: readonly (string | Dump)[];
  readonly stderr: string;
  readonly code: number;
}

/** Runs `virsh ARGV` on a simulated host: virsh 9.0.0 with its default connection to qemu:///system. */
export async function virsh(host: SimHost, argv: readonly string[]): Promise<CommandOutput> {
  const { chunks, stderr, code } = await runVirsh(host, argv);
  return { stdout: chunks.map((c) => (typeof c === 'string' ? c : c.text())).join(''), stderr, code };
}

export async function runVirsh(host: SimHost, argv: readonly string[]): Promise<VirshOutput> {
  const options = parseOptions(argv);
  if ('error' in options) return { chunks: [], stderr: `error: ${options.error}\n`, code: 1 };
  if ('version' in options) return { chunks: [`${options.version}\n`], stderr: '', code: 0 };
  const { readonly, quiet, uri, words } = options;
  // An empty command line fails without a word.
  if (words.length === 1 && words[0] === '') return { chunks: [], stderr: '', code: 1 };
  const batch = words.length === 1 ? parseBatch(words[0] ?? '', COMMANDS) : parseArgv(words, COMMANDS);
  if ('errors' in batch)
    return { chunks: [], stderr: batch.errors.map((e) => `error: ${e}\n`).join(''), code: 1 };
  if (host.knobs.latencyMs > 0) await delay(host.knobs.latencyMs);
  const refused = connectionError(host, uri, readonly);
  if (refused !== null)
    return { chunks: [], stderr: `error: failed to connect to the hypervisor\nerror: ${refused}\n`, code: 1 };

  const chunks: (string | Dump)[] = [];
  let stderr = '';
  let ok = true;
  for (const { def, options, rest } of batch.commands) {
    if (def.name === 'quit' || def.name === 'exit') return { chunks, stderr, code: 0 };
    // It may have ended meanwhile: virsh connects anew before each command that needs it.
    const lost = def.name === 'echo' ? null : connectionError(host, uri, readonly);
    if (lost !== null) {
      stderr += `error: failed to connect to the hypervisor\nerror: ${lost}\n`;
      ok = false;
      continue;
    }
    ok = await def.run({
      host,
      readonly,
      quiet,
      uri,
      options,
      rest,
      print: (chunk) => chunks.push(chunk),
      error: (...messages) => {
        for (const message of messages) stderr += `error: ${message}\n`;
      },
    });
    // All of them write libvirt's files, those too that set what is there.
    if (WRITERS.includes(def)) host.changes++;
    if (!quiet) chunks.push('\n');
  }
  return { chunks, stderr, code: ok ? 0 : 1 };
}

interface VirshOptions {
  readonly uri: string;
  readonly readonly: boolean;
  readonly quiet: boolean;
  readonly words: readonly string[];
}

/** Options before the command; getopt stops at the first word that is none. */
function parseOptions(
  argv: readonly string[],
): VirshOptions | { readonly error: string } | { readonly version: string } {
  let uri = 'qemu:///system';
  let readonly = false;
  let quiet = false;
  let index = 0;
  for (; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '-v' || word === '--version') return { version: '9.0.0' };
    if (word === '-q' || word === '--quiet') quiet = true;
    else if (word === '-r' || word === '--readonly') readonly = true;
    else if (word === '-c' || word === '--connect') {
      const given = argv[++index];
      if (given === undefined) return { error: "option '-c'/'--connect' requires an argument" };
      uri = given;
    } else if (word.startsWith('--connect=')) uri = word.slice('--connect='.length);
    else if (word === '--') {
      index++;
      break;
    } else if (word.startsWith('-') && word !== '-') {
      return { error: `unsupported option '${word}'. See --help.` };
    } else break;
  }
  return { uri, readonly, quiet, words: argv.slice(index) };
}

/** Why there is no connection; null when there is one. */
function connectionError({ knobs }: SimHost, uri: string, readonly: boolean): string | null {
  const socket = `/var/run/libvirt/libvirt-sock${readonly ? '-ro' : ''}`;
  if (!/^qemu(\+unix)?:\/\//.test(uri)) return `no connection driver available for ${uri}`;
  const path = uri.replace(/^[^:]*:\/\/[^/]*/, '').replace(/\?.*$/, '');
  if (path !== '/system' && path !== '/session')
    return `internal error: unexpected qemu URI path '${path}', try qemu:///system`;
  if (knobs.libvirtd === 'down') return `Failed to connect socket to '${socket}': No such file or directory`;
  if (knobs.libvirtd === 'denied' || (knobs.libvirtd === 'readonly' && !readonly))
    return `Failed to connect socket to '${socket}': Permission denied`;
  return null;
}
