import type { Diagnostic } from '../model/diagnostic.ts';
import { isVaultText } from '../vault/envelope.ts';
import type { ParsedYaml } from '../yaml/build.ts';
import { holdsEncrypted } from '../yaml/encrypted.ts';
import { parseYaml } from '../yaml/parse.ts';
import type { VarsIn } from '../yaml/refused.ts';
import { readText } from './files.ts';
import type { Vault } from './vault.ts';

export interface YamlOptions {
  /** Opens a file that is encrypted as a whole, which is refused without it. */
  readonly vault?: Vault | undefined;
  /** Where the file has variables: parseYaml. */
  readonly varsIn?: VarsIn | undefined;
}

/**
 * A YAML or JSON file as plain data with places; see parseYaml and readText for what is refused.
 */
export async function loadYaml(
  path: string,
  what: string,
  { vault, varsIn }: YamlOptions = {},
): Promise<ParsedYaml> {
  const { text, diagnostics } = await readText(path, what);
  return text === null ? { value: null, diagnostics } : parseFileText(text, path, { vault, varsIn });
}

/** The text of a file that may be encrypted as a whole, or hold values that are. */
export async function parseFileText(
  text: string,
  path: string,
  options: YamlOptions = {},
): Promise<ParsedYaml> {
  const opened = await openFileText(text, path, options.vault);
  if (opened.text === null) return { value: null, diagnostics: opened.diagnostics };
  return parsePlainText(opened.text, path, opened.wasEncrypted, options);
}

export interface OpenedText {
  /** Null, with the diagnostic, when it cannot be opened. */
  readonly text: string | null;
  readonly wasEncrypted: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** The plain text of a file, whether or not it is encrypted as a whole. */
export async function openFileText(text: string, path: string, vault?: Vault): Promise<OpenedText> {
  if (!isVaultText(text)) return { text, wasEncrypted: false, diagnostics: [] };
  if (vault !== undefined) return { ...(await vault.readFile(text, path)), wasEncrypted: true };
  const message = 'a file encrypted with Ansible Vault is not supported here';
  const place = { file: path, line: 1, column: 1 };
  const hint = 'decrypt it with "ansible-vault decrypt"';
  return { text: null, wasEncrypted: true, diagnostics: [{ severity: 'error', message, hint, place }] };
}

/** YAML or JSON of a plain text. What was encrypted as a whole is hidden from messages, what is in it is unlocked. */
export async function parsePlainText(
  text: string,
  path: string,
  wasEncrypted: boolean,
  { vault, varsIn }: YamlOptions = {},
): Promise<ParsedYaml> {
  const parsed = parseYaml(text, path, varsIn);
  if (wasEncrypted) vault?.hide(parsed.value, path);
  else if (/!vault|__ansible_vault/.test(text) && holdsEncrypted(parsed.value)) await vault?.unlock();
  return parsed;
}
