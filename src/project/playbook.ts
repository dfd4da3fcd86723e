import type { Vars } from '../model/inventory.ts';
import { type ParsedPlaybook, parsePlaybook } from '../playbook/parse.ts';
import { loadYaml } from './yaml_file.ts';

/** Reads a playbook file; see parsePlaybook. Never rejects for what the user wrote. */
export async function loadPlaybook(
  file: string,
  knownModules: readonly string[],
  extraVars: Vars = {},
): Promise<ParsedPlaybook> {
  const { value, diagnostics } = await loadYaml(file, 'playbook');
  if (value === null && diagnostics.length > 0) return { plays: [], wrong: [], diagnostics };
  const parsed = parsePlaybook(value, file, knownModules, extraVars);
  return { ...parsed, diagnostics: [...diagnostics, ...parsed.diagnostics] };
}
