import { factsOf, type OpenedProject, openProject as open, refuseWarnings as refuse } from '../api/open.ts';
import { loadClient } from '../connection/connector.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { checkPlaybooks, type PlaySource, type TypedSecrets } from '../project/project.ts';
import type { RunFacts } from '../project/run_facts.ts';
import { inventorySources } from '../project/sources.ts';
import type { Vault } from '../project/vault.ts';
import { printDiagnostics, tellSlowCloud, untold } from './diagnostics.ts';
import {
  connectionOptions,
  type ForksOptions,
  type InventoryOptions,
  type RunningOptions,
  type ShardOptions,
  type StrictOptions,
  type TagOptions,
  tagSelection,
} from './options.ts';
import { askSecrets } from './secrets.ts';
import { vaultOf } from './vault.ts';

type Options = InventoryOptions &
  RunningOptions &
  TagOptions &
  StrictOptions &
  ShardOptions &
  Partial<ForksOptions> & {
    readonly check?: boolean;
    /** What time it is taken to be. */
    readonly at?: Date;
    /** No policy has a say in what it does: it changes nothing of anybody’s. */
    readonly unguarded?: true;
    readonly policy?: string;
  };

interface OpenOptions {
  /** Whether the command goes on to its hosts; it does. */
  readonly visits?: boolean;
  /** In which warnings are told. */
  readonly words?: (one: Diagnostic) => Diagnostic;
  /** What was asked for once and holds on: passwords and what opens encrypted files. */
  readonly secrets?: (() => Promise<TypedSecrets>) | undefined;
  readonly vault?: Vault | undefined;
  /** What was told already and is not told again: a service reads the same files often. */
  readonly told?: Set<string> | undefined;
}

/**
 * Playbooks, or plays that the command has made, with all that options and files say about them; prints warnings.
 */
export async function openProject(
  source: PlaySource,
  options: Options,
  { visits = true, words = (one) => one, secrets, vault, told }: OpenOptions = {},
): Promise<OpenedProject> {
  const { limit, extraVars, seed, settings, shard, check } = options;
  const { only, skip } = tagSelection(options);
  const project = await open({
    source,
    inventory: await inventorySources(options.inventory),
    ...{ limit, extraVars, seed, settings, shard, check },
    ...{ tags: only, skipTags: skip, now: options.at },
    env: process.env,
    facts: runFacts(options),
    vault: vault ?? (await vaultOf(options)),
    connection: connectionOptions(options),
    askSecrets: secrets ?? (() => askSecrets(options)),
    unguarded: options.unguarded,
    policy: options.policy,
    whileAsking: visits ? loadClient : undefined,
    cloudSlow: tellSlowCloud(told),
  });
  await printDiagnostics([...project.warnings, ...project.notes].map(words).filter(untold(told)));
  refuseWarnings(project.warnings, options);
  return project;
}

/** @throws InputError on warnings, where they are errors */
export function refuseWarnings(warnings: readonly Diagnostic[], { strict }: StrictOptions): void {
  if (strict) refuse(warnings);
}

/** What templates are told of the run that programs do not say. */
function runFacts({ diff, verbose, forks, configFile }: Options): Partial<RunFacts> {
  return {
    diffMode: diff ?? false,
    verbosity: verbose ? 1 : 0,
    ...(forks === undefined ? {} : { forks }),
    configFile,
  };
}

/** Reads playbooks alone, as Ansible does: the inventory may be missing. Prints warnings. */
export async function checkSyntax(playbooks: readonly string[], options: InventoryOptions): Promise<void> {
  const { extraVars } = options;
  await printDiagnostics(
    await checkPlaybooks(playbooks, {
      extraVars,
      facts: { ...factsOf({ inventory: [], env: process.env }), ...runFacts(options) },
      vault: await vaultOf(options),
    }),
  );
}
