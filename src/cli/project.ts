import { plural } from '../base/text.ts';
import { inputError } from '../model/diagnostic.ts';
import { checkPlaybooks, loadProject, type PlaySource, type Project } from '../project/project.ts';
import { inventorySources } from '../project/sources.ts';
import { printDiagnostics } from './diagnostics.ts';
import {
  askSecrets,
  connectionOptions,
  type InventoryOptions,
  type RunningOptions,
  type StrictOptions,
  type TagOptions,
  tagSelection,
} from './options.ts';
import { vaultOf } from './vault.ts';

type Options = InventoryOptions & RunningOptions & TagOptions & StrictOptions;

/** Playbooks, or plays that the command has made, with all that options and files say about them; prints warnings. */
export async function openProject(source: PlaySource, options: Options): Promise<Project> {
  const project = await loadProject(source, {
    inventory: await inventorySources(options.inventory),
    limit: options.limit,
    extraVars: options.extraVars,
    tags: tagSelection(options),
    seed: options.seed,
    vault: await vaultOf(options),
    connection: connectionOptions(options),
    askSecrets: () => askSecrets(options),
    settings: options.settings,
  });
  await printDiagnostics(project.warnings);
  const warnings = project.warnings.filter(({ severity }) => severity === 'warning');
  const count = warnings.length;
  if (options.strict && count > 0)
    throw inputError(
      `${plural(count, 'warning')}, which --strict counts as ${count === 1 ? 'an error' : 'errors'}`,
    );
  return { ...project, warnings };
}

/** Reads playbooks alone, as Ansible does: the inventory may be missing. Prints warnings. */
export async function checkSyntax(playbooks: readonly string[], options: InventoryOptions): Promise<void> {
  const { extraVars } = options;
  await printDiagnostics(await checkPlaybooks(playbooks, { extraVars, vault: await vaultOf(options) }));
}
