import { plural, shorten } from '../../base/text.ts';
import type { CloudRegion, Hypervisor } from '../../model/cloud.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Vars } from '../../model/inventory.ts';
import { resolveTemplates } from '../../template/resolve.ts';
import { copyEntryPlace, placeOf } from '../../yaml/places.ts';
import { UnsafeText } from '../../yaml/unsafe.ts';
import { MAX_HOSTS } from '../ranges.ts';
import type { ParsedInventory, Statement } from '../statements.ts';
import type { OpenstackSource } from './parse.ts';

/** The group of all hypervisors of all clouds. */
const ALL = 'openstack';

/** The variable that has a host's servers, as the argument `servers` of modules takes them. */
const SERVERS_VARIABLE = 'openstack_servers';

/**
 * What clouds have, as statements of an inventory: hypervisors are hosts, in groups by cloud, region, zone, aggregate,
 * state and status, with what the cloud says of them as variables. Texts of the cloud are data: braces in a name of a
 * tenant's are no template.
 *
 * Errors: two hypervisors of one name, which are two hosts; a template that makes no name or no address.
 */
export function openstackStatements(
  source: OpenstackSource,
  regions: readonly CloudRegion[],
): ParsedInventory {
  const to: Building = { source, statements: [], diagnostics: [], hosts: new Map(), groups: new Map() };
  to.statements.push({ kind: 'group', group: ALL });
  for (const region of regions) {
    for (const note of region.notes)
      to.diagnostics.push({
        severity: 'warning',
        message: `${nameOf(region)}: ${note}`,
        place: source.place,
      });
    for (const hypervisor of region.hypervisors) addHypervisor(region, hypervisor, to);
  }
  if (to.hosts.size > MAX_HOSTS) fail(to, `the inventory has more than ${plural(MAX_HOSTS, 'host')}`);
  return { statements: to.statements, diagnostics: to.diagnostics };
}

interface Building {
  readonly source: OpenstackSource;
  readonly statements: Statement[];
  readonly diagnostics: Diagnostic[];
  /** Where each host is from. */
  readonly hosts: Map<string, string>;
  /** What each group's name stands for. */
  readonly groups: Map<string, string>;
}

function nameOf({ cloud, region }: CloudRegion): string {
  return `cloud ${cloud}, region ${region}`;
}

function addHypervisor(region: CloudRegion, hypervisor: Hypervisor, to: Building): void {
  const { id, name, host, hostIp, type, state, status, zone, aggregates, qosAgent, servers } = hypervisor;
  const { cloud } = region;
  const said = { cloud, region: region.region, id, name, host, host_ip: hostIp, type, state, status, zone };
  const agent = qosAgent === '' ? {} : { qos_agent: qosAgent };
  const openstack = asData({ ...said, aggregates, ...agent }) as Vars;
  const called = wordOf('hostname', openstack, said, to);
  const address = wordOf('address', openstack, said, to);
  if (called === null || address === null) return;
  const where = `${nameOf(region)} (${name})`;
  const other = to.hosts.get(called);
  if (other !== undefined) {
    const hint = 'give them names of their own, e.g. hostname: "{{ openstack.cloud }}-{{ openstack.name }}"';
    fail(
      to,
      `two hypervisors are called "${shorten(called)}": of ${other} and of ${where}`,
      'hostname',
      hint,
    );
    return;
  }
  to.hosts.set(called, where);
  const vars: Record<string, unknown> = { ansible_host: asData(address), openstack };
  copyEntryPlace(to.source.written, 'address', vars, 'ansible_host');
  vars[SERVERS_VARIABLE] = asData(servers);
  const groups = [
    ...[`cloud_${cloud}`, `region_${region.region}`, `state_${state}`, `status_${status}`],
    ...(zone === '' ? [] : [`zone_${zone}`]),
    ...aggregates.map((one) => `aggregate_${one}`),
  ];
  const place = to.source.place;
  to.statements.push({ kind: 'host', group: ALL, host: called, vars, port: null, place });
  for (const written of groups) {
    const group = groupName(written, to);
    to.statements.push({ kind: 'host', group, host: called, vars: {}, port: null, place });
  }
}

const WORDS: readonly string[] = ['name', 'host', 'host_ip'];

/** The name or the address of a host by what the file says: a word, or a template. Null with an error. */
function wordOf(
  key: 'hostname' | 'address',
  openstack: Vars,
  said: Readonly<Record<string, string>>,
  to: Building,
): string | null {
  const written = to.source[key];
  const what = `${key} of the hypervisor "${shorten(said.name ?? '')}" of cloud ${said.cloud}`;
  if (!WORDS.includes(written) && !written.includes('{')) {
    // Once for all of them: it is the same file.
    const message = `${key} "${shorten(written)}" is neither ${WORDS.join(', ')} nor a template`;
    if (!to.diagnostics.some((one) => one.message === message))
      fail(to, message, key, 'e.g. "{{ openstack.name }}.example.net"');
    return null;
  }
  const place = placeOf(to.source.written, key) ?? to.source.place;
  const made = WORDS.includes(written)
    ? { value: said[written], diagnostics: [] }
    : resolveTemplates(written, { openstack }, place);
  to.diagnostics.push(...made.diagnostics);
  if (made.diagnostics.length > 0) return null;
  // A pattern would read more than a name in it, and a command line an option.
  if (typeof made.value === 'string' && /^[^\s,:!&*[\]~@-][^\s,*![\]]*$/.test(made.value)) return made.value;
  fail(to, `the ${what} is no name: ${JSON.stringify(made.value ?? '')}`, key);
  return null;
}

/** A name that patterns can use. Where two names become one, the group is of both, and that is told. */
function groupName(written: string, to: Building): string {
  const name = written.replace(/[^\p{L}\p{N}_.-]/gu, '_');
  const before = to.groups.get(name);
  if (before === undefined) {
    to.groups.set(name, written);
    to.statements.push({ kind: 'group', group: name }, { kind: 'child', group: ALL, child: name });
  } else if (before !== written) {
    const message = `the group "${shorten(name)}" stands for "${shorten(before)}" and "${shorten(written)}"`;
    if (!to.diagnostics.some((one) => one.message === message))
      to.diagnostics.push({ severity: 'warning', message, place: to.source.place });
  }
  return name;
}

/** Texts with braces are kept from being templates, at any depth. */
function asData(value: unknown): unknown {
  if (typeof value === 'string') return /\{[{%#]/.test(value) ? new UnsafeText(value) : value;
  if (Array.isArray(value)) return value.map(asData);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asData(one)]));
}

function fail(to: Building, message: string, key?: string, hint?: string): void {
  const place = (key === undefined ? undefined : placeOf(to.source.written, key)) ?? to.source.place;
  to.diagnostics.push({ severity: 'error', message, hint, place });
}
