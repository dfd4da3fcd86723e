import type { RunResult } from '../model/result.ts';
import * as trial from './confirm.ts';
import { openProject } from './open.ts';
import * as whole from './run.ts';
import type { ConfirmOptions, Plan, Project, ProjectInput, RunOptions } from './types.ts';

export type { FailOn } from '../engine/exit_code.ts';
export type { Observer } from '../engine/observer.ts';
export type { Change, DomainRef, Setting, Sides, Step, Subject, Value } from '../model/change.ts';
export { type Diagnostic, InputError, type Place } from '../model/diagnostic.ts';
export type { HostResult, HostStatus, RunHead, RunResult } from '../model/result.ts';
export type { RuleRef, SubjectStatus } from '../model/status.ts';
export type {
  BecomeInput,
  ConfirmOptions,
  ConnectionInput,
  Plan,
  Project,
  ProjectInput,
  RunOptions,
} from './types.ts';

/**
 * Reads playbooks and inventory and resolves all that they say. Contacts no host; OpenSSH is asked what ssh_config says.
 * @returns what plan and run take, with warnings
 * @throws InputError with all that is wrong, each with its place
 */
export const validate: (input: ProjectInput) => Promise<Project> = openProject;

/**
 * What {@link run} would do, read through connections that cannot write.
 * @param what files, or what validate has made of them
 * @throws InputError where files are wrong: no host was contacted
 */
export const plan: (what: Project | ProjectInput, options?: RunOptions) => Promise<Plan> = whole.plan;

/**
 * Makes VMs as playbooks declare: reads, writes what differs, reads back.
 * @param what files, or what validate has made of them
 * @returns what became of every host and of everything that rules name, whatever happened there; `exitCode` is that of
 * `virtune run`
 * @throws InputError where files are wrong: no host was contacted
 */
export const run: (what: Project | ProjectInput, options?: RunOptions) => Promise<RunResult> = whole.run;

/**
 * Keeps what a run with `confirmWithin` has set: its hosts give nothing back any more, and the limits are written into
 * configurations, read back and told.
 * @param run its `id`, the beginning of one, or `last`: the newest that has waited
 * @returns what became of every host that waits; where it comes too late, nothing is written there and its subjects are
 * `stale`. `exitCode` is that of `virtune confirm`
 * @throws InputError where the run waits for nothing, or files are wrong: no host was contacted
 */
export const confirm: (run: string, options: ConfirmOptions) => Promise<RunResult> = trial.confirm;
