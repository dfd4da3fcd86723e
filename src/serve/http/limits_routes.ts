import { type Asking, acceptSet, acceptWithdraw, demandAllowed, unstored, type Wanted } from '../accept.ts';
import { nicName } from '../action.ts';
import { demandMember } from '../cloud/callers.ts';
import { demandActive, notFound, type Server } from '../cloud/servers.ts';
import { readLimits } from '../limits.ts';
import { demandConnected, findNic, locate, nicsOf, type SeenNic } from '../nic.ts';
import { shownPreview } from '../preview.ts';
import { Refusal } from '../refusal.ts';
import { storable } from '../store/audit.ts';
import type { Answer, Asked, Route } from './route.ts';
import { checkLimitsRequest, JOBS_ACCEPTED, LIMITS_REQUEST, NIC, PREVIEW, SERVER } from './schemas.ts';
import { shownJob, shownNic } from './shown.ts';

const CHECK = {
  name: 'check',
  description: 'Only say what would be done: the host is read, and nothing is written or remembered.',
  schema: { type: 'string', enum: ['', 'true', 'false'] },
};
const ACCEPTED = { description: 'Accepted and remembered; it is being made so.', schema: JOBS_ACCEPTED };

const SERVER_PATH = '/v1/servers/{server}/limits';
const NIC_PATH = '/v1/servers/{server}/nics/{nic}/limits';

export const LIMITS_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: SERVER_PATH,
    id: 'getServerLimits',
    summary: 'Limits of all NICs of a server, as its host was seen last',
    answers: { 200: { description: 'What they have, and what was set here.', schema: SERVER } },
    handle: async (asked) => {
      const { id } = await seenServer(asked);
      const { vm } = locate(asked.service.view, id);
      return { status: 200, body: shownServer(asked, id, vm.seenAt, nicsOf(vm)) };
    },
  },
  {
    method: 'PATCH',
    path: SERVER_PATH,
    id: 'setServerLimits',
    summary: 'Set limits of all NICs that a server has now',
    query: [CHECK],
    body: LIMITS_REQUEST,
    answers: { 200: { description: 'With `check`.', schema: PREVIEW }, 202: ACCEPTED },
    handle: (asked) => set(asked),
  },
  {
    method: 'DELETE',
    path: SERVER_PATH,
    id: 'withdrawServerLimits',
    summary: 'Withdraw what was set for all NICs of a server',
    description: 'Each gets what the inventory declares for it, or what it had before it was set here.',
    answers: { 202: ACCEPTED },
    handle: (asked) => withdraw(asked),
  },
  {
    method: 'GET',
    path: NIC_PATH,
    id: 'getNicLimits',
    summary: 'Limits of a NIC: its position from 1, its MAC, or the ID of its port',
    answers: { 200: { description: 'What it has, and what was set here.', schema: NIC } },
    handle: async (asked) => {
      const { id } = await seenServer(asked);
      const { vm } = locate(asked.service.view, id);
      const nic = await nicOf(asked, id, vm);
      return { status: 200, body: shownNic(nic, asked.service.mirror.of(id, nic.mac)) };
    },
  },
  {
    method: 'PATCH',
    path: NIC_PATH,
    id: 'setNicLimits',
    summary: 'Set limits of a NIC',
    query: [CHECK],
    body: LIMITS_REQUEST,
    answers: { 200: { description: 'With `check`.', schema: PREVIEW }, 202: ACCEPTED },
    handle: (asked) => set(asked),
  },
  {
    method: 'DELETE',
    path: NIC_PATH,
    id: 'withdrawNicLimits',
    summary: 'Withdraw what was set for a NIC',
    description: 'It gets what the inventory declares for it, or what it had before it was set here.',
    answers: { 202: ACCEPTED },
    handle: (asked) => withdraw(asked),
  },
];

async function set(asked: Asked): Promise<Answer> {
  const { service, caller, query } = asked;
  const wanted = wantedIn(asked.body);
  demandMember(caller, 'set');
  const server = await service.servers.ask(caller, serverId(asked));
  demandActive(server, 'set', caller.isAdmin);
  const { vm, connected } = locate(service.view, server.id);
  demandConnected(connected, server.id);
  const nics = asked.params.nic === undefined ? nicsOf(vm) : [await nicOf(asked, server.id, vm)];
  if (nics.length === 0) throw new Refusal(404, `Instance ${server.id} has no NIC.`);
  await service.mirror.refresh();
  const asking = askingOf(asked, 'set', server, nics);
  if (query.check === undefined || query.check === 'false') return acceptSet(service, asking, wanted);
  demandAllowed(service, asking, wanted.limits);
  const changes = await service.preview(
    vm.host,
    nics.map((nic, nth) => unstored(service, asking, nic, nth, wanted)),
    service.mirror.all(),
  );
  const shown = changes.map((change) => ({
    mac: change.subject.key,
    ...shownPreview(change, caller.isAdmin),
  }));
  if (shown.length === 0) throw new Refusal(503, 'The host of the instance could not be read.', 10);
  return { status: 200, body: { nics: shown } };
}

/** Also of a server that does not run, or whose host is away: what is desired ends now. */
async function withdraw(asked: Asked): Promise<Answer> {
  const { service, caller } = asked;
  demandMember(caller, 'withdraw');
  const server = await service.servers.ask(caller, serverId(asked));
  if (server.locked && !caller.isAdmin) throw new Refusal(409, `Instance ${server.id} is locked`);
  await service.mirror.refresh();
  const own = service.mirror.all().filter((one) => one.server === server.id && one.endedAt === null);
  const macs = asked.params.nic === undefined ? own.map(({ mac }) => mac) : [await macOf(asked, server.id)];
  return acceptWithdraw(service, askingOf(asked, 'withdraw', server, []), macs);
}

async function macOf(asked: Asked, id: string): Promise<string> {
  const nic = nicName(asked.params.nic);
  if (nic?.by === 'mac') return nic.mac;
  return (await nicOf(asked, id, locate(asked.service.view, id).vm)).mac;
}

function askingOf(asked: Asked, action: string, server: Server, nics: readonly SeenNic[]): Asking {
  const { id: request, remote, caller, idempotency } = asked;
  return {
    ...{ request, remote, action, caller, server, nics, idempotency },
    answer: (jobs) => ({
      status: 202,
      headers: jobs.length === 1 ? { location: `/v1/jobs/${jobs[0]?.id}` } : {},
      body: { jobs: jobs.map((job) => shownJob(job, caller)) },
    }),
  };
}

function serverId({ params }: Asked): string {
  return params.server ?? '';
}

async function seenServer(asked: Asked): Promise<Server> {
  return asked.service.servers.seen(asked.caller, serverId(asked));
}

async function nicOf(asked: Asked, id: string, vm: Parameters<typeof findNic>[3]): Promise<SeenNic> {
  const nic = nicName(asked.params.nic);
  if (nic === null) throw notFound(`${id} NIC ${asked.params.nic}`);
  return findNic(asked.service.servers, asked.caller, id, vm, nic);
}

function shownServer(asked: Asked, server: string, seenAt: number, nics: readonly SeenNic[]): object {
  const { mirror } = asked.service;
  return {
    server,
    seenAt: new Date(seenAt).toISOString(),
    nics: nics.map((nic) => shownNic(nic, mirror.of(server, nic.mac))),
  };
}

/** @throws Refusal 400 */
function wantedIn(body: unknown): Wanted {
  const wrong = checkLimitsRequest(body).filter(({ severity }) => severity === 'error');
  if (wrong.length > 0)
    throw new Refusal(
      400,
      wrong.map(({ message, hint }) => (hint === undefined ? message : `${message} (${hint})`)).join('; '),
    );
  const {
    until: time,
    reason = '',
    ...given
  } = body as { readonly until?: string; readonly reason?: string };
  const until = time === undefined ? null : new Date(time);
  if (until !== null && !(until.getTime() > Date.now()))
    throw new Refusal(400, 'until: it must be in the future');
  return { limits: readLimits(given), until, reason: storable(reason) };
}
