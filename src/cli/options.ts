import { homedir, userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ConnectionOptions } from '../connection/target.ts';

/** Options that several commands have, named as in Ansible where it has them. */

export interface InventoryOptions {
  readonly inventory?: readonly string[];
  readonly limit?: readonly string[];
  readonly extraVars?: readonly string[];
}

export interface RunningOptions {
  readonly forks: number;
  readonly user?: string;
  readonly privateKey?: string;
  readonly timeout?: number;
  readonly knownHosts?: string;
  readonly acceptNewHostKeys?: boolean;
  readonly report?: readonly string[];
  readonly diff?: boolean;
  readonly verbose?: boolean;
}

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

const positive = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return number;
};

/** So many hosts at once, where nothing else is said: a host costs this side some milliseconds. */
const DEFAULT_FORKS = 50;

export function addInventoryOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '-i, --inventory <path>',
        'inventory file, folder, or "host1,host2," (repeatable; default: inventory/)',
      ).argParser(collect),
    )
    .addOption(
      new Option('-e, --extra-vars <vars>', 'key=value pairs, JSON or @FILE (repeatable)').argParser(collect),
    );
}

export function addLimitOption(command: Command): Command {
  return command.addOption(
    new Option('-l, --limit <pattern>', 'only hosts that this pattern names too (repeatable)').argParser(
      collect,
    ),
  );
}

export function addRunningOptions(command: Command): Command {
  return command
    .addOption(new Option('-f, --forks <n>', 'hosts at once').argParser(positive).default(DEFAULT_FORKS))
    .addOption(
      new Option(
        '--report <format[=file]>',
        'json; without a file it is all that standard output carries (repeatable)',
      ).argParser(collect),
    )
    .option('-u, --user <name>', 'remote user where the inventory names none')
    .option('--private-key <file>', 'key to log in with where the inventory names none')
    .option('--known-hosts <file>', 'known_hosts file (default: those of OpenSSH)')
    .option(
      '--accept-new-host-keys',
      'add keys of hosts that are not known yet; changed keys are refused still',
    )
    .addOption(
      new Option('-T, --timeout <seconds>', 'for connecting to a host (default: 20)').argParser(positive),
    )
    .option('-v, --verbose', 'name NICs in sync too, and the rules that decided');
}

/** What the connections take from the command line and the environment. */
export function connectionOptions(options: RunningOptions): ConnectionOptions {
  return {
    user: options.user,
    privateKeyFile: options.privateKey,
    timeoutSeconds: options.timeout,
    knownHostsFile: options.knownHosts,
    acceptNewHostKeys: options.acceptNewHostKeys,
    localUser: userInfo().username,
    home: homedir(),
    agentSocket: process.env.SSH_AUTH_SOCK,
  };
}
