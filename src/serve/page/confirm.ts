import { type Change, commandLines } from '../../model/change.ts';
import { moduleNamed } from '../../modules/index.ts';
import type { Server } from '../cloud/servers.ts';
import type { Override } from '../store/records.ts';
import { withoutPlaces } from '../verdict.ts';
import { html, named } from './html.ts';
import { hidden, notice, page, trouble } from './layout.ts';
import { SET_FIELDS, type SetForm } from './set_form.ts';
import { table } from './table.ts';
import type { Viewer } from './viewer.ts';
import { code, setText, statusMark } from './words.ts';

export interface PreviewPage {
  readonly viewer: Viewer;
  readonly server: Server;
  readonly changes: readonly Change[];
  readonly form: SetForm;
  /** What the confirmation is known by: sent twice it is done once. */
  readonly key: string;
}

/** What would be done, and what the policy says; the way back keeps what was filled in. */
export function previewPage({ viewer, server, changes, form, key }: PreviewPage): string {
  const title = server.name === '' ? server.id : server.name;
  const values = Object.fromEntries(SET_FIELDS.map((field) => [field, form.values[field] ?? '']));
  const refused = changes.filter(({ status }) => status !== 'pending' && status !== 'inSync');
  const isAdmin = viewer.caller?.isAdmin === true;
  return page({
    ...{ title: `Preview: ${title}`, at: 'servers', viewer },
    body: html`<p class="dim">Its host was read just now. Nothing is changed yet.</p>${table(
      'What would be done',
      [
        { title: 'NIC', cell: ({ subject }) => html`${subject.label}<br>${code(subject.key)}` },
        { title: 'Status', cell: ({ status }) => statusMark(status) },
        {
          title: 'What would be done',
          cell: (change) =>
            change.status === 'pending'
              ? moduleNamed(change.module).text.sentence(change)
              : change.status === 'inSync'
                ? 'nothing: it has this already'
                : named(withoutPlaces(change.reason ?? ''), 400),
        },
        {
          title: 'Notes',
          cell: ({ notes = [] }) => notes.map((note) => html`<div>${named(note, 400)}</div>`),
        },
      ],
      changes,
      'Nothing would be done.',
    )}${refused.length > 0 ? trouble('It would not be made so: see the status.') : notice(html`Policy and ceilings allow it${values.until === '' ? ', until it is withdrawn' : html`, until ${values.until} UTC`}. It is remembered, and set again after a reboot.`)}${
      isAdmin
        ? html`<details><summary>Commands</summary><ul class="plainly">${changes.flatMap(commandLines).map((line) => html`<li>${code(line)}</li>`)}</ul></details>`
        : ''
    }
<div class="buttons">${refused.length > 0 ? '' : html`<form method="post" action="/ui/servers/${server.id}/set">${hidden(viewer.token, { ...values, key })}<button type="submit" class="first">Set limits</button></form>`}
<form method="post" action="/ui/servers/${server.id}/change">${hidden(viewer.token, values)}<button type="submit">Back to the form</button></form></div>`,
  });
}

export interface WithdrawPage {
  readonly viewer: Viewer;
  readonly server: Server;
  readonly sets: readonly Override[];
  readonly nic: string | null;
  readonly key: string;
}

export function withdrawPage({ viewer, server, sets, nic, key }: WithdrawPage): string {
  return page({
    ...{ title: `Withdraw: ${server.name === '' ? server.id : server.name}`, at: 'servers', viewer },
    body: html`<p>What was set here ends. Then the NIC has what the inventory declares for it; where no rule names it, what it had before it was set here.</p>${table(
      'What ends',
      [
        { title: 'NIC', cell: ({ mac }) => code(mac) },
        { title: 'By', cell: (one) => setText(one, true) },
      ],
      sets,
      'Nothing is set here.',
    )}<div class="buttons">${sets.length === 0 ? '' : html`<form method="post" action="/ui/servers/${server.id}/withdraw">${hidden(viewer.token, { nic: nic ?? '', key })}<button type="submit" class="first">Withdraw</button></form>`}<a href="/ui/servers/${server.id}">Back to the server</a></div>`,
  });
}
