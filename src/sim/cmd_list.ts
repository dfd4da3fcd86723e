import type { Call, CommandDef } from './command.ts';
import { exclusive, flag } from './command.ts';
import type { SimDomain, SimNetwork } from './model.ts';
import { formatTable } from './table.ts';

const flags = (...names: readonly string[]) => names.map((name) => ({ name, kind: 'flag' as const }));

/** `"%-36s %-30s\n"` of virsh up to 6.x, for --uuid --name. */
const WIDTHS: Readonly<Record<string, number>> = { uuid: 36, name: 30 };

const STATES = ['running', 'paused', 'shutoff', 'other'] as const;
const STATE_TEXT = { running: 'running', paused: 'paused', shutoff: 'shut off', crashed: 'crashed' } as const;

/** `virsh list`. */
export const LIST: CommandDef = {
  name: 'list',
  options: flags(
    'inactive',
    'all',
    'transient',
    'persistent',
    ...STATES.map((state) => `state-${state}`),
    'with-managed-save',
    'without-managed-save',
    'uuid',
    'name',
    'id',
    'table',
    'title',
  ),
  run: list,
};

export function stateText(domain: SimDomain): string {
  return STATE_TEXT[domain.state];
}

function list(call: Call): boolean {
  for (const column of ['uuid', 'name', 'id']) if (exclusive(call, 'table', column)) return false;
  const domains = call.host.domains.filter((domain) => isWanted(call, domain)).sort(compareDomains);
  const columns = ['uuid', 'id', 'name'].filter((name) => flag(call, name));
  if (columns.length > 0) {
    for (const domain of domains) {
      const cells = { uuid: domain.uuid, id: shownId(domain), name: domain.name };
      const padded = columns.length > 1 && call.host.knobs.listNames === 'padded';
      const cell = (name: string) =>
        cells[name as keyof typeof cells].padEnd(padded ? (WIDTHS[name] ?? 0) : 0);
      call.print(`${columns.map(cell).join(' ')}\n`);
    }
    return true;
  }
  const title = flag(call, 'title');
  const rows = domains.map((domain) => [
    shownId(domain),
    domain.name,
    stateText(domain),
    ...(title ? [domain.title] : []),
  ]);
  call.print(formatTable(['Id', 'Name', 'State', ...(title ? ['Title'] : [])], rows, call.quiet));
  return true;
}

function isWanted(call: Call, domain: SimDomain): boolean {
  const active = domain.live !== null;
  if (!flag(call, 'all') && active === flag(call, 'inactive')) return false;
  // Flags of one kind add up, kinds are combined by AND.
  const persistence = ['transient', 'persistent'].filter((name) => flag(call, name));
  if (persistence.length > 0 && !persistence.includes(domain.persistent ? 'persistent' : 'transient'))
    return false;
  const saves = ['with-managed-save', 'without-managed-save'].filter((name) => flag(call, name));
  if (saves.length === 1 && (saves[0] === 'with-managed-save') !== (domain.saved !== null)) return false;
  const states = STATES.filter((state) => flag(call, `state-${state}`));
  return states.length === 0 || states.includes(domain.state === 'crashed' ? 'other' : domain.state);
}

function shownId({ id }: SimDomain): string {
  return id === null ? '-' : String(id);
}

/** Active ones by id, then the others by name, whatever the case. */
function compareDomains(a: SimDomain, b: SimDomain): number {
  if (a.id !== null && b.id !== null) return a.id - b.id;
  if (a.id !== null) return -1;
  if (b.id !== null) return 1;
  return compareNames(a.name, b.name);
}

function compareNames(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** `virsh net-list`. */
export const NET_LIST: CommandDef = {
  name: 'net-list',
  options: flags(
    'inactive',
    'all',
    'persistent',
    'transient',
    'autostart',
    'no-autostart',
    'uuid',
    'name',
    'table',
    'title',
  ),
  run: netList,
};

function netList(call: Call): boolean {
  if (['uuid', 'name', 'table'].filter((name) => flag(call, name)).length > 1) {
    call.error('Only one argument from --table, --name and --uuid may be specified.');
    return false;
  }
  const networks = call.host.networks
    .filter((network) => flag(call, 'all') || network.active !== flag(call, 'inactive'))
    .sort((a, b) => Number(b.active) - Number(a.active) || compareNames(a.name, b.name));
  if (flag(call, 'uuid') || flag(call, 'name')) {
    for (const network of networks) call.print(`${flag(call, 'uuid') ? network.uuid : network.name}\n`);
    return true;
  }
  const row = ({ name, active }: SimNetwork) => [name, active ? 'active' : 'inactive', 'no', 'yes'];
  call.print(formatTable(['Name', 'State', 'Autostart', 'Persistent'], networks.map(row), call.quiet));
  return true;
}
