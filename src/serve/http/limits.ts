import type { Change } from '../../model/change.ts';
import { type Asking, acceptSet, acceptWithdraw, demandAllowed, unstored, type Wanted } from '../accept.ts';
import { nicName } from '../action.ts';
import { demandMember } from '../cloud/callers.ts';
import { demandActive, notFound, type Server } from '../cloud/servers.ts';
import type { SeenVm } from '../fleet_view.ts';
import { readLimits } from '../limits.ts';
import { demandConnected, findNic, locate, nicsOf, type SeenNic } from '../nic.ts';
import { Refusal } from '../refusal.ts';
import { storable } from '../store/audit.ts';
import type { Replay } from '../store/replays.ts';
import type { Asked } from './route.ts';
import { checkLimitsRequest } from './schemas.ts';
import { shownJob } from './shown.ts';

/** A server as its host was seen last, and those of its NICs that the request names: all of them, or one. */
export async function seenNics(
  asked: Asked,
): Promise<{ readonly server: Server; readonly vm: SeenVm; readonly nics: readonly SeenNic[] }> {
  const { service, caller, params } = asked;
  const server = await service.servers.seen(caller, params.server ?? '');
  const { vm } = locate(service.view, server.id);
  return { server, vm, nics: await nicsNamed(asked, server.id, vm) };
}

/** Accepts what the body says, for the NICs that the request names. @throws Refusal */
export async function setLimits(asked: Asked): Promise<Replay> {
  const { asking, wanted } = await ready(asked);
  return acceptSet(asked.service, asking, wanted);
}

/** What {@link setLimits} would do, by its host as it is now; nothing is written or remembered. @throws Refusal */
export async function checkLimits(asked: Asked): Promise<readonly Change[]> {
  const { asking, wanted, vm } = await ready(asked);
  const { service } = asked;
  demandAllowed(service, asking, wanted.limits);
  const changes = await service.preview(
    vm.host,
    asking.nics.map((nic, nth) => unstored(service, asking, nic, nth, wanted)),
    service.mirror.all(),
  );
  if (changes.length === 0) throw new Refusal(503, 'The host of the instance could not be read.', 10);
  return changes;
}

async function ready(
  asked: Asked,
): Promise<{ readonly asking: Asking; readonly wanted: Wanted; readonly vm: SeenVm }> {
  const { service, caller } = asked;
  const wanted = wantedIn(asked.body);
  demandMember(caller, 'set');
  const server = await service.servers.ask(caller, asked.params.server ?? '');
  demandActive(server, 'set', caller.isAdmin);
  const { vm, connected } = locate(service.view, server.id);
  demandConnected(connected, server.id);
  const nics = await nicsNamed(asked, server.id, vm);
  if (nics.length === 0) throw new Refusal(404, `Instance ${server.id} has no NIC.`);
  await service.mirror.refresh();
  return { asking: askingOf(asked, 'set', server, nics), wanted, vm };
}

/**
 * Accepts that what was set for the NICs that the request names holds no longer. Also of a server that does not run, or
 * whose host is away: what is desired ends now.
 * @throws Refusal
 */
export async function withdrawLimits(asked: Asked): Promise<Replay> {
  const { service, caller, params } = asked;
  demandMember(caller, 'withdraw');
  const server = await service.servers.ask(caller, params.server ?? '');
  if (server.locked && !caller.isAdmin) throw new Refusal(409, `Instance ${server.id} is locked`);
  await service.mirror.refresh();
  const own = service.mirror.all().filter((one) => one.server === server.id && one.endedAt === null);
  const macs = params.nic === undefined ? own.map(({ mac }) => mac) : [await macOf(asked, server.id)];
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

async function nicsNamed(asked: Asked, id: string, vm: SeenVm): Promise<readonly SeenNic[]> {
  return asked.params.nic === undefined ? nicsOf(vm) : [await nicOf(asked, id, vm)];
}

async function nicOf(asked: Asked, id: string, vm: SeenVm): Promise<SeenNic> {
  const nic = nicName(asked.params.nic);
  if (nic === null) throw notFound(`${id} NIC ${asked.params.nic}`);
  return findNic(asked.service.servers, asked.caller, id, vm, nic);
}

/** @throws Refusal 400 */
export function wantedIn(body: unknown): Wanted {
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
