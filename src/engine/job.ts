import type { Become } from '../connection/become/become.ts';
import type { ConnectionTarget } from '../connection/connection.ts';
import type { Play, TaskOptions } from '../model/playbook.ts';
import type { RuleRef } from '../model/status.ts';
import type { AnyModule, RuleInfo } from '../modules/module.ts';
import type { HostAccess } from './outside.ts';

/** A task with its arguments as they are for one host. */
export interface HostTask {
  readonly name: string;
  readonly module: AnyModule;
  /** In the module's own form, as its `parse` returned it; shared between hosts that have the same. */
  readonly args: unknown;
  readonly options?: TaskOptions;
  /** Its turn among the tasks of its host; its place there where it is absent. */
  readonly rank?: number;
}

/** A watchdog that waits for a confirm (engine/watchdog.ts). */
export interface Watchdog {
  readonly name: string;
  /** An earlier confirm has called it off, and did not come to its end. */
  readonly wasDropped: boolean;
}

/** Everything to do on one host in one play. */
export interface HostJob extends HostAccess {
  readonly name: string;
  readonly target: ConnectionTarget;
  /** The user that its programs run as, where that is not the login itself. */
  readonly become?: Become | undefined;
  readonly tasks: readonly HostTask[];
  /** Those of a run that is confirmed: they are called off before the host is read. */
  readonly watchdogs?: readonly Watchdog[];
  /** What else of the run reaches the same hypervisor; the run itself finds it out. */
  readonly rivals?: readonly HostTask[];
}

/** A play with its hosts, resolved; nothing in it can fail for the user's input any more. */
export interface PlayJob {
  readonly play: Play;
  /** Batches by `serial`, run one after the other. */
  readonly batches: readonly (readonly HostJob[])[];
  /** Hosts of the play were left out by a limit. */
  readonly limited?: boolean;
  /** Hosts of the play were left to other shards: its rules cannot be judged by these hosts alone. */
  readonly sharded?: boolean;
  /** Every rule of the play once, in order. */
  readonly rules: readonly RuleInfo[];
}

/** Which rule is which, across hosts that may have different variables. */
export function ruleKey(rule: RuleRef): string {
  return `${rule.file}\0${rule.line}\0${rule.name}`;
}
