import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { replayed } from '../accept.ts';
import { actionIn, readAction } from '../action.ts';
import { type Caller, FRESH_TO_WRITE_MS } from '../cloud/callers.ts';
import { Refusal } from '../refusal.ts';
import type { Service } from '../service.ts';
import { headerOf, microversionIn } from './headers.ts';
import { serverAction } from './nova_routes.ts';
import type { Forward } from './proxy.ts';
import { askedOf, bytesOf, jsonIn, shortName } from './requests.ts';
import type { Answer } from './route.ts';
import { newTrail, trailed } from './trail.ts';

export interface ActionOptions {
  readonly service: Service;
  /** Where actions of others go; null: nowhere. */
  readonly proxy: Forward | null;
  /** Who asks, held up where they ask too often. @throws Refusal */
  readonly identify: (request: FastifyRequest, fresh: number) => Promise<Caller>;
  readonly send: (reply: FastifyReply, answer: Answer) => FastifyReply;
}

/** Actions of servers at the paths that Nova has for them. */
export function registerActions(
  app: FastifyInstance,
  { service, proxy, identify, send }: ActionOptions,
): void {
  const action = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const params = request.params as Readonly<Record<string, string>>;
    const trail = newTrail('action', params.server);
    return trailed(request, trail, service, async () => {
      // Several tokens are refused before anything is read.
      headerOf(request.headers, 'x-auth-token');
      let named: ReturnType<typeof actionIn> | null = null;
      let refusal: unknown;
      try {
        named = actionIn(jsonIn(request));
        trail.action = named.name.slice(0, 64);
      } catch (error) {
        refusal = error;
      }
      const isOwn = named !== null && (named.name === 'setInterface' || named.name === 'getInterface');
      if (!isOwn && proxy !== null) {
        await proxy(request, reply, bytesOf(request));
        return reply;
      }
      // As Nova does: first who it is, then what is asked.
      const caller = await identify(request, FRESH_TO_WRITE_MS);
      trail.caller = caller;
      if (params.project !== undefined && params.project !== caller.project.id)
        throw new Refusal(400, 'Malformed request url');
      if (named === null) throw refusal;
      const read = readAction(named.name, named.value);
      if (read === null) throw new Refusal(400, `There is no such action: ${shortName(named.name)}`);
      const microversion = microversionIn(request.headers);
      const asked = await askedOf(request, { service, caller, params, query: {}, body: undefined }, true);
      const before = await replayed(service, caller, asked.idempotency);
      return send(reply, before ?? (await serverAction(asked, read, microversion)));
    });
  };
  app.post('/v2.1/servers/:server/action', action);
  app.post('/v2.1/:project/servers/:server/action', action);
}
