import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_FORKS } from '../api/open.ts';
import type { ConnectionInput } from '../api/types.ts';
import { parseInstant } from '../base/time/instant.ts';
import { BECOME_METHODS } from '../connection/become/become.ts';
import { VERIFICATIONS } from '../model/playbook.ts';
import type { ShardOf } from '../model/result.ts';
import type { TagSelection } from '../playbook/tags.ts';
import { parseTags } from '../playbook/task_schema.ts';
import type { Settings } from '../settings/read.ts';
import { withValues } from './completion/values.ts';
import { FAIL_ON_WORDS } from './fail_on.ts';
import { REPORT_FORMATS } from './reports.ts';
import { parseShard } from './shard.ts';

/** Options that several commands have, named as in Ansible where it has them. */

export interface InventoryOptions {
  /** Of `ansible.cfg` and the environment: what is no option is taken from here. */
  readonly settings?: Settings;
  /** The ansible.cfg in force. */
  readonly configFile?: string | undefined;
  readonly inventory?: readonly string[];
  readonly limit?: readonly string[];
  readonly extraVars?: readonly string[];
  readonly vaultId?: readonly string[];
  readonly vaultPasswordFile?: readonly string[];
  readonly askVaultPass?: boolean;
}

export interface ForksOptions {
  readonly forks: number;
}

export interface ShardOptions {
  readonly shard?: ShardOf;
}

/** Of commands that contact hosts; what a command does not offer is absent. */
export interface RunningOptions {
  readonly become?: boolean;
  readonly becomeMethod?: string;
  readonly becomeUser?: string;
  readonly askPass?: boolean;
  readonly askBecomePass?: boolean;
  readonly connectionPasswordFile?: string;
  readonly becomePasswordFile?: string;
  readonly user?: string;
  readonly privateKey?: string;
  readonly timeout?: number;
  readonly hostTimeout?: number;
  readonly knownHosts?: string;
  readonly acceptNewHostKeys?: boolean;
  readonly report?: readonly string[];
  readonly diff?: boolean;
  readonly verbose?: boolean;
}

export interface TagOptions {
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  readonly seed?: number;
}

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

export const positive = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return number;
};

/** So many seconds at most, since a timer that is set for more than 24 days is over at once. */
export const seconds =
  (most: number) =>
  (value: string): number => {
    const number = positive(value);
    if (number > most) throw new InvalidArgumentError(`It must be ${most} seconds at most.`);
    return number;
  };

const DAY_S = 86_400;
/** Between two looks at something that are made in any case. */
export const LONGEST_INTERVAL_S = 7 * DAY_S;

/** Headings of the help; a command's own options come first, under `Options:`. */
const GROUP = {
  inventory: 'Inventory and variables:',
  connection: 'Connection:',
  become: 'Another user on the hosts:',
} as const;

const repeated = (flags: string, description: string): Option =>
  new Option(flags, `${description} (repeatable)`).argParser(collect);

export function addInventoryOptions(command: Command): Command {
  return command
    .optionsGroup(GROUP.inventory)
    .addOption(
      repeated('-i, --inventory <path>', 'inventory file, folder, or "host1,host2,"; default: inventory/'),
    )
    .addOption(repeated('-e, --extra-vars <vars>', 'key=value pairs, JSON or @FILE'))
    .addOption(
      repeated(
        '--vault-password-file <file>',
        'password of encrypted files and values; FILE or ID@FILE, may be a program',
      ),
    )
    .addOption(repeated('--vault-id <id>', 'the same, as ID@FILE or ID@prompt'))
    .option('-J, --ask-vault-pass', 'ask for the password of encrypted files and values');
}

/** How hosts are reached, for commands that do. */
export function addConnectionOptions(command: Command): Command {
  return command
    .optionsGroup(GROUP.connection)
    .option('-u, --user <name>', 'remote user where the inventory names none')
    .option('-k, --ask-pass', 'ask for the password to log in with, where the inventory has none')
    .option('--connection-password-file <file>', 'read that password from a file; may be a program')
    .option('--private-key <file>', 'key to log in with where the inventory names none')
    .option('--known-hosts <file>', 'known_hosts file; default: those of ssh_config')
    .option(
      '--accept-new-host-keys',
      'add keys of hosts that are not known yet; changed keys are refused still',
    )
    .addOption(
      new Option('-T, --timeout <seconds>', 'for connecting to a host; default: 20').argParser(
        seconds(DAY_S),
      ),
    )
    .addOption(
      new Option('--host-timeout <seconds>', 'for a host in all; default: none').argParser(seconds(DAY_S)),
    )
    .optionsGroup(GROUP.become)
    .option('-b, --become', 'run as another user on the hosts, where the inventory does not say')
    .addOption(new Option('--become-method <method>', 'how; default: sudo').choices(BECOME_METHODS))
    .option('--become-user <name>', 'user to become; default: root')
    .option('-K, --ask-become-pass', 'ask for the password that sudo wants (empty: that of -k)')
    .option('--become-password-file <file>', 'read that password from a file; may be a program');
}

/** For commands that write nothing: of those that write the clock decides. */
export function addAtOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--at <time>',
      'by the rules that hold at another time than now: "2026-12-01 06:00 Europe/Berlin"; a date is its beginning (of UTC, or of a zone beside it)',
    ).argParser((written: string): Date => {
      const parsed = parseInstant(written, 'begin');
      if (!parsed.ok) throw new InvalidArgumentError(`${parsed.message}: ${parsed.hint}.`);
      return new Date(parsed.at);
    }),
  );
}

export function addLimitOption(command: Command): Command {
  return command.addOption(repeated('-l, --limit <pattern>', 'only hosts that this pattern names too'));
}

/** Of commands that visit several hosts. */
export function addShardOption(command: Command): Command {
  return command.addOption(
    new Option('--shard <n/count>', 'only the hosts of this shard, of so many: 3/8').argParser(parseShard),
  );
}

/** Of commands that visit several hosts. */
export function addForksOption(command: Command): Command {
  return command.addOption(
    new Option('-f, --forks <n>', 'hosts at once').argParser(positive).default(DEFAULT_FORKS),
  );
}

/** @param formats what `--report` takes */
export function addReportOption(command: Command, formats = REPORT_FORMATS): Command {
  return command.addOption(
    withValues(
      repeated(
        '--report <format[=file]>',
        `${formats}; without a file it is all that standard output carries`,
      ),
      formats.split(', '),
    ),
  );
}

/** Of the commands that write. */
export function addRewriteOption(command: Command): Command {
  return command.option(
    '--rewrite',
    'set what is in force in running VMs also where libvirt describes it as declared: after somebody changed it behind libvirt, or a change ended in the dark',
  );
}

export interface VerifyOptions {
  readonly verify?: (typeof VERIFICATIONS)[number];
}

/** Of the commands that write. */
export function addVerifyOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--verify <how>',
      'kernel: look at what the kernel does, too, before and after a write, and set again what it does not do',
    ).choices(VERIFICATIONS),
  );
}

export interface StrictOptions {
  readonly strict?: boolean;
}

export function addStrictOption(command: Command): Command {
  return command.option(
    '--strict',
    'every warning counts: exit 1, those of files before any host is contacted',
  );
}

/** Of commands whose exit status may suit another taste. */
export function addFailOnOption(command: Command): Command {
  return command.addOption(
    withValues(
      repeated(
        '--fail-on <what>',
        `what ends with another status than 0, with commas: ${FAIL_ON_WORDS}; no-WHAT: not that`,
      ),
      FAIL_ON_WORDS.split(', ').flatMap((word) => [word, `no-${word}`]),
    ),
  );
}

/** Of commands that may tell others how they ended. */
export function addNotifyOptions(command: Command): Command {
  return command
    .addOption(
      repeated('--notify <[shape=]url>', 'tell this address how the run ended; shapes: json, slack, matrix'),
    )
    .addOption(
      repeated(
        '--notify-on <what>',
        'only of a change, trouble, or both with a comma; default: of every run',
      ),
    );
}

export function addTagOptions(command: Command): Command {
  return command
    .addOption(repeated('-t, --tags <tags>', 'only tasks with these tags, with commas'))
    .addOption(repeated('--skip-tags <tags>', 'no tasks with these tags'))
    .addOption(
      new Option('--seed <n>', 'for "order: shuffle": the order of an earlier run').argParser(positive),
    );
}

/** What --tags and --skip-tags name, with commas or given several times. */
export function tagSelection({ tags = [], skipTags = [] }: TagOptions): TagSelection {
  return { only: tags.flatMap(parseTags), skip: skipTags.flatMap(parseTags) };
}

/** How hosts are reached, where the inventory does not say. */
export function connectionOptions(options: RunningOptions): ConnectionInput {
  return {
    user: options.user,
    privateKeyFile: options.privateKey,
    timeoutSeconds: options.timeout,
    hostTimeoutSeconds: options.hostTimeout,
    knownHostsFile: options.knownHosts,
    acceptNewHostKeys: options.acceptNewHostKeys,
  };
}
