import { buildInventory } from '../../../src/inventory/build.ts';
import { parseInventory } from '../../../src/inventory/parse.ts';
import type { Change, Side, Value } from '../../../src/model/change.ts';
import type { Inventory } from '../../../src/model/inventory.ts';
import { moduleNamed } from '../../../src/modules/index.ts';
import { type ParsedPolicy, parsePolicy } from '../../../src/policy/parse.ts';
import type { Asking, Policy } from '../../../src/policy/policy.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';

/** Short ways to write policies and changes in tests. */

export const FLEET = inventoryOf(`
all:
  children:
    compute: { hosts: { 'hv[1:8]': } }
    edge: { hosts: { 'edge[1:2]': } }
`);

export function inventoryOf(text: string): Inventory {
  const { value } = parseYaml(text, 'inventory.yml');
  return buildInventory(parseInventory(value, 'inventory.yml').statements).inventory;
}

export function parsed(text: string, inventory: Inventory | null = FLEET): ParsedPolicy {
  const { value, diagnostics } = parseYaml(text, 'p.yml');
  if (diagnostics.length > 0) throw new Error(diagnostics[0]?.message);
  return parsePolicy(value, 'p.yml', inventory);
}

/** A policy of rules that are right. */
export function policy(rules: string, inventory = FLEET): Policy {
  const { policy: made, diagnostics } = parsed(`rules:\n${rules}`, inventory);
  if (made === null) throw new Error(diagnostics.map(({ message }) => message).join('; '));
  return made;
}

interface Given {
  readonly host?: string;
  readonly vm?: string;
  readonly module?: string;
  readonly key?: string;
  /** `[before, desired]` by setting, in both states. */
  readonly settings?: Readonly<Record<string, readonly [Value, Value]>>;
  readonly sides?: readonly Side[];
  readonly domain?: Partial<Change['domain']>;
}

/** A change that is to be written. */
export function change({
  host = 'hv1',
  vm = 'web-1',
  module = 'nic_limits',
  key = 'k',
  settings = { 'inbound.average': [12_500, 25_000] },
  sides = ['live', 'config'],
  domain = {},
}: Given = {}): Change {
  const { kind, settings: infos } = moduleNamed(module);
  return {
    module,
    play: 'p',
    task: 't',
    host,
    domain: { uuid: `uuid-of-${vm}`, name: vm, state: 'running', persistent: true, ...domain },
    subject: { kind, key, label: `${kind} 1` },
    settings: Object.entries(settings).map(([name, [before, desired]]) => ({
      name,
      unit: infos.find((one) => one.name === name)?.unit ?? '',
      desired: Object.fromEntries(sides.map((side) => [side, desired])),
      ...Object.fromEntries(sides.map((side) => [side, before])),
    })),
    rules: [],
    steps: [{ commands: [['domiftune']] }],
    status: 'pending',
    after: null,
  };
}

export const NOW = new Date('2026-11-25T12:00:00Z');

export function asking(over: Partial<Asking> = {}): Asking {
  return {
    identities: [{ kind: 'user', claims: { name: 'alice' } }],
    now: NOW,
    check: false,
    hostsOf: ({ host }) => [host],
    groupsOf: (host) => FLEET.hosts.get(host)?.groups ?? [],
    ...over,
  };
}
