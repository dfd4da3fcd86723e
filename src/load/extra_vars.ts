import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { isMap, mergeLayers } from '../parse/merge.ts';
import { parseYaml } from '../parse/yaml.ts';
import type { Vault } from './vault.ts';
import { loadYaml } from './yaml_file.ts';

export interface ExtraVars {
  readonly vars: Vars;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads `-e` options, a later one winning: `key=value` (a text, as in Ansible), JSON or YAML in braces, or `@FILE`.
 * Never rejects for what the user wrote.
 */
export async function loadExtraVars(options: readonly string[], vault?: Vault): Promise<ExtraVars> {
  const layers: Vars[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const option of options) {
    const pair = /^([A-Za-z_]\w*)=(.*)$/s.exec(option);
    if (pair !== null) {
      layers.push({ [pair[1] as string]: pair[2] });
      continue;
    }
    const read = option.startsWith('@')
      ? await loadYaml(option.slice(1), 'file of extra variables', vault)
      : parseYaml(option, '--extra-vars');
    diagnostics.push(...read.diagnostics);
    if (isMap(read.value)) layers.push(read.value);
    else if (read.diagnostics.length === 0) diagnostics.push(notVars(option));
  }
  return { vars: mergeLayers(layers), diagnostics };
}

function notVars(option: string): Diagnostic {
  return {
    severity: 'error',
    message: `--extra-vars ${JSON.stringify(option)} holds no variables`,
    hint: 'write key=value, {"key": "value"} or @FILE',
  };
}
