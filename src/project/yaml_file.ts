import { isVaultText } from '../vault/envelope.ts';
import type { ParsedYaml } from '../yaml/build.ts';
import { holdsEncrypted } from '../yaml/encrypted.ts';
import { parseYaml } from '../yaml/parse.ts';
import { readText } from './files.ts';
import type { Vault } from './vault.ts';

/**
 * A YAML or JSON file as plain data with places; see parseYaml and readText for what is refused.
 * @param vault opens a file that is encrypted as a whole, which is refused without it
 */
export async function loadYaml(path: string, what: string, vault?: Vault): Promise<ParsedYaml> {
  const { text, diagnostics } = await readText(path, what);
  return text === null ? { value: null, diagnostics } : parseFileText(text, path, vault);
}

/** The text of a file that may be encrypted as a whole, or hold values that are. */
export async function parseFileText(text: string, path: string, vault?: Vault): Promise<ParsedYaml> {
  if (!isVaultText(text)) {
    const parsed = parseYaml(text, path);
    if (/!vault|__ansible_vault/.test(text) && holdsEncrypted(parsed.value)) await vault?.unlock();
    return parsed;
  }
  if (vault === undefined) {
    const message = 'a file encrypted with Ansible Vault is not supported here';
    const place = { file: path, line: 1, column: 1 };
    const hint = 'decrypt it with "ansible-vault decrypt"';
    return { value: null, diagnostics: [{ severity: 'error', message, hint, place }] };
  }
  const opened = await vault.readFile(text, path);
  if (opened.text === null) return { value: null, diagnostics: opened.diagnostics };
  const parsed = parseYaml(opened.text, path);
  vault.hide(parsed.value, path);
  return parsed;
}
