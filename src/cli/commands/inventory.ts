import { type Command, Option } from 'commander';
import { didYouMeanHint } from '../../base/suggest.ts';
import { selectHosts } from '../../inventory/pattern.ts';
import { createHostVars, MAGIC_VARS } from '../../inventory/vars.ts';
import { type Diagnostic, hasErrors, InputError, inputError } from '../../model/diagnostic.ts';
import type { Inventory, Vars } from '../../model/inventory.ts';
import { loadExtraVars } from '../../project/extra_vars.ts';
import { loadInventory } from '../../project/inventory.ts';
import { inventorySources } from '../../project/sources.ts';
import {
  hostJson,
  hostYaml,
  inventoryGraph,
  inventoryJson,
  inventoryYaml,
  type VarsOf,
} from '../../report/inventory_text.ts';
import { refusedWithin } from '../../yaml/refused.ts';
import { printDiagnostics, tellSlowCloud } from '../diagnostics.ts';
import { addHelp } from '../help.ts';
import { addInventoryOptions, type InventoryOptions } from '../options.ts';
import { vaultOf } from '../vault.ts';

interface Options extends InventoryOptions {
  readonly list?: boolean;
  readonly graph?: boolean;
  readonly host?: string;
  readonly yaml?: boolean;
}

export function addInventory(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('inventory')
    .summary('the inventory as resolved, as ansible-inventory prints it')
    .description('Prints the inventory as resolved, as ansible-inventory prints it, without connecting.')
    .argument('[group]', 'where --graph begins', 'all')
    .option('--list', 'all groups and hosts with their variables, as JSON')
    .option('--graph', 'groups and hosts as a tree')
    .addOption(new Option('--host <name>', 'the variables of one host, as JSON').conflicts(['list', 'graph']))
    .addOption(new Option('-y, --yaml', 'YAML instead of JSON').conflicts('graph'));
  addInventoryOptions(command).action(async (group: string, options: Options) => {
    process.stdout.write(await text(group, options));
    exit(0);
  });
  addHelp(command, {
    examples: [
      ['groups and hosts as a tree', 'virtune inventory --graph'],
      ['the variables of one host', 'virtune inventory --host hv01 --yaml'],
    ],
    exits: { 0: 'it is printed', 1: 'wrong input or usage' },
    page: 'inventory.md',
  });
}

async function text(group: string, options: Options): Promise<string> {
  const { list = false, graph = false, host, yaml = false } = options;
  if ([list, graph, host !== undefined].filter(Boolean).length !== 1)
    throw inputError('nothing to do, or too much', 'give one of --list, --graph and --host NAME');
  const { inventory, varsOf } = await load(options);
  if (graph) {
    const top = inventory.groups.get(group);
    if (top === undefined)
      throw inputError(
        `the inventory has no group "${group}"`,
        didYouMeanHint(group, inventory.groups.keys()),
      );
    return inventoryGraph(inventory, top);
  }
  if (list) {
    throwRefused([...inventory.hosts.keys()].map(varsOf));
    return yaml ? inventoryYaml(inventory, varsOf) : inventoryJson(inventory, varsOf);
  }
  const vars = varsOf(oneHost(inventory, host ?? ''));
  throwRefused([vars]);
  return yaml ? hostYaml(vars) : hostJson(vars);
}

function oneHost(inventory: Inventory, pattern: string): string {
  if (inventory.hosts.has(pattern)) return pattern;
  const { hosts, diagnostics } = selectHosts(inventory, pattern);
  throwErrors(diagnostics);
  const [only, ...others] = hosts;
  if (only !== undefined && others.length === 0) return only;
  throw inputError(`"${pattern}" is not one host`, 'name one host of the inventory');
}

async function load(options: Options): Promise<{ inventory: Inventory; varsOf: VarsOf }> {
  const vault = await vaultOf(options);
  const { inventory, varDirs, diagnostics } = await loadInventory(
    await inventorySources(options.inventory),
    vault,
    { env: process.env, slow: tellSlowCloud() },
  );
  const extra = await loadExtraVars(options.extraVars ?? [], vault);
  const all = vault.redact([...diagnostics, ...extra.diagnostics, ...vault.problems()]);
  throwErrors(all);
  await printDiagnostics(all);
  // Encrypted values stay encrypted: so does Ansible print them.
  const hostVars = createHostVars(inventory, { inventoryDirs: varDirs });
  return { inventory, varsOf: (name) => withoutMagic(hostVars(name, { extraVars: extra.vars })) };
}

/** As ansible-inventory leaves out what every host has of itself. */
function withoutMagic(vars: Vars): Vars {
  const internal: readonly string[] = [...MAGIC_VARS, 'groups', 'omit'];
  return Object.fromEntries(Object.entries(vars).filter(([name]) => !internal.includes(name)));
}

/** Here all variables are read. */
function throwRefused(vars: readonly Vars[]): void {
  throwErrors(refusedWithin(vars).map((one): Diagnostic => ({ severity: 'error', ...one })));
}

function throwErrors(diagnostics: readonly Diagnostic[]): void {
  if (hasErrors(diagnostics)) throw new InputError(diagnostics);
}
