import { randomBytes } from 'node:crypto';
import { fingerprintOf, replayed } from '../accept.ts';
import type { Server } from '../cloud/servers.ts';
import { checkLimits, setLimits, withdrawLimits } from '../http/limits.ts';
import type { Asked } from '../http/route.ts';
import { nicsOf } from '../nic.ts';
import { Refusal } from '../refusal.ts';
import { listJobs } from '../store/jobs.ts';
import type { Replay } from '../store/replays.ts';
import { previewPage, withdrawPage } from './confirm.ts';
import { field } from './form.ts';
import { serverPage } from './server.ts';
import { EMPTY_SET, SET_FIELDS, type SetForm, setIn } from './set_form.ts';
import { projectOf } from './viewer.ts';
import { callerOf, type PageAnswer, type PageRoute, type Visit } from './visit.ts';

/** A server, and what sets its limits: by the very functions that the API has for it. */
export const SET_ROUTES: readonly PageRoute[] = [
  {
    method: 'GET',
    path: '/ui/servers/:server',
    for: 'callers',
    handle: (visit) => shown(visit, EMPTY_SET, 200),
  },
  {
    method: 'POST',
    path: '/ui/servers/:server/change',
    for: 'callers',
    handle: (visit) => shown(visit, { values: filledIn(visit), errors: {} }, 200),
  },
  {
    method: 'POST',
    path: '/ui/servers/:server/check',
    for: 'callers',
    handle: (visit) =>
      withForm(visit, async (asked, form) => {
        const changes = await checkLimits(asked);
        const server = await serverOf(visit);
        return {
          status: 200,
          html: previewPage({ viewer: visit.viewer, server, changes, form, key: newKey() }),
        };
      }),
  },
  {
    method: 'POST',
    path: '/ui/servers/:server/set',
    for: 'callers',
    sets: 'set',
    handle: (visit) => withForm(visit, async (asked) => accepted(visit, await once(asked, setLimits))),
  },
  {
    method: 'GET',
    path: '/ui/servers/:server/withdraw',
    for: 'callers',
    handle: async (visit) => {
      const { service, viewer, query } = visit;
      const server = await serverOf(visit);
      const nic = query.get('nic');
      await service.mirror.refresh();
      const sets = service.mirror
        .all()
        .filter(
          (one) => one.server === server.id && one.endedAt === null && (nic === null || one.mac === nic),
        );
      return { status: 200, html: withdrawPage({ viewer, server, sets, nic, key: newKey() }) };
    },
  },
  {
    method: 'POST',
    path: '/ui/servers/:server/withdraw',
    for: 'callers',
    sets: 'withdraw',
    handle: async (visit) => {
      const nic = field(visit.form, 'nic');
      const asked = askedOf(visit, nic === '' ? undefined : nic, undefined);
      return accepted(visit, await once(asked, withdrawLimits));
    },
  },
];

/** Runs with what the form asks for, or shows the form again with what is wrong, also by what the service says of it. */
async function withForm(
  visit: Visit,
  work: (asked: Asked, form: SetForm) => Promise<PageAnswer>,
): Promise<PageAnswer> {
  const read = setIn(visit.form, visit.now);
  if ('again' in read) return shown(visit, read.again, 400);
  const form: SetForm = { values: filledIn(visit), errors: {} };
  try {
    return await work(askedOf(visit, read.set.nic, read.set.body), form);
  } catch (error) {
    if (!(error instanceof Refusal) || ![400, 403, 409, 422, 501, 503].includes(error.status)) throw error;
    const answer = await shown(visit, { ...form, errors: { '': error.message } }, error.status);
    throw new AnsweredRefusal(error, answer);
  }
}

/** A refusal with the page that says so: the audit hears of it as of any other. */
export class AnsweredRefusal extends Refusal {
  readonly answer: PageAnswer;

  constructor({ status, message, retryAfter }: Refusal, answer: PageAnswer) {
    super(status, message, retryAfter);
    this.answer = answer;
  }
}

async function shown(visit: Visit, form: SetForm, status: number): Promise<PageAnswer> {
  const { service, viewer, now } = visit;
  const server = await serverOf(visit);
  const found = service.view.locate(server.id);
  const vm = found.what === 'seen' ? found.vm : null;
  const jobs = await listJobs(service.database, {
    ...{ project: projectOf(viewer), server: server.id, state: null, after: null, limit: 5 },
  });
  const html = serverPage({
    ...{ viewer, server, jobs, form, now },
    seen:
      found.what === 'seen'
        ? { host: found.vm.host, seenAt: found.vm.seenAt, connected: found.connected }
        : null,
    unseen:
      found.what === 'seen'
        ? ''
        : found.what === 'nowhere'
          ? 'No host of this service has the server, so its limits cannot be set here.'
          : 'Which host has the server is not known yet: some could not be read.',
    nics: vm === null ? [] : nicsOf(vm),
    setOf: (mac) => service.mirror.of(server.id, mac),
  });
  return { status, html };
}

function serverOf(visit: Visit): Promise<Server> {
  return visit.service.servers.seen(callerOf(visit), visit.params.server ?? '');
}

function filledIn({ form }: Visit): Readonly<Record<string, string>> {
  return Object.fromEntries(SET_FIELDS.map((name) => [name, field(form, name)]));
}

function askedOf(visit: Visit, nic: string | undefined, body: unknown): Asked {
  const { service, id, remote, params, form } = visit;
  const key = field(form, 'key');
  return {
    ...{ service, id, remote, caller: callerOf(visit), query: {}, body },
    params: { server: params.server ?? '', ...(nic === undefined ? {} : { nic }) },
    // With a blank: no key of the API is one of these.
    idempotency: /^[\w-]{24}$/.test(key)
      ? {
          key: `page ${key}`,
          fingerprint: fingerprintOf(params.server ?? '', nic ?? '', JSON.stringify(body ?? null)),
        }
      : null,
  };
}

/** A form that is sent twice, by an impatient hand or a reload, is done once. */
async function once(asked: Asked, work: (asked: Asked) => Promise<Replay>): Promise<Replay> {
  return (await replayed(asked.service, asked.caller, asked.idempotency)) ?? (await work(asked));
}

function accepted({ params }: Visit, { body }: Replay): PageAnswer {
  const { jobs } = body as { readonly jobs: readonly { readonly id: number }[] };
  const [job] = jobs;
  return {
    see: jobs.length === 1 && job !== undefined ? `/ui/jobs/${job.id}` : `/ui/servers/${params.server}#jobs`,
  };
}

function newKey(): string {
  return randomBytes(18).toString('base64url');
}
