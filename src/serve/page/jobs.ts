import { limitsText } from '../limits.ts';
import type { Job, JobState, Override, StoredAudit } from '../store/records.ts';
import { JOB_STATES } from '../store/records.ts';
import { withoutPlaces } from '../verdict.ts';
import { type Html, html, named, to } from './html.ts';
import { live, livePlace, page } from './layout.ts';
import { facts, pages, table } from './table.ts';
import type { Viewer } from './viewer.ts';
import { ago, code, isOpen, jobMark, setText, time } from './words.ts';

/** A piece of a list in the database: newest first, by the number of the last row before it. */
export interface Rows<T> {
  readonly rows: readonly T[];
  readonly isFirst: boolean;
  readonly hasMore: boolean;
}

export function rowPages<T extends { readonly id: number }>(
  path: string,
  query: Readonly<Record<string, string | null>>,
  { rows, isFirst, hasMore }: Rows<T>,
): Html {
  const last = rows.at(-1);
  const next = hasMore && last !== undefined ? to(path, { ...query, marker: last.id }) : null;
  return pages(isFirst ? null : to(path, query), next);
}

export interface JobsPage {
  readonly viewer: Viewer;
  readonly found: Rows<Job>;
  readonly state: JobState | null;
  readonly now: number;
}

export function jobsPage({ viewer, found, state, now }: JobsPage): string {
  const link = (one: JobState | null, word: string) =>
    html`<a href="${to('/ui/jobs', { state: one })}"${one === state ? html` aria-current="true"` : ''}>${word}</a>`;
  return page({
    ...{ title: 'Jobs', at: 'jobs', viewer },
    body: html`<nav class="links" aria-label="States">${link(null, 'all')} ${JOB_STATES.map((one) => html`${link(one, one)} `)}</nav>${livePlace()}${live(
      'jobs',
      jobsTable(found.rows, viewer, now),
      openText(found.rows),
    )}${rowPages('/ui/jobs', { state }, found)}`,
  });
}

/** Names the newest, so that one which was over at once is told of as well. */
function openText(jobs: readonly Job[]): string {
  const open = jobs.filter(({ state }) => isOpen(state)).length;
  const text = open === 0 ? 'No job shown is under way.' : `${open} of the jobs shown are under way.`;
  const [newest] = jobs;
  return newest === undefined ? text : `${text} The newest, ${newest.id}, is ${newest.state}.`;
}

/** @param withServer false where all are of one server */
export function jobsTable(jobs: readonly Job[], viewer: Viewer, now: number, withServer = true): Html {
  return table(
    'Jobs, newest first',
    [
      { title: 'Job', cell: ({ id, kind }) => html`<a href="/ui/jobs/${id}">${id}</a> ${kind}` },
      { title: 'State', cell: ({ state }) => jobMark(state) },
      ...(withServer ? [{ title: 'Server', cell: (job: Job) => serverLink(job.server, viewer) }] : []),
      { title: 'NIC', cell: ({ mac }) => code(mac) },
      { title: 'Asked', cell: ({ createdAt }) => ago(createdAt.getTime(), now) },
      { title: 'What became of it', cell: (job) => named(progressOf(job, viewer), 300) },
    ],
    jobs,
    'There is no job.',
  );
}

function serverLink(id: string, { caller }: Viewer): Html {
  return caller === null ? code(id) : html`<a href="/ui/servers/${id}">${code(id)}</a>`;
}

/** Where rules stand is for admins. */
function progressOf({ progress }: Job, { seesFleet }: Viewer): string {
  return seesFleet ? progress : withoutPlaces(progress);
}

export function jobPage(viewer: Viewer, job: Job): string {
  const progress = progressOf(job, viewer);
  const commands = job.result?.commands;
  return page({
    ...{ title: `Job ${job.id}`, at: 'jobs', viewer },
    body: html`${livePlace()}${live(
      'job',
      html`${facts([
        ['State', jobMark(job.state)],
        ['What', job.kind === 'set' ? 'set limits' : 'withdraw limits'],
        ['Server', serverLink(job.server, viewer)],
        ['NIC', code(job.mac)],
        ['Asked', time(job.createdAt)],
        ['Done', job.finishedAt === null ? html`<span class="dim">not yet</span>` : time(job.finishedAt)],
        ['Tries', job.attempts],
        ['Request', code(job.request)],
        ...(viewer.seesFleet && job.host !== null ? [['Host', named(job.host)] as const] : []),
      ])}${progress === '' ? '' : html`<p class="notice${job.state === 'done' ? html` good` : job.state === 'failed' || job.state === 'refused' ? html` bad` : ''}">${named(progress, 1000)}</p>`}${
        viewer.caller?.isAdmin === true && Array.isArray(commands) && commands.length > 0
          ? html`<h2>Commands</h2><ul class="plainly">${commands.map((one) => html`<li>${code(String(one))}</li>`)}</ul>`
          : ''
      }${isOpen(job.state) ? html`<p><a href="/ui/jobs/${job.id}">Look again</a></p>` : ''}`,
      `Job ${job.id}: ${job.state}`,
    )}`,
  });
}

export interface HistoryPage {
  readonly viewer: Viewer;
  readonly server: { readonly id: string; readonly name: string };
  readonly found: Rows<StoredAudit>;
}

/** What was asked for a server and what became of it. */
export function historyPage({ viewer, server, found }: HistoryPage): string {
  const path = `/ui/servers/${server.id}/history`;
  return page({
    ...{ title: `History of ${server.name === '' ? server.id : server.name}`, at: 'servers', viewer },
    body: html`<p><a href="/ui/servers/${server.id}">Limits of this server</a></p>${table(
      'History, newest first',
      [
        { title: 'When', cell: ({ at }) => time(at) },
        { title: 'What', cell: ({ action }) => named(action) },
        { title: 'By', cell: ({ userName, user }) => named(userName ?? user ?? '', 60) },
        { title: 'NIC', cell: ({ mac }) => (mac === null ? '' : code(mac)) },
        { title: 'Answer', cell: ({ status }) => status },
        {
          title: 'Details',
          cell: ({ detail }) => named(viewer.seesFleet ? detail : withoutPlaces(detail), 400),
        },
      ],
      found.rows,
      'Nothing was asked for it.',
    )}${rowPages(path, {}, found)}`,
  });
}

/** What a project has set: for those who do not see the fleet. */
export function setPage(viewer: Viewer, found: Rows<Override>): string {
  return page({
    ...{ title: 'Limits', at: 'limits', viewer },
    body: html`<p class="dim">What was set here for servers of your project, and holds.</p>${table(
      'What was set, newest first',
      [
        { title: 'Server', cell: ({ server }) => serverLink(server, viewer) },
        { title: 'NIC', cell: ({ mac }) => code(mac) },
        { title: 'Limits', cell: ({ limits }) => limitsText(limits) },
        { title: 'By', cell: (one) => setText(one, true) },
        { title: 'Since', cell: ({ createdAt }) => time(createdAt) },
      ],
      found.rows,
      'Nothing is set.',
    )}${rowPages('/ui/limits', {}, found)}`,
  });
}
