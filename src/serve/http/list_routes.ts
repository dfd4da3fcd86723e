import { isUuid } from '../action.ts';
import { Refusal } from '../refusal.ts';
import { listAudit } from '../store/audit.ts';
import { jobById, listJobs } from '../store/jobs.ts';
import { listOverrides } from '../store/overrides.ts';
import { JOB_STATES, type JobState } from '../store/records.ts';
import type { Answer, Asked, Route } from './route.ts';
import { AUDIT, JOB, OVERRIDE, page } from './schemas.ts';
import { shownAudit, shownJob, shownOverride } from './shown.ts';

const MOST = 1_000;
const USUAL = 100;

const PAGES = [
  {
    name: 'limit',
    description: 'So many at most; the next page begins after the last of them.',
    schema: { type: 'integer', minimum: 1, maximum: MOST, default: USUAL },
  },
  {
    name: 'marker',
    description: 'Those after this one: the `id` of the last of a page.',
    schema: { type: 'integer', minimum: 1 },
  },
];
const SERVER = {
  name: 'server',
  description: 'Only of this server.',
  schema: { type: 'string', format: 'uuid' },
};

/** Of the caller's project; an admin's are all. */
export const LIST_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/overrides',
    id: 'listOverrides',
    summary: 'What was set here and holds, newest first',
    query: PAGES,
    answers: { 200: { description: 'A page of them.', schema: page('overrides', OVERRIDE) } },
    handle: async (asked) => {
      const found = await listOverrides(asked.service.database, {
        project: projectOf(asked),
        ...pageOf(asked),
      });
      return paged(asked, 'overrides', found, (one) => ({
        server: one.server,
        mac: one.mac,
        set: shownOverride(one),
      }));
    },
  },
  {
    method: 'GET',
    path: '/v1/jobs',
    id: 'listJobs',
    summary: 'Jobs, newest first',
    query: [
      ...PAGES,
      SERVER,
      { name: 'state', description: 'Only those in this state.', schema: { enum: [...JOB_STATES] } },
    ],
    answers: { 200: { description: 'A page of them.', schema: page('jobs', JOB) } },
    handle: async (asked) => {
      const found = await listJobs(asked.service.database, {
        ...{
          project: projectOf(asked),
          server: serverIn(asked.query.server),
          state: stateIn(asked.query.state),
        },
        ...pageOf(asked),
      });
      return paged(asked, 'jobs', found, (job) => shownJob(job, asked.caller));
    },
  },
  {
    method: 'GET',
    path: '/v1/jobs/{job}',
    id: 'getJob',
    summary: 'A job, and what it waits for',
    answers: { 200: { description: 'The job.', schema: JOB } },
    handle: async (asked) => {
      const id = numberIn(asked.params.job);
      const job = id === null ? null : await jobById(asked.service.database, id);
      const project = projectOf(asked);
      // Somebody else's is as one that is not there.
      if (job === null || (project !== null && !job.projects.includes(project)))
        throw new Refusal(404, 'There is no such job.');
      return { status: 200, body: shownJob(job, asked.caller) };
    },
  },
  {
    method: 'GET',
    path: '/v1/servers/{server}/history',
    id: 'getServerHistory',
    summary: 'What was asked for a server and what became of it, newest first',
    query: PAGES,
    answers: { 200: { description: 'A page of it.', schema: page('history', AUDIT) } },
    handle: async (asked) => {
      const { id } = await asked.service.servers.seen(asked.caller, asked.params.server ?? '');
      const found = await listAudit(asked.service.database, {
        project: projectOf(asked),
        server: id,
        ...pageOf(asked),
      });
      return paged(asked, 'history', found, (line) => shownAudit(line, asked.caller));
    },
  },
  {
    method: 'GET',
    path: '/v1/audit',
    id: 'listAudit',
    summary: 'What was asked, by whom, and what was answered, newest first',
    query: [...PAGES, SERVER],
    answers: { 200: { description: 'A page of it.', schema: page('audit', AUDIT) } },
    handle: async (asked) => {
      const found = await listAudit(asked.service.database, {
        ...{ project: projectOf(asked), server: serverIn(asked.query.server) },
        ...pageOf(asked),
      });
      return paged(asked, 'audit', found, (line) => shownAudit(line, asked.caller));
    },
  },
];

function projectOf({ caller }: Asked): string | null {
  return caller.isAdmin ? null : caller.project.id;
}

function pageOf({ query }: Asked): { readonly after: number | null; readonly limit: number } {
  const limit = query.limit === undefined ? USUAL : numberIn(query.limit);
  const after = query.marker === undefined ? null : numberIn(query.marker);
  if (limit === null) throw new Refusal(400, `limit: a number from 1 to ${MOST} is expected`);
  if (query.marker !== undefined && after === null)
    throw new Refusal(400, 'marker: the id of the last one is expected');
  return { after, limit: Math.min(limit, MOST) };
}

function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}

function serverIn(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!isUuid(text)) throw new Refusal(400, 'server: an id is expected');
  return text;
}

function stateIn(text: string | undefined): JobState | null {
  if (text === undefined) return null;
  const state = JOB_STATES.find((one) => one === text);
  if (state === undefined) throw new Refusal(400, `state: one of ${JOB_STATES.join(', ')} is expected`);
  return state;
}

function paged<T extends { readonly id: number }>(
  { query, params }: Asked,
  name: string,
  found: readonly T[],
  shown: (one: T) => object,
): Answer {
  const last = found.at(-1);
  const limit = Math.min(numberIn(query.limit) ?? USUAL, MOST);
  const path = name === 'history' ? `/v1/servers/${params.server}/history` : `/v1/${name}`;
  const more = last !== undefined && found.length === limit;
  const next = more
    ? `${path}?${new URLSearchParams({ ...query, limit: String(limit), marker: String(last.id) })}`
    : null;
  return { status: 200, body: { [name]: found.map(shown), next } };
}
