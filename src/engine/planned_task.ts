import type { Fact } from '../facts/fact.ts';
import type { Ramp } from '../model/change.ts';
import type { AnyModule } from '../modules/module.ts';

/** A task as one inventory host has it, with the arguments resolved. */
export interface PlannedTask {
  readonly host: string;
  readonly play: string;
  readonly task: string;
  readonly module: AnyModule;
  readonly args: unknown;
  /** Its position among the tasks of its host: what fails keeps later ones from being written. */
  readonly rank: number;
  readonly ignoreErrors: boolean;
  /** List what no rule names too. */
  readonly listAll: boolean;
  /** Set what is in force in running VMs also where libvirt describes it as desired. */
  readonly rewrite: boolean;
  /** What is read for others than the tasks. */
  readonly alsoRead?: readonly Fact[] | undefined;
  /** Look at what the kernel does, too. */
  readonly kernel: boolean;
  /** What is written is given back unless somebody confirms it. */
  readonly trial?: boolean;
  /** The id of the run. */
  readonly run?: string | undefined;
  /** By subject: the last step of a ramp, while the time until the next one is not over. */
  readonly held?: ReadonlyMap<string, Ramp> | undefined;
  /** What time it is, for rules that hold for a while only: ms since 1970. */
  readonly now: number;
}
