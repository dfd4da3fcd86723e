import type { Command } from 'commander';
import { type HostGiven, lacksText, mustHave, withGiven } from '../../api/given_play.ts';
import type { OpenedProject } from '../../api/open.ts';
import { printable } from '../../base/text.ts';
import type { GateInputs } from '../../gates/index.ts';
import type { RunResult } from '../../model/result.ts';
import { addConfirmOption, type ConfirmOptions } from '../confirm_option.ts';
import { execute } from '../execute.ts';
import { addLockOption, type LockOptions } from '../lock_option.ts';
import {
  addConnectionOptions,
  addForksOption,
  addInventoryOptions,
  addLimitOption,
  addReportOption,
  addShardOption,
  type ForksOptions,
  type InventoryOptions,
  type RunningOptions,
  type ShardOptions,
} from '../options.ts';
import { addPolicyOptions, type PolicyOptions } from '../policy.ts';
import { addRecordOptions, type ReasonOptions, type Recording } from '../record.ts';

/** What the commands have in common that give subjects values of a file: `apply` and `rollback`. */

export interface GivenOptions
  extends InventoryOptions,
    RunningOptions,
    ReasonOptions,
    ForksOptions,
    ShardOptions,
    LockOptions,
    ConfirmOptions,
    PolicyOptions {
  readonly check?: boolean;
}

export function addGivenOptions(command: Command): Command {
  command
    .option('-D, --diff', 'show the differences in full, with the commands')
    .option('-v, --verbose', 'host by host, with what is in sync too');
  const writing = addConfirmOption(addLockOption(addRecordOptions(addReportOption(addForksOption(command)))));
  return addConnectionOptions(addInventoryOptions(addPolicyOptions(addShardOption(addLimitOption(writing)))));
}

/** What only one of them has. */
interface Giving {
  readonly prepared: OpenedProject;
  readonly given: readonly HostGiven[];
  readonly rewrite: boolean;
  readonly gates?: Omit<GateInputs, 'policy'>;
  readonly recording: Pick<Recording, 'what' | 'of'>;
  readonly reports: Parameters<typeof execute>[0]['reports'];
}

/** Gives the hosts of a made play what is theirs, as a run sets what rules declare. */
export function give(
  { prepared, given, rewrite, gates, recording, reports }: Giving,
  options: GivenOptions,
): Promise<RunResult> {
  const { check = false, diff = false, verbose = false, lockWait, forks, stateDir, reason } = options;
  const { confirmWithin } = options;
  return execute({
    prepared: { ...prepared, plays: prepared.plays.map((one) => withGiven(one, given)) },
    view: 'changes',
    ...{ check, diff, verbose, rewrite, lockWait, confirmWithin, forks, reports },
    listAll: false,
    policy: options,
    ...(gates === undefined ? {} : { gates }),
    recording: { ...recording, stateDir, reason },
  });
}

/**
 * Of hosts that the inventory lacks a note, where --limit may have left them out on purpose.
 * @param what `the run has changed`, of the hosts
 * @throws InputError without --limit
 */
export function checkHosts(
  all: readonly HostGiven[],
  { hosts }: OpenedProject,
  { limit }: Pick<GivenOptions, 'limit'>,
  what: string,
  hint: string,
): void {
  if (limit === undefined) mustHave(all, hosts, what, hint);
  const text = lacksText(all, hosts, what);
  if (text !== '') process.stderr.write(`${printable(`note: ${text}`)}\n`);
}
