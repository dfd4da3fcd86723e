import { isUuid } from '../action.ts';
import { Refusal } from '../refusal.ts';
import { listAudit } from '../store/audit.ts';
import { jobById, listJobs } from '../store/jobs.ts';
import { listOverrides } from '../store/overrides.ts';
import { JOB_STATES } from '../store/records.ts';
import {
  driftPage,
  fleetPage,
  hostPage,
  limitedPage,
  limitedRows,
  type NicRow,
  orderHosts,
  sliceOf,
} from './fleet.ts';
import { historyPage, jobPage, jobsPage, type Rows, setPage } from './jobs.ts';
import { nicRows, rowsOf } from './seen.ts';
import { listPage } from './servers.ts';
import { projectOf } from './viewer.ts';
import { callerOf, numberIn, type PageAnswer, type PageRoute, type Visit, wordIn } from './visit.ts';

/** So many rows a page. */
const HOSTS = 100;
const ROWS = 50;

const page = (html: string): PageAnswer => ({ status: 200, html });

/** Pages that only show. */
export const LOOK_ROUTES: readonly PageRoute[] = [
  {
    method: 'GET',
    path: '/ui',
    for: 'all',
    handle: (visit) => {
      const { service, viewer, now } = visit;
      if (!viewer.seesFleet) return { see: '/ui/servers' };
      const q = wordIn(visit, 'q');
      const hosts = service.view.hosts();
      const found = orderHosts(hosts.filter((host) => host.name.toLowerCase().includes(q.toLowerCase())));
      const set = service.mirror.all().filter(({ endedAt }) => endedAt === null).length;
      return page(fleetPage({ viewer, hosts, shown: sliceOf(found, fromOf(visit), HOSTS), q, set, now }));
    },
  },
  {
    method: 'GET',
    path: '/ui/host',
    for: 'fleet',
    handle: (visit) => {
      const { service, viewer, now } = visit;
      const name = visit.query.get('name');
      const host = service.view.hosts().find((one) => one.name === name);
      if (host === undefined) throw new Refusal(404, 'No host of this name is watched.');
      const rows = [...nicRows(service, [host.name])];
      return page(hostPage({ viewer, host, shown: sliceOf(rows, fromOf(visit), ROWS * 2), now }));
    },
  },
  {
    method: 'GET',
    path: '/ui/drift',
    for: 'fleet',
    handle: (visit) => {
      const { service, viewer } = visit;
      return page(driftPage({ viewer, shown: sliceOf(service.view.differing(), fromOf(visit), ROWS) }));
    },
  },
  {
    method: 'GET',
    path: '/ui/limits',
    for: 'all',
    handle: async (visit) => {
      const { service, viewer } = visit;
      if (viewer.seesFleet) {
        const q = wordIn(visit, 'q');
        const all: Iterable<NicRow> = nicRows(
          service,
          service.view.hosts().map(({ name }) => name),
        );
        return page(limitedPage({ viewer, shown: sliceOf(limitedRows(all, q), fromOf(visit), ROWS), q }));
      }
      const after = markerOf(visit);
      const found = await listOverrides(service.database, {
        project: projectOf(viewer),
        after,
        limit: ROWS + 1,
      });
      return page(setPage(viewer, rowsIn(found, after)));
    },
  },
  {
    method: 'GET',
    path: '/ui/servers',
    for: 'callers',
    handle: async (visit) => {
      const { service, viewer } = visit;
      const [q, project, marker] = [wordIn(visit, 'q'), wordIn(visit, 'project'), wordIn(visit, 'after')];
      const after = isUuid(marker) ? marker : null;
      const found = await service.servers.list(callerOf(visit), { name: q, project, after, limit: ROWS });
      return page(
        listPage({
          viewer,
          rows: rowsOf(service, found.servers),
          hasMore: found.hasMore,
          query: { q, project, after },
        }),
      );
    },
  },
  {
    method: 'GET',
    path: '/ui/servers/:server/history',
    for: 'callers',
    handle: async (visit) => {
      const { service, viewer, params } = visit;
      const server = await service.servers.seen(callerOf(visit), params.server ?? '');
      const after = markerOf(visit);
      const asked = { project: projectOf(viewer), server: server.id, after, limit: ROWS + 1 };
      const found = await listAudit(service.database, asked);
      return page(historyPage({ viewer, server, found: rowsIn(found, after) }));
    },
  },
  {
    method: 'GET',
    path: '/ui/jobs',
    for: 'all',
    handle: async (visit) => {
      const { service, viewer, now } = visit;
      const state = JOB_STATES.find((one) => one === visit.query.get('state')) ?? null;
      const after = markerOf(visit);
      const asked = { project: projectOf(viewer), server: null, state, after, limit: ROWS + 1 };
      const found = await listJobs(service.database, asked);
      return page(jobsPage({ viewer, found: rowsIn(found, after), state, now }));
    },
  },
  {
    method: 'GET',
    path: '/ui/jobs/:job',
    for: 'all',
    handle: async ({ service, viewer, params }) => {
      const id = numberIn(params.job);
      const job = id === null ? null : await jobById(service.database, id);
      const project = projectOf(viewer);
      // Somebody else's is as one that is not there.
      if (job === null || (project !== null && !job.projects.includes(project)))
        throw new Refusal(404, 'There is no such job.');
      return page(jobPage(viewer, job));
    },
  },
];

function fromOf({ query }: Visit): number {
  return numberIn(query.get('from')) ?? 0;
}

function markerOf({ query }: Visit): number | null {
  return numberIn(query.get('marker'));
}

/** One more than is shown was asked for. */
function rowsIn<T>(found: readonly T[], after: number | null): Rows<T> {
  return { rows: found.slice(0, ROWS), isFirst: after === null, hasMore: found.length > ROWS };
}
