import { buildInventory } from '../../../src/inventory/build.ts';
import { parseInventory } from '../../../src/inventory/parse.ts';
import { createHostVars } from '../../../src/inventory/vars.ts';
import type { Diagnostic } from '../../../src/model/diagnostic.ts';
import type { Vars } from '../../../src/model/inventory.ts';
import { parsePlaybook } from '../../../src/playbook/parse.ts';
import { compile } from '../../../src/project/compile.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';

/** A playbook and an inventory, both as texts, compiled as the command line does it, every play for all hosts. */
export function compileTexts(playbook: string, inventory: string, extraVars: Vars = {}, seed = 1) {
  const { statements } = parseInventory(parseYaml(inventory, 'hosts.yml').value, 'hosts.yml');
  const built = buildInventory(statements).inventory;
  const parsed = parsePlaybook(parseYaml(playbook, 'p.yml').value, 'p.yml', ['nic_limits'], extraVars);
  const hostVars = createHostVars(built, { inventoryDirs: [] });
  const compiled = compile({
    plays: parsed.plays,
    hostsOf: () => [...built.hosts.keys()],
    varsOf: (host, play) => hostVars(host, { playVars: play.vars, extraVars }),
    connection: { localUser: 'me', home: '/home/me' },
    inventory: built,
    seed,
  });
  return { plays: compiled.plays, diagnostics: [...parsed.diagnostics, ...compiled.diagnostics] };
}

/** `place message; from …`, for comparisons. */
export function lines(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ place, message, from = [] }) => {
    const origins = from.map((origin) => `; ${origin.text} ${origin.place.line}:${origin.place.column}`);
    return `${place?.file}:${place?.line}:${place?.column} ${message}${origins.join('')}`;
  });
}
