import type { Server, ServersPage } from '../cloud/servers.ts';
import { type Html, html, named, to } from './html.ts';
import { page } from './layout.ts';
import { pages, search, table } from './table.ts';
import type { Viewer } from './viewer.ts';
import { code, name, serverMark } from './words.ts';

/** What the fleet tells of a server that Nova lists. */
export interface Row {
  readonly server: Server;
  /** Null where no host has shown it yet. */
  readonly host: string | null;
  readonly nics: readonly {
    readonly label: string;
    readonly receives: string;
    readonly sends: string;
    readonly set: boolean;
  }[];
}

export interface ListPage {
  readonly viewer: Viewer;
  readonly rows: readonly Row[];
  readonly hasMore: ServersPage['hasMore'];
  readonly query: { readonly q: string; readonly project: string; readonly after: string | null };
}

/** Servers by project and name, a page at a time, as Nova gives them to whoever looks. */
export function listPage({ viewer, rows, hasMore, query }: ListPage): string {
  const { q, project, after } = query;
  const projects = [...new Set(rows.map(({ server }) => server.project))];
  const own = viewer.caller?.project;
  const parts = projects.map((id) => {
    const title = id === own?.id ? `Project ${own.name === '' ? id : own.name}` : `Project ${id}`;
    const all =
      viewer.seesFleet && project === ''
        ? html` <a href="${to('/ui/servers', { project: id })}">only this project</a>`
        : '';
    return html`<section><h2>${title}${all}</h2>${table(
      title,
      [
        {
          title: 'Server',
          cell: ({ server }) => html`<a href="/ui/servers/${server.id}">${name(server.name)}</a>`,
        },
        {
          title: 'State',
          cell: ({ server }) =>
            html`${serverMark(server.status)}${server.locked ? html` ${serverMark('locked')}` : ''}`,
        },
        { title: 'Limits', cell: limitsCell },
        ...(viewer.seesFleet
          ? [
              {
                title: 'Host',
                cell: ({ host }: Row) =>
                  host === null
                    ? html`<span class="dim">none has it</span>`
                    : html`<a href="${to('/ui/host', { name: host })}">${named(host)}</a>`,
              },
            ]
          : []),
        { title: 'ID', cell: ({ server }) => code(server.id) },
      ],
      rows.filter(({ server }) => server.project === id),
      '',
    )}</section>`;
  });
  const last = rows.at(-1)?.server.id;
  return page({
    ...{ title: 'Servers', at: 'servers', viewer },
    body: html`${search('/ui/servers', 'Part of a name', q)}${project === '' ? '' : html`<p>Only project ${code(project)}. <a href="${to('/ui/servers', { q })}">All projects</a></p>`}${
      parts.length > 0
        ? parts
        : html`<p class="dim">${q === '' ? 'There is no server.' : 'No server has this in its name.'}</p>`
    }${pages(after === null ? null : to('/ui/servers', { q, project }), hasMore && last !== undefined ? to('/ui/servers', { q, project, after: last }) : null)}`,
  });
}

function limitsCell({ nics, host }: Row): Html {
  if (nics.length === 0) return html`<span class="dim">${host === null ? 'not known' : 'no NIC'}</span>`;
  const limited = nics.filter(({ receives, sends }) => receives !== 'unlimited' || sends !== 'unlimited');
  if (limited.length === 0) return html`<span class="dim">unlimited</span>`;
  const most = limited
    .slice(0, 3)
    .map(
      ({ label, receives, sends, set }) =>
        html`<div>${label}: receives ${receives}, sends ${sends}${set ? html` <span class="dim">(set here)</span>` : ''}</div>`,
    );
  return html`${most}${limited.length > 3 ? html`<div class="dim">and ${limited.length - 3} more</div>` : ''}`;
}
