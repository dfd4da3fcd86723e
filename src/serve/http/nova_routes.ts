import { type Asking, acceptSet } from '../accept.ts';
import { type Action, nicText } from '../action.ts';
import { demandMember } from '../cloud/callers.ts';
import { demandActive } from '../cloud/servers.ts';
import { limitsText, readLimits } from '../limits.ts';
import { demandConnected, findNic, locate } from '../nic.ts';
import type { Answer, Asked } from './route.ts';
import { shownNic } from './shown.ts';

/** `setInterface` and `getInterface` as actions of a server, in Nova's manner. @throws Refusal */
export async function serverAction(
  asked: Asked,
  action: Action,
  microversion: string | undefined,
): Promise<Answer> {
  return action.what === 'setInterface'
    ? setInterface(asked, action, microversion)
    : getInterface(asked, action, microversion);
}

async function setInterface(
  asked: Asked,
  { nic, limits: given }: Extract<Action, { what: 'setInterface' }>,
  microversion: string | undefined,
): Promise<Answer> {
  const { service, caller, id: request, remote, idempotency } = asked;
  const limits = readLimits(given);
  demandMember(caller, 'setInterface');
  const server = await service.servers.ask(caller, asked.params.server ?? '', microversion);
  demandActive(server, 'setInterface', caller.isAdmin);
  const { vm, connected } = locate(service.view, server.id);
  demandConnected(connected, server.id);
  const found = await findNic(service.servers, caller, server.id, vm, nic);
  await service.mirror.refresh();
  const asking: Asking = {
    ...{ request, remote, action: 'setInterface', caller, server, nics: [found], idempotency },
    answer: ([job]) => ({ status: 202, headers: { 'x-virtune-job': String(job?.id) }, body: null }),
  };
  return acceptSet(service, asking, { limits, until: null, reason: `${nicText(nic)} ${limitsText(limits)}` });
}

async function getInterface(
  asked: Asked,
  { nic }: Extract<Action, { what: 'getInterface' }>,
  microversion: string | undefined,
): Promise<Answer> {
  const { service, caller } = asked;
  const server = await service.servers.ask(caller, asked.params.server ?? '', microversion);
  const { vm } = locate(service.view, server.id);
  const found = await findNic(service.servers, caller, server.id, vm, nic);
  return { status: 200, body: { interface: shownNic(found, service.mirror.of(server.id, found.mac)) } };
}
