import { listOf, mapOf, textOf } from '../base/json.ts';
import { plural } from '../base/text.ts';
import type { CloudPort, CloudRegion, CloudServer, Hypervisor } from '../model/cloud.ts';
import { readHostAgents } from './agents.ts';
import type { Cloud } from './cloud.ts';
import { CloudError } from './errors.ts';
import { pagesOf } from './pages.ts';
import { readPorts } from './ports.ts';
import {
  type CurrentFlavors,
  hostOf,
  mustHavePorts,
  quotasIn,
  type ServerNames,
  tellsHost,
  tellsSpecs,
  toServer,
} from './servers.ts';

/** Of release Yoga: the newest that virtune knows what to make of. */
const WANTED = '2.90';
/** Of release Pike: the first in which a server tells its flavor's extra specs. */
const NEEDED = 47;

/** So many a page: Nova's own largest, unless its operator has said otherwise. */
const PAGE = { limit: '1000' };

/**
 * All hypervisors of a region with their servers and ports, each list read at once beside the others.
 * @throws CloudError, and where Nova is older than release Pike
 */
export async function readRegion(cloud: Cloud, signal?: AbortSignal): Promise<CloudRegion> {
  const region = await cloud.region();
  const microversion = await cloud.microversion(WANTED);
  if (Number(microversion.slice(2)) < NEEDED) {
    const message = `Nova's newest microversion is ${microversion}, and 2.${NEEDED} (release Pike) is needed`;
    throw new CloudError(cloud.config.name, 'malformed', message);
  }
  const notes: string[] = [];
  const compute = { service: 'compute', microversion, signal } as const;
  const all = async (path: string, key: string, query: Record<string, string> = {}) => {
    const items: unknown[] = [];
    for await (const page of pagesOf(cloud, { ...compute, path, query }, key)) items.push(...page);
    return items;
  };
  const [hypervisors, services, aggregates, names, flavors, ports, agents] = await Promise.all([
    all('/os-hypervisors/detail', 'hypervisors', PAGE),
    all('/os-services', 'services', { binary: 'nova-compute' }),
    all('/os-aggregates', 'aggregates'),
    projectNames(cloud, notes, signal),
    currentFlavors(cloud, compute),
    readPorts(cloud, signal),
    readHostAgents(cloud, signal),
  ]);
  const servers = await readServers(cloud, compute, { projects: names, flavors }, ports, notes);
  const zones = new Map(services.map((one) => [textOf(mapOf(one).host), textOf(mapOf(one).zone)]));
  const inAggregates = aggregatesByHost(aggregates);
  const read = hypervisors.map((one): Hypervisor => {
    const { id, hypervisor_hostname, hypervisor_type, host_ip, state, status, service } = mapOf(one);
    const host = textOf(mapOf(service).host);
    const agent = agents?.get(host);
    return {
      id: String(id),
      name: textOf(hypervisor_hostname),
      host,
      hostIp: textOf(host_ip),
      type: textOf(hypervisor_type),
      ...{ state: textOf(state), status: textOf(status) },
      zone: zones.get(host) ?? '',
      aggregates: inAggregates.get(host) ?? [],
      qosAgent: agent?.hasQos === true ? agent.program : '',
      servers: servers.get(host) ?? [],
    };
  });
  const listed = new Set(read.map(({ host }) => host));
  const unlisted = [...servers].filter(([host]) => !listed.has(host));
  if (unlisted.length > 0) notes.push(unlistedText(unlisted));
  const ofLibvirt = read.filter(({ type }) => LIBVIRT.has(type.toUpperCase()));
  const others = [...new Set(read.filter((one) => !ofLibvirt.includes(one)).map(({ type }) => type))];
  const left = read.length - ofLibvirt.length;
  if (left > 0)
    notes.push(
      `${plural(left, 'hypervisor is', 'hypervisors are')} not libvirt's and left out: ${others.join(', ')}`,
    );
  return { cloud: cloud.config.name, region, hypervisors: ofLibvirt, notes };
}

/** Nova leaves out a host that it has not mapped to a cell, or that somebody has deleted beside its servers. */
function unlistedText(unlisted: readonly (readonly [string, readonly CloudServer[]])[]): string {
  const servers = unlisted.reduce((sum, [, there]) => sum + there.length, 0);
  const hosts = unlisted.map(([host]) => host);
  const which = `${hosts.slice(0, NAMED).join(', ')}${hosts.length > NAMED ? ', …' : ''}`;
  return `Nova tells of ${plural(servers, 'server')} on ${plural(hosts.length, 'host')} of which it lists no hypervisor (${which}): no rule reaches them; nova-manage cell_v2 discover_hosts maps hosts that are new`;
}

/** As libvirt's drivers call themselves (nova/virt/libvirt/host.py, get_driver_type). */
const LIBVIRT: ReadonlySet<string> = new Set(['QEMU', 'KVM']);

type Compute = {
  readonly service: 'compute';
  readonly microversion: string;
  readonly signal: AbortSignal | undefined;
};

/** By the host that each is on. */
async function readServers(
  cloud: Cloud,
  compute: Compute,
  names: ServerNames,
  ports: ReadonlyMap<string, readonly CloudPort[]>,
  notes: string[],
): Promise<ReadonlyMap<string, readonly CloudServer[]>> {
  const byHost = new Map<string, CloudServer[]>();
  let unknown = 0;
  let isHidden = false;
  const without: string[] = [];
  let withPorts = 0;
  const query = { ...PAGE, all_tenants: '1' };
  for await (const page of pagesOf(cloud, { ...compute, path: '/servers/detail', query }, 'servers'))
    for (const raw of page) {
      const host = hostOf(raw);
      // Of a cell that does not answer Nova tells the IDs alone; a server without a host runs nowhere.
      const isUnknown = textOf(mapOf(raw).status) === 'UNKNOWN';
      if (isUnknown) unknown++;
      else if (!tellsHost(raw)) throw new CloudError(cloud.config.name, 'forbidden', HOSTS_HIDDEN);
      if (host === '') continue;
      isHidden ||= !tellsSpecs(mapOf(raw).flavor);
      const server = toServer(raw, names, ports.get(textOf(mapOf(raw).id)) ?? []);
      if (server.ports.length > 0) withPorts++;
      else if (mustHavePorts(raw, Date.now())) without.push(server.id);
      const there = byHost.get(host);
      if (there === undefined) byHost.set(host, [server]);
      else there.push(server);
    }
  if (unknown > 0) {
    const [whose, them] = unknown === 1 ? ['its', 'it'] : ['their', 'them'];
    notes.push(
      `of ${plural(unknown, 'server')} Nova tells nothing, since ${whose} cell does not answer: no rule by server names ${them}`,
    );
  }
  if (isHidden) notes.push(SPECS_HIDDEN);
  if (without.length > 0) {
    if (withPorts === 0) throw new CloudError(cloud.config.name, 'forbidden', PORTS_HIDDEN);
    const which = `${plural(without.length, 'server')} (${without.slice(0, NAMED).join(', ')}${without.length > NAMED ? ', …' : ''})`;
    notes.push(
      `Neutron tells of no port of ${which}, though Nova says that there is one: rules by port, network and address do not name their NICs, and whether Neutron limits them is not known`,
    );
  }
  return byHost;
}

/** So many servers are named in a note. */
const NAMED = 3;

const HOSTS_HIDDEN =
  "Nova does not tell this login on which hosts servers are: it needs Nova's rule os_compute_api:os-extended-server-attributes, by default the role admin";

const SPECS_HIDDEN =
  "Nova tells this login nothing of the extra specs of flavors, for which it needs Nova's rule os_compute_api:os-flavor-extra-specs:index: no rule takes limits from a flavor";

/** To whoever is no admin Neutron gives the ports of their own project, whatever its rule get_port says. */
const PORTS_HIDDEN =
  'Neutron tells this login of no port of any server: it needs the role admin there, or advsvc';

function aggregatesByHost(aggregates: readonly unknown[]): ReadonlyMap<string, readonly string[]> {
  const byHost = new Map<string, string[]>();
  for (const aggregate of aggregates) {
    const { name, hosts } = mapOf(aggregate);
    for (const host of listOf(hosts))
      byHost.set(textOf(host), [...(byHost.get(textOf(host)) ?? []), textOf(name)]);
  }
  return byHost;
}

/** Names by ID. Who may list servers may not always list projects: then rules know projects by ID alone. */
async function projectNames(
  cloud: Cloud,
  notes: string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const request = { service: 'identity', path: '/projects', accept: [403], signal } as const;
  let isTold = false;
  let isCut = false;
  const cut = () => {
    isCut = true;
  };
  for await (const page of pagesOf(cloud, request, 'projects', cut)) {
    isTold = true;
    for (const one of page) names.set(textOf(mapOf(one).id), textOf(mapOf(one).name));
  }
  if (!isTold)
    notes.push('Keystone does not tell this user the names of projects: rules know them by ID alone');
  if (isCut) notes.push(NAMES_CUT);
  return names;
}

const NAMES_CUT =
  "Keystone tells the names of some projects only, since its list_limit cuts the list short: a rule by a project's name may name none of its servers, and does by its ID";

/** The quotas of all flavors as they are now, by name: servers hold copies of when they were made or resized. */
async function currentFlavors(cloud: Cloud, compute: Compute): Promise<CurrentFlavors> {
  // Extra specs come along since 2.61 (Rocky); before, what changed is not known.
  if (Number(compute.microversion.slice(2)) < 61) return null;
  const flavors = new Map<string, Readonly<Record<string, string>>>();
  const query = { ...PAGE, is_public: 'None' };
  for await (const page of pagesOf(cloud, { ...compute, path: '/flavors/detail', query }, 'flavors'))
    for (const flavor of page) {
      if (!tellsSpecs(flavor)) return null;
      flavors.set(textOf(mapOf(flavor).name), quotasIn(mapOf(flavor).extra_specs));
    }
  return flavors;
}
