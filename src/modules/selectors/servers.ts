import { globMatch } from '../../base/glob.ts';
import { listOf, mapOf, textOf } from '../../base/json.ts';
import type { CloudName, CloudPort, CloudServer } from '../../model/cloud.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { isMap } from '../../yaml/merge.ts';
import { placeOf } from '../../yaml/places.ts';

/** The variable of a host that has its servers, as an inventory of a cloud gives it. */
export const SERVERS_VARIABLE = 'openstack_servers';

/** The argument `servers` of all modules. What of a server is left out is empty. */
export const SERVERS_PROPERTY = {
  description:
    'What a cloud says of the servers that run on the host; inventories of OpenStack give it (docs/openstack.md).',
  type: 'array',
  items: { type: 'object', required: ['id'], properties: { id: { type: 'string', minLength: 1 } } },
};

/** A host's servers by the UUIDs of their domains; null where no inventory of a cloud says what it has. */
export type Servers = ReadonlyMap<string, CloudServer> | null;

/** From what {@link SERVERS_PROPERTY} has let through. */
export function toServers(value: unknown): Servers {
  if (!Array.isArray(value)) return null;
  return new Map(value.map(toServer).map((server) => [server.id, server]));
}

function toServer(raw: unknown): CloudServer {
  const { id, name, project, flavor, status, locked, tags, metadata, ports } = mapOf(raw);
  const { name: flavorName, quotas, current, hidden } = mapOf(flavor);
  return {
    id: textOf(id).toLowerCase(),
    name: textOf(name),
    project: toName(project),
    flavor: {
      name: textOf(flavorName),
      quotas: toTexts(quotas),
      ...(current === undefined ? {} : { current: current === null ? null : toTexts(current) }),
      ...(hidden === true ? { hidden } : {}),
    },
    status: textOf(status),
    locked: locked === true,
    tags: listOf(tags).map(textOf),
    metadata: toTexts(metadata),
    ports: listOf(ports).map(toPort),
  };
}

function toPort(raw: unknown): CloudPort {
  const { id, name, mac, network, fixed_ips, qos } = mapOf(raw);
  const { policy, of } = mapOf(qos);
  return {
    id: textOf(id),
    name: textOf(name),
    mac: textOf(mac).toLowerCase(),
    network: toName(network),
    fixed_ips: listOf(fixed_ips).map(textOf),
    ...(qos === undefined ? {} : { qos: { policy: toName(policy), of: of === 'network' ? of : 'port' } }),
  };
}

function toName(raw: unknown): CloudName {
  const { id, name } = mapOf(raw);
  return { id: textOf(id), name: textOf(name) };
}

function toTexts(raw: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(mapOf(raw)).map(([key, one]) => [key, String(one)]));
}

/** `match: { server: … }` as the schema lets it through: all of it must hold. */
export interface ServerConditions {
  readonly name?: string;
  readonly project?: string;
  readonly flavor?: string;
  readonly status?: string | readonly string[];
  readonly locked?: boolean;
  readonly tags?: string | readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The same, with the servers of the host that meet it. */
export interface ServerMatch {
  readonly asked: ServerConditions;
  /** UUIDs of domains. */
  readonly ids: ReadonlySet<string>;
}

export function toServerMatch(asked: ServerConditions, servers: Servers): ServerMatch {
  const met = [...(servers ?? [])].filter(([, server]) => meets(asked, server));
  return { asked, ids: new Set(met.map(([id]) => id)) };
}

function meets(asked: ServerConditions, server: CloudServer): boolean {
  const { name, project, flavor, status, locked, tags, metadata = {} } = asked;
  const statuses = status === undefined ? null : [status].flat().map((one) => one.toUpperCase());
  return (
    (name === undefined || globMatch(name, server.name) || name === server.id) &&
    (project === undefined || namesIt(project, server.project)) &&
    (flavor === undefined || globMatch(flavor, server.flavor.name)) &&
    (statuses === null || statuses.includes(server.status)) &&
    (locked === undefined || locked === server.locked) &&
    [tags ?? []].flat().every((tag) => server.tags.some((one) => globMatch(tag, one))) &&
    Object.entries(metadata).every(([key, value]) => {
      const has = Object.hasOwn(server.metadata, key) ? server.metadata[key] : undefined;
      return has !== undefined && globMatch(value, has);
    })
  );
}

/** By a glob on the name, or by ID. */
export function namesIt(pattern: string, { id, name }: CloudName): boolean {
  return pattern === id || (name !== '' && globMatch(pattern, name));
}

/**
 * Rules about servers on a host of which no cloud says what it has: they name nothing there, which is told.
 * @param written the rules as they stand in the file
 * @param asks whether one needs to know the host's servers
 */
export function unknownServers(
  written: readonly object[],
  servers: Servers,
  asks: (rule: object) => boolean = asksForServer,
): readonly Diagnostic[] {
  if (servers !== null) return [];
  return written.filter(asks).map((rule) => ({
    severity: 'warning',
    message: 'the rule is about servers of a cloud, and no inventory of one says what this host has',
    hint: 'it names nothing there: read the hosts from the cloud (plugin: virtune.openstack), or narrow the play',
    place: placeOf(rule),
    missing: true,
  }));
}

export function asksForServer(rule: object): boolean {
  const { match } = rule as { readonly match?: unknown };
  return Object.hasOwn(rule, 'from') || (isMap(match) && Object.hasOwn(match, 'server'));
}
