import type { ParsedYaml } from '../parse/yaml.ts';
import { parseYaml } from '../parse/yaml.ts';
import { readText } from './files.ts';

/** A YAML or JSON file as plain data with places; see parseYaml and readText for what is refused. */
export async function loadYaml(path: string, what: string): Promise<ParsedYaml> {
  const { text, diagnostics } = await readText(path, what);
  return text === null ? { value: null, diagnostics } : parseFileText(text, path);
}

/** The text of a file that may be encrypted as a whole. */
export function parseFileText(text: string, path: string): ParsedYaml {
  if (!text.startsWith('$ANSIBLE_VAULT')) return parseYaml(text, path);
  const message = 'files encrypted with Ansible Vault are not supported yet by virtune';
  const place = { file: path, line: 1, column: 1 };
  return {
    value: null,
    diagnostics: [{ severity: 'error', message, hint: 'decrypt it with "ansible-vault decrypt"', place }],
  };
}
