import type { Change } from '../../model/change.ts';
import type { Server } from '../cloud/servers.ts';
import type { SeenNic } from '../nic.ts';
import type { Job, Override } from '../store/records.ts';
import { withoutPlaces } from '../verdict.ts';
import { type Html, html, named, to } from './html.ts';
import { jobsTable } from './jobs.ts';
import { live, livePlace, notice, page, trouble } from './layout.ts';
import { type SetForm, setForm } from './set_form.ts';
import { facts, table } from './table.ts';
import type { Viewer } from './viewer.ts';
import { ago, code, decidedBy, isOpen, limitIn, serverMark, setText, statusMark } from './words.ts';

export interface ServerPage {
  readonly viewer: Viewer;
  readonly server: Server;
  /** Where it was seen; null with the reason in `unseen`. */
  readonly seen: { readonly host: string; readonly seenAt: number; readonly connected: boolean } | null;
  readonly unseen: string;
  readonly nics: readonly SeenNic[];
  readonly setOf: (mac: string) => Override | undefined;
  readonly jobs: readonly Job[];
  readonly form: SetForm;
  readonly now: number;
}

export function serverPage(given: ServerPage): string {
  const { viewer, server, seen, unseen, nics, setOf, jobs, form, now } = given;
  const holds = nics.filter(({ mac }) => setOf(mac) !== undefined);
  const open = jobs.filter(({ state }) => isOpen(state)).length;
  const canSet = viewer.caller?.isAdmin === true || viewer.caller?.roles.includes('member') === true;
  return page({
    ...{ title: server.name === '' ? server.id : server.name, at: 'servers', viewer },
    body: html`${form.errors[''] === undefined ? '' : trouble(form.errors[''])}${facts([
      ['State', html`${serverMark(server.status)}${server.locked ? html` ${serverMark('locked')}` : ''}`],
      ['ID', code(server.id)],
      ['Project', code(server.project)],
      ...(seen !== null && viewer.seesFleet
        ? [['Host', html`<a href="${to('/ui/host', { name: seen.host })}">${named(seen.host)}</a>`] as const]
        : []),
      ['Last read', ago(seen?.seenAt ?? null, now)],
    ])}${unseen === '' ? '' : trouble(unseen)}${seen?.connected === false ? trouble('Its host is away: what is shown is what was last read.') : ''}
<p class="links"><a href="/ui/servers/${server.id}/history">History</a>${
      canSet && holds.length > 1
        ? html` <a href="/ui/servers/${server.id}/withdraw">Withdraw all that was set here</a>`
        : ''
    }</p>
${livePlace()}${live('nics', html`<h2>NICs</h2>${nicsTable(given, canSet)}`)}
${
  canSet && nics.length > 0
    ? html`<h2>Set limits</h2>${setForm(
        server.id,
        viewer.token,
        nics.map(({ mac, change }) => ({ mac, label: change.subject.label })),
        form,
      )}`
    : ''
}
${canSet ? '' : notice('You may look: setting limits needs the role member.')}
${live('jobs', html`<h2>Jobs</h2>${jobsTable(jobs, viewer, now, false)}`, open === 0 ? 'No job is under way.' : `${open} under way.`)}`,
  });
}

function nicsTable({ server, nics, setOf }: ServerPage, canSet: boolean): Html {
  return table(
    'NICs',
    [
      { title: 'NIC', cell: ({ change, mac }) => html`${change.subject.label}<br>${code(mac)}` },
      { title: 'Receives', cell: ({ change }) => sides(change, 'inbound') },
      { title: 'Sends', cell: ({ change }) => sides(change, 'outbound') },
      {
        title: 'Status',
        cell: ({ change }) =>
          html`${statusMark(change.status)}${change.reason === undefined ? '' : html`<br><span class="dim">${named(withoutPlaces(change.reason), 300)}</span>`}`,
      },
      {
        title: 'By',
        cell: ({ change, mac }) => {
          const set = setOf(mac);
          return set === undefined ? decidedBy(change, undefined) : setText(set, true);
        },
      },
      {
        title: 'Set here',
        cell: ({ mac }) =>
          canSet && setOf(mac) !== undefined
            ? html`<a href="${to(`/ui/servers/${server.id}/withdraw`, { nic: mac })}">Withdraw<span class="unseen"> what was set for ${mac}</span></a>`
            : '',
      },
    ],
    nics,
    'Nothing is known of its NICs.',
  );
}

/** One text where the running VM and its configuration agree, else both. */
function sides(change: Change, direction: 'inbound' | 'outbound'): Html {
  const [runs, starts] = [limitIn(change, 'live', direction), limitIn(change, 'config', direction)];
  if (runs === starts || starts === null) return html`${runs ?? 'not there'}`;
  if (runs === null) return html`${starts} <span class="dim">(does not run)</span>`;
  return html`${runs} <span class="dim">live</span><br>${starts} <span class="dim">persistent</span>`;
}
