import { resolve } from 'node:path';
import { plural } from '../base/text.ts';
import { loadClient } from '../connection/connector.ts';
import { type Diagnostic, inputError } from '../model/diagnostic.ts';
import { checkPlaybooks, loadProject, type PlaySource } from '../project/project.ts';
import type { RunFacts } from '../project/run_facts.ts';
import { inventorySources } from '../project/sources.ts';
import { printDiagnostics } from './diagnostics.ts';
import {
  askSecrets,
  connectionOptions,
  DEFAULT_FORKS,
  type ForksOptions,
  type InventoryOptions,
  type RunningOptions,
  type ShardOptions,
  type StrictOptions,
  type TagOptions,
  tagSelection,
} from './options.ts';
import { type ShardedProject, shardOf } from './shard.ts';
import { vaultOf } from './vault.ts';

type Options = InventoryOptions &
  RunningOptions &
  TagOptions &
  StrictOptions &
  ShardOptions & { readonly check?: boolean };

/**
 * Playbooks, or plays that the command has made, with all that options and files say about them; prints warnings.
 * @param visits whether the command goes on to its hosts
 */
export async function openProject(
  source: PlaySource,
  options: Options,
  visits = true,
): Promise<ShardedProject> {
  const inventory = await inventorySources(options.inventory);
  const whole = await loadProject(source, {
    inventory,
    facts: runFacts(options, inventory),
    limit: options.limit,
    extraVars: options.extraVars,
    tags: tagSelection(options),
    seed: options.seed,
    vault: await vaultOf(options),
    connection: connectionOptions(options),
    askSecrets: () => askSecrets(options),
    settings: options.settings,
    whileAsking: visits ? loadClient : undefined,
  });
  const project: ShardedProject = options.shard === undefined ? whole : shardOf(whole, options.shard);
  await printDiagnostics(project.warnings);
  const warnings = project.warnings.filter(({ severity }) => severity === 'warning');
  refuseWarnings(warnings, options);
  return { ...project, warnings };
}

/** @throws InputError on warnings, where they are errors */
export function refuseWarnings(warnings: readonly Diagnostic[], { strict }: StrictOptions): void {
  if (!strict || warnings.length === 0) return;
  const count = warnings.length;
  throw inputError(
    `${plural(count, 'warning')}, which --strict counts as ${count === 1 ? 'an error' : 'errors'}`,
  );
}

function runFacts(
  options: InventoryOptions & Partial<Options & ForksOptions>,
  inventory: readonly string[],
): RunFacts {
  const { only, skip } = tagSelection(options);
  return {
    checkMode: options.check ?? false,
    diffMode: options.diff ?? false,
    forks: options.forks ?? DEFAULT_FORKS,
    verbosity: options.verbose ? 1 : 0,
    limit: options.limit?.join(','),
    tags: only,
    skipTags: skip,
    configFile: options.configFile,
    inventorySources: inventory.map((source) => (source.includes(',') ? source : resolve(source))),
  };
}

/** Reads playbooks alone, as Ansible does: the inventory may be missing. Prints warnings. */
export async function checkSyntax(playbooks: readonly string[], options: InventoryOptions): Promise<void> {
  const { extraVars } = options;
  await printDiagnostics(
    await checkPlaybooks(playbooks, {
      extraVars,
      facts: runFacts(options, []),
      vault: await vaultOf(options),
    }),
  );
}
