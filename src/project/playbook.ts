import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Play } from '../model/playbook.ts';
import { MODULES } from '../modules/index.ts';
import { type ParsedPlaybook, parsePlaybook } from '../playbook/parse.ts';
import { varsInPlaybook } from '../playbook/vars_in.ts';
import type { Magic } from '../template/state.ts';
import { loadYaml } from './yaml_file.ts';

export interface LoadedPlays {
  readonly plays: readonly Play[];
  /** Plays with errors: looked through for more of them. */
  readonly wrong: readonly Play[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads playbook files in order. Never rejects for what the user wrote.
 * @param extraVars for templates in keywords
 * @param magicOf names for these that hold for the whole run
 */
export async function loadPlaybooks(
  files: readonly string[],
  extraVars: Vars,
  magicOf: (file: string) => Magic = () => new Map(),
): Promise<LoadedPlays> {
  const names = MODULES.map((module) => module.name);
  const loaded: ParsedPlaybook[] = [];
  for (const file of files) loaded.push(await loadPlaybook(file, names, extraVars, magicOf(file)));
  return {
    plays: loaded.flatMap((one) => one.plays),
    wrong: loaded.flatMap((one) => one.wrong),
    diagnostics: loaded.flatMap((one) => one.diagnostics),
  };
}

async function loadPlaybook(
  file: string,
  knownModules: readonly string[],
  extraVars: Vars,
  magic: Magic,
): Promise<ParsedPlaybook> {
  const { value, diagnostics } = await loadYaml(file, 'playbook', { varsIn: varsInPlaybook });
  if (value === null && diagnostics.length > 0) return { plays: [], wrong: [], diagnostics };
  const parsed = parsePlaybook(value, file, knownModules, extraVars, magic);
  return { ...parsed, diagnostics: [...diagnostics, ...parsed.diagnostics] };
}
