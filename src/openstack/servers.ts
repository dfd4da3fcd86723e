import { listOf, mapOf, textOf } from '../base/json.ts';
import type { CloudFlavor, CloudPort, CloudServer } from '../model/cloud.ts';

/** Quotas by the name of the flavor; null where they are not known. */
export type CurrentFlavors = ReadonlyMap<string, Readonly<Record<string, string>>> | null;

export interface ServerNames {
  readonly projects: ReadonlyMap<string, string>;
  readonly flavors: CurrentFlavors;
}

const HOST = 'OS-EXT-SRV-ATTR:host';

/** The host that a server is on, as Nova's service is called; empty for one that is on none. */
export function hostOf(raw: unknown): string {
  return textOf(mapOf(raw)[HOST]);
}

/** Whether Nova tells this login of hosts: what is on none has the attribute, too. */
export function tellsHost(raw: unknown): boolean {
  return HOST in mapOf(raw);
}

/** Ports and servers are listed one after the other: of a new server, or one that is being deleted, only one may be there. */
const SETTLED_MS = 120_000;

/** Whether Neutron must know ports of a server. @param now milliseconds since 1970 */
export function mustHavePorts(raw: unknown, now: number): boolean {
  const { addresses, created, ...server } = mapOf(raw);
  const isNew = !(now - Date.parse(textOf(created)) > SETTLED_MS);
  return Object.keys(mapOf(addresses)).length > 0 && !isNew && server['OS-EXT-STS:task_state'] !== 'deleting';
}

/** One server of `GET /servers/detail`. */
export function toServer(raw: unknown, names: ServerNames, ports: readonly CloudPort[]): CloudServer {
  const { id, name, tenant_id, status, locked, tags, metadata, flavor } = mapOf(raw);
  const project = textOf(tenant_id);
  return {
    id: textOf(id),
    name: textOf(name),
    project: { id: project, name: names.projects.get(project) ?? '' },
    flavor: toFlavor(mapOf(flavor), names.flavors),
    status: textOf(status),
    locked: locked === true,
    tags: listOf(tags).map(textOf),
    metadata: Object.fromEntries(Object.entries(mapOf(metadata)).map(([key, value]) => [key, textOf(value)])),
    ports,
  };
}

function toFlavor(flavor: Readonly<Record<string, unknown>>, current: CurrentFlavors): CloudFlavor {
  const name = textOf(flavor.original_name);
  if (!tellsSpecs(flavor)) return { name, quotas: {}, hidden: true };
  const quotas = quotasIn(flavor.extra_specs);
  if (current === null) return { name, quotas };
  const now = current.get(name) ?? null;
  return now !== null && sameQuotas(now, quotas) ? { name, quotas } : { name, quotas, current: now };
}

function sameQuotas(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** Whether Nova tells this login of the extra specs of a flavor: one without any has the attribute, too. */
export function tellsSpecs(flavor: unknown): boolean {
  return 'extra_specs' in mapOf(flavor);
}

/** What extra specs say of limits; all other keys are none of virtune's business. */
export function quotasIn(specs: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(mapOf(specs)).flatMap(([key, value]) =>
      key.startsWith('quota:') ? [[key, String(value)]] : [],
    ),
  );
}
