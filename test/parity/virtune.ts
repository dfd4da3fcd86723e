import { selectHosts } from '../../src/inventory/pattern.ts';
import { createHostVars, MAGIC_VARS } from '../../src/inventory/vars.ts';
import type { Diagnostic, Place } from '../../src/model/diagnostic.ts';
import type { Inventory, Vars } from '../../src/model/inventory.ts';
import { loadInventory } from '../../src/project/inventory.ts';
import { selectLimit } from '../../src/project/limit.ts';
import { createVault } from '../../src/project/vault.ts';
import { parseVaultSource } from '../../src/project/vault_passwords.ts';
import { inventoryGraph, inventoryJson } from '../../src/report/inventory_text.ts';
import type { AnsibleCase, Question } from './ansible.ts';

export interface VirtuneAnswer {
  readonly errors: readonly string[];
  readonly places: readonly (Place | undefined)[];
  readonly list: unknown;
  readonly graph: string;
  readonly patterns: readonly { readonly hosts: readonly string[]; readonly errors: readonly string[] }[];
}

/** What virtune makes of an inventory; lists and graphs are those that `virtune inventory` prints. */
export async function askVirtune({ sources, patterns, vault }: AnsibleCase): Promise<VirtuneAnswer> {
  const passwords = vault ? [await parseVaultSource(vault)] : [];
  const opener = createVault(passwords, () => Promise.reject(new Error('nobody is there')));
  const { inventory, varDirs, diagnostics } = await loadInventory(sources, opener);
  const hostVars = createHostVars(inventory, { inventoryDirs: varDirs });
  const all = inventory.groups.get('all');
  const answers = [];
  for (const question of patterns) answers.push(await select(inventory, question));
  return {
    errors: errorsOf(diagnostics),
    places: diagnostics.filter((d) => d.severity === 'error').map((d) => d.place),
    list: JSON.parse(inventoryJson(inventory, (host) => withoutMagic(hostVars(host)))),
    graph: all === undefined ? '' : inventoryGraph(inventory, all).trimEnd(),
    patterns: answers,
  };
}

async function select(inventory: Inventory, [pattern, limit]: Question) {
  const chosen = selectHosts(inventory, pattern);
  if (limit === null) return { hosts: chosen.hosts, errors: errorsOf(chosen.diagnostics) };
  const limited = await selectLimit(inventory, limit);
  const allowed = new Set(limited.hosts);
  return {
    hosts: chosen.hosts.filter((host) => allowed.has(host)),
    errors: errorsOf([...chosen.diagnostics, ...limited.diagnostics]),
  };
}

function errorsOf(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.filter((d) => d.severity === 'error').map((d) => d.message);
}

/** As the command leaves out what every host has of itself. */
function withoutMagic(vars: Vars): Vars {
  const magic: readonly string[] = MAGIC_VARS;
  return Object.fromEntries(Object.entries(vars).filter(([key]) => !magic.includes(key)));
}
