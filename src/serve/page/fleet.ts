import { plural } from '../../base/text.ts';
import type { Change } from '../../model/change.ts';
import type { SeenHost, SeenVm } from '../fleet_view.ts';
import type { Override } from '../store/records.ts';
import { type Html, html, named, to } from './html.ts';
import { live, livePlace, page, trouble } from './layout.ts';
import { facts, pages, search, table } from './table.ts';
import type { Viewer } from './viewer.ts';
import { ago, code, decidedBy, isLimited, limitNow, mark, name, statusMark } from './words.ts';

/** A piece of a list that is in memory as a whole, by the number of its first entry. */
export interface Slice<T> {
  readonly rows: readonly T[];
  readonly from: number;
  readonly all: number;
}

export function sliceOf<T>(all: readonly T[], from: number, most: number): Slice<T> {
  return { rows: all.slice(from, from + most), from, all: all.length };
}

export function slicePages<T>(
  path: string,
  query: Readonly<Record<string, string>>,
  { rows, from, all }: Slice<T>,
): Html {
  const next = from + rows.length;
  return pages(from > 0 ? to(path, query) : null, next < all ? to(path, { ...query, from: next }) : null);
}

export interface FleetPage {
  readonly viewer: Viewer;
  /** All that are watched. */
  readonly hosts: readonly SeenHost[];
  /** Those that are shown: what needs somebody stands first. */
  readonly shown: Slice<SeenHost>;
  readonly q: string;
  /** How many NICs have limits that were set here. */
  readonly set: number;
  readonly now: number;
}

export function fleetPage({ viewer, hosts, shown, q, set, now }: FleetPage): string {
  const count = (holds: (host: SeenHost) => boolean): number => hosts.filter(holds).length;
  const away = count(({ connected }) => !connected);
  const sum = (of: (host: SeenHost) => number): number => hosts.reduce((all, host) => all + of(host), 0);
  const differs = sum((host) => host.differs);
  const vms = sum((host) => host.vms);
  const tiles = html`<ul class="tiles">
<li><strong>${hosts.length}</strong><span>${hosts.length === 1 ? 'host' : 'hosts'}</span></li>
<li><strong>${hosts.length - away}</strong><span>connected</span></li>
<li${away > 0 ? html` class="bad"` : ''}><strong>${away}</strong><span>away</span></li>
<li><strong>${count(({ due }) => due)}</strong><span>about to be read</span></li>
<li><strong>${vms}</strong><span>${vms === 1 ? 'VM' : 'VMs'}</span></li>
<li${differs > 0 ? html` class="news"` : ''}><strong>${differs}</strong><span><a href="/ui/drift">not as declared</a></span></li>
<li><strong>${set}</strong><span><a href="/ui/limits">${set === 1 ? 'NIC' : 'NICs'} set here</a></span></li></ul>`;
  const said = `${plural(hosts.length, 'host')}: ${hosts.length - away} connected, ${away} away. ${differs} not as declared.`;
  return page({
    ...{ title: 'Fleet', at: 'fleet', viewer },
    body: html`${livePlace()}${search('/ui', 'Host', q)}${live(
      'fleet',
      html`${tiles}${table(
        'Hosts',
        [
          {
            title: 'Host',
            cell: (host) => html`<a href="${to('/ui/host', { name: host.name })}">${named(host.name)}</a>`,
          },
          { title: 'Connection', cell: connection },
          { title: 'Last read', cell: (host) => ago(host.seenAt, now) },
          { title: 'VMs', number: true, cell: (host) => host.vms },
          {
            title: 'Not as declared',
            number: true,
            cell: (host) => (host.differs === 0 ? '0' : mark('news', String(host.differs))),
          },
        ],
        shown.rows,
        q === '' ? 'No host is watched.' : 'No host has this in its name.',
      )}`,
      said,
    )}${slicePages('/ui', { q }, shown)}`,
  });
}

function connection({ connected, due, problem }: SeenHost): Html {
  const word = connected ? mark('good', 'connected') : mark('bad', 'away');
  const more = problem === '' ? '' : html`<br><span class="dim">${named(problem, 300)}</span>`;
  return html`${word}${due ? html` ${mark('news', 'about to be read')}` : ''}${more}`;
}

/** Away, then not as declared, then the others; by name among themselves. */
export function orderHosts(hosts: readonly SeenHost[]): readonly SeenHost[] {
  const rank = ({ connected, differs }: SeenHost): number => (connected ? (differs > 0 ? 1 : 2) : 0);
  return hosts.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** A NIC of a VM, and what was set here for it. */
export interface NicRow {
  readonly uuid: string;
  readonly vm: SeenVm;
  readonly change: Change | null;
  readonly set: Override | undefined;
}

export interface HostPage {
  readonly viewer: Viewer;
  readonly host: SeenHost;
  readonly shown: Slice<NicRow>;
  readonly now: number;
}

export function hostPage({ viewer, host, shown, now }: HostPage): string {
  return page({
    ...{ title: host.name, at: 'fleet', viewer },
    body: html`${livePlace()}${live(
      'host',
      html`${facts([
        ['Connection', connection({ ...host, problem: '' })],
        ['Last read', ago(host.seenAt, now)],
        ['VMs', host.vms],
        ['Not as declared', host.differs],
      ])}${host.problem === '' ? '' : trouble(host.problem)}${table(
        'NICs of this host',
        [{ title: 'VM', cell: (row) => vmLink(row, viewer) }, ...nicColumns()],
        shown.rows,
        host.seenAt === null ? 'It was not read yet.' : 'It has no VM.',
      )}`,
    )}${slicePages('/ui/host', { name: host.name }, shown)}`,
  });
}

function nicColumns() {
  const of = (row: NicRow, cell: (change: Change) => Html | string) =>
    row.change === null ? '' : cell(row.change);
  return [
    {
      title: 'NIC',
      cell: (row: NicRow) => of(row, ({ subject }) => html`${subject.label} ${code(subject.key)}`),
    },
    { title: 'Receives', cell: (row: NicRow) => of(row, (change) => limitNow(change, 'inbound')) },
    { title: 'Sends', cell: (row: NicRow) => of(row, (change) => limitNow(change, 'outbound')) },
    { title: 'By', cell: (row: NicRow) => of(row, (change) => decidedBy(change, row.set)) },
    { title: 'Status', cell: (row: NicRow) => of(row, ({ status }) => statusMark(status)) },
  ];
}

/** Servers are looked at with somebody's own token. */
function vmLink({ uuid, vm, change }: NicRow, { caller }: Viewer): Html {
  const nova = change?.domain.nova?.name ?? '';
  const shown = html`${name(vm.name)}${nova === '' ? '' : html`<br><span class="dim">${name(nova)}</span>`}`;
  return caller === null
    ? shown
    : html`<a href="/ui/servers/${uuid}">${name(vm.name)}</a>${nova === '' ? '' : html`<br><span class="dim">${name(nova)}</span>`}`;
}

export interface LimitsPage {
  readonly viewer: Viewer;
  readonly shown: Slice<NicRow>;
  readonly q: string;
}

/** Every NIC of the fleet that is limited. */
export function limitedPage({ viewer, shown, q }: LimitsPage): string {
  const { all } = shown;
  return page({
    ...{ title: 'Limits', at: 'limits', viewer },
    body: html`${search('/ui/limits', 'VM, UUID, MAC or host', q)}<p class="dim">${plural(all, 'NIC has', 'NICs have')} a limit${
      q === '' ? '' : ' and fit the search'
    }.</p>${table(
      'NICs with a limit',
      [
        { title: 'VM', cell: (row) => vmLink(row, viewer) },
        {
          title: 'Host',
          cell: ({ vm }) => html`<a href="${to('/ui/host', { name: vm.host })}">${named(vm.host)}</a>`,
        },
        ...nicColumns(),
      ],
      shown.rows,
      q === '' ? 'No NIC has a limit.' : 'No NIC with a limit fits.',
    )}${slicePages('/ui/limits', { q }, shown)}`,
  });
}

/** @param q found in the VM's name or UUID, the MAC, or the host's name */
export function limitedRows(rows: Iterable<NicRow>, q: string): readonly NicRow[] {
  const word = q.toLowerCase();
  const fits = ({ uuid, vm, change }: NicRow): boolean =>
    [uuid, vm.name, vm.host, change?.subject.key ?? '', change?.domain.nova?.name ?? ''].some((text) =>
      text.toLowerCase().includes(word),
    );
  return [...rows].filter(
    (row) => row.change !== null && isLimited(row.change) && (word === '' || fits(row)),
  );
}

export interface DriftPage {
  readonly viewer: Viewer;
  readonly shown: Slice<Change>;
}

/** What is not as declared, and why it was not made so. */
export function driftPage({ viewer, shown }: DriftPage): string {
  return page({
    ...{ title: 'Drift', at: 'drift', viewer },
    body: html`<p class="dim">What was not as declared when its host was last read, and could not be put right. What could be, was.</p>${livePlace()}${live(
      'drift',
      table(
        'Not as declared',
        [
          {
            title: 'VM',
            cell: ({ domain, subject }) =>
              html`${name(domain.name)} <span class="dim">${subject.label}</span>`,
          },
          {
            title: 'Host',
            cell: ({ host }) => html`<a href="${to('/ui/host', { name: host })}">${named(host)}</a>`,
          },
          { title: 'Status', cell: ({ status }) => statusMark(status) },
          { title: 'Why', cell: ({ reason = '' }) => named(reason, 400) },
        ],
        shown.rows,
        'All that was read is as declared.',
      ),
      `${shown.all} not as declared`,
    )}${slicePages('/ui/drift', {}, shown)}`,
  });
}
