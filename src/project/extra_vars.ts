import { shellWords } from '../base/shell_words.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { isMap, mergeLayers } from '../yaml/merge.ts';
import { parseYaml } from '../yaml/parse.ts';
import { ALL_VARS } from '../yaml/refused.ts';
import type { Vault } from './vault.ts';
import { loadYaml } from './yaml_file.ts';

export interface ExtraVars {
  readonly vars: Vars;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads `-e` options, a later one winning: `key=value` (a text, as in Ansible) or several of them with blanks between,
 * JSON or YAML in braces, or `@FILE`.
 * Never rejects for what the user wrote.
 */
export async function loadExtraVars(options: readonly string[], vault?: Vault): Promise<ExtraVars> {
  const layers: Vars[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const option of options) {
    if (PAIR.test(option)) {
      layers.push(pairs(option));
      continue;
    }
    const read = option.startsWith('@')
      ? await loadYaml(option.slice(1), 'file of extra variables', { vault, varsIn: ALL_VARS })
      : parseYaml(option, '--extra-vars', ALL_VARS);
    diagnostics.push(...read.diagnostics);
    if (isMap(read.value)) layers.push(read.value);
    else if (read.diagnostics.length === 0) diagnostics.push(notVars(option));
  }
  return { vars: mergeLayers(layers), diagnostics };
}

const PAIR = /^([A-Za-z_]\w*)=(.*)$/s;

/** Quotes and blanks mean what they mean to Ansible. Where not every word is a pair, the whole is one value. */
function pairs(option: string): Vars {
  const words = /[\s'"]/.test(option) ? shellWords(option) : [option];
  const several = 'problem' in words || !words.every((word) => PAIR.test(word)) ? [option] : words;
  return Object.fromEntries(
    several.map((word) => {
      const [, name = '', value = ''] = PAIR.exec(word) ?? [];
      return [name, value];
    }),
  );
}

function notVars(option: string): Diagnostic {
  return {
    severity: 'error',
    message: `--extra-vars ${JSON.stringify(option)} holds no variables`,
    hint: 'write key=value, {"key": "value"} or @FILE',
  };
}
