import { extname } from 'node:path';
import { shellQuote } from '../base/quote.ts';
import { parseIni } from '../inventory/ini/parse.ts';
import { isPluginFile } from '../inventory/openstack/parse.ts';
import { parseInventory } from '../inventory/parse.ts';
import type { ParsedInventory } from '../inventory/statements.ts';
import { varsInInventory } from '../inventory/vars_in.ts';
import { type Diagnostic, hasErrors } from '../model/diagnostic.ts';
import { type CloudAccess, loadOpenstackInventory } from './openstack_inventory.ts';
import type { Vault } from './vault.ts';
import { openFileText, parsePlainText } from './yaml_file.ts';

/** Where Ansible tries YAML before INI; in all other files it tries INI alone. */
const YAML_EXTENSIONS: readonly string[] = ['', '.yml', '.yaml', '.json'];

export interface InventoryText {
  readonly path: string;
  readonly text: string;
  /** Groups of the inventory sources before it, of which an INI file may set variables. */
  readonly groups: Iterable<string>;
  readonly vault?: Vault | undefined;
  /** For files with `plugin:`. */
  readonly clouds?: CloudAccess | undefined;
}

/**
 * A file in an inventory folder that may be something else: Ansible tries to read it as INI, whatever its name ends
 * with. Where that fails, and no section says that it is INI, it is left aside with a warning.
 */
export function leaveOther(path: string, text: string | null, parsed: ParsedInventory): ParsedInventory {
  const expected = [...YAML_EXTENSIONS, '.toml', '.py', '.sh'].includes(extname(path));
  if (expected || !hasErrors(parsed.diagnostics) || (text !== null && hasSections(text))) return parsed;
  const warnings = (found: readonly Diagnostic[]): ParsedInventory => ({
    statements: [],
    diagnostics: found.map((one) => ({ ...one, severity: 'warning' })),
  });
  if (text === null) return warnings(parsed.diagnostics);
  // What is wrong with it is not said: it may quote a key or a password.
  const message = `${path} is not read: it is no inventory, nor a program`;
  return warnings([{ severity: 'warning', message }]);
}

/** Reads an inventory file that is no program, as YAML, JSON or INI: what it is decides as in Ansible, not its name alone. */
export async function parseInventoryText({
  path,
  text,
  groups,
  vault,
  clouds,
}: InventoryText): Promise<ParsedInventory> {
  const refused = otherFormat(path);
  if (refused !== null) return { statements: [], diagnostics: [refused] };
  const opened = await openFileText(text, path, vault);
  if (opened.text === null) return { statements: [], diagnostics: opened.diagnostics };
  const plain = opened.text;
  const readIni = (): ParsedInventory => {
    const parsed = parseIni(plain, path, groups);
    if (opened.wasEncrypted)
      vault?.hide(
        parsed.statements.map((one) => ('vars' in one ? one.vars : {})),
        path,
      );
    return parsed;
  };
  const extension = extname(path);
  const start = firstLine(plain);
  if (!YAML_EXTENSIONS.includes(extension) || beginsAsIni(start, extension)) return readIni();
  const yaml = await readYaml(plain, path, opened.wasEncrypted, vault, clouds);
  // A file of comments alone is an empty INI file to Ansible; one that is named as YAML is to say something.
  const canBeIni = start === '' ? extension === '' : !beginsAsYaml(start);
  if (!hasErrors(yaml.diagnostics) || !canBeIni) return yaml;
  const ini = readIni();
  if (!hasErrors(ini.diagnostics)) return ini;
  if (hasSections(plain) || (extension === '' && /^\[/m.test(plain))) return bothWrong(ini, yaml, 'YAML');
  return extension === '' ? bothWrong(yaml, ini, 'INI') : yaml;
}

async function readYaml(
  text: string,
  path: string,
  wasEncrypted: boolean,
  vault: Vault | undefined,
  clouds: CloudAccess | undefined,
): Promise<ParsedInventory> {
  const yaml = await parsePlainText(text, path, wasEncrypted, { vault, varsIn: varsInInventory });
  if (yaml.value === null && yaml.diagnostics.length > 0)
    return { statements: [], diagnostics: yaml.diagnostics };
  const parsed =
    isPluginFile(yaml.value) && !hasErrors(yaml.diagnostics)
      ? await loadOpenstackInventory(yaml.value, path, clouds, vault)
      : parseInventory(yaml.value, path);
  return { statements: parsed.statements, diagnostics: [...yaml.diagnostics, ...parsed.diagnostics] };
}

/** The mistakes of the likelier format, and the first one of the other. */
function bothWrong(likely: ParsedInventory, other: ParsedInventory, name: string): ParsedInventory {
  const first = other.diagnostics.find(({ severity }) => severity === 'error');
  if (first === undefined) return likely;
  const also = { ...first, message: `nor can it be read as ${name}: ${first.message}`, hint: undefined };
  return { statements: [], diagnostics: [...likely.diagnostics, also] };
}

/** How to make an inventory that virtune reads of one of another format. */
function convertHint(path: string): string {
  return `convert it: ansible-inventory -i ${shellQuote(path)} --list --yaml > hosts.yml`;
}

function otherFormat(path: string): Diagnostic | null {
  const extension = extname(path);
  const place = { file: path, line: 1, column: 1 };
  if (extension === '.py' || extension === '.sh') {
    const hint = `make it executable: chmod +x ${shellQuote(path)}`;
    return { severity: 'error', message: 'the inventory program may not be executed', hint, place };
  }
  if (extension !== '.toml') return null;
  const message = 'TOML inventories are not supported by virtune';
  return { severity: 'error', message, hint: convertHint(path), place };
}

/** The first line that says something in either format; empty where none does. */
function firstLine(text: string): string {
  return /^(?![ \t]*(?:[#;\r\n]|$)).*/m.exec(text)?.[0].trim() ?? '';
}

/** A section, or a host with a variable: a map of YAML cannot begin so, and so no inventory. */
function beginsAsIni(line: string, extension: string): boolean {
  if (line.startsWith('[')) return extension === '' || SECTION.test(line);
  return /^[^\s"'{}:,]+(?::\d+)?\s+\w+=/.test(line) && !line.includes(': ');
}

/** JSON, a document's start, or a key: without blanks, INI would take the first for a host of a strange name. */
function beginsAsYaml(line: string): boolean {
  return /^(?:---|[{"'%&!])|^[^\s#]+:(?:\s|$)/.test(line);
}

const SECTION = /^\[[^\]\s]+\][ \t]*(?:#.*)?$/m;

function hasSections(text: string): boolean {
  return SECTION.test(text);
}
