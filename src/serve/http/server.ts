import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { replayed } from '../accept.ts';
import { type Caller, FRESH_TO_READ_MS, FRESH_TO_WRITE_MS } from '../cloud/callers.ts';
import { isPage, registerPage } from '../page/routes.ts';
import { type PageOptions, sendTrouble } from '../page/shell.ts';
import { Refusal } from '../refusal.ts';
import type { Service } from '../service.ts';
import { registerActions } from './actions.ts';
import { answerError, refusalHeaders, refusalOf } from './errors.ts';
import { headerOf } from './headers.ts';
import { openApi } from './openapi.ts';
import type { Forward } from './proxy.ts';
import { rateLimit } from './rate_limit.ts';
import { askedOf, bytesOf, demandTurn, isNova, jsonIn, queryIn } from './requests.ts';
import type { Answer } from './route.ts';
import { ROUTES } from './routes.ts';
import { leaveTrail, newTrail, trailed } from './trail.ts';

export interface HttpOptions {
  readonly service: Service;
  readonly version: string;
  /** Where callers get their tokens. */
  readonly keystone: string;
  /** Requests a second of one caller, and ten times as many of one address. */
  readonly perSecond: number;
  /** Where all other requests to Nova go; null: nowhere. */
  readonly proxy: Forward | null;
  /** The page for people. */
  readonly page: Pick<PageOptions, 'cloud' | 'isPublic' | 'secure'>;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
  /** Of answers, by their status. */
  readonly counted?: (method: string, route: string, status: number, seconds: number) => void;
}

/** Nova's own (`osapi_max_request_body_size` of oslo.middleware). */
const MOST_BYTES = 114_688;

/** The server, with all its routes; it listens nowhere yet. */
export async function httpServer(options: HttpOptions): Promise<FastifyInstance> {
  const { service, tls } = options;
  const { fastify } = await import('fastify');
  const answer = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const refusal = refusalOf(error, request, service);
    if (isPage(request.url)) return sendTrouble(refusal, request, reply);
    refusalHeaders(refusal, reply);
    return answerError(refusal, request, reply, options.keystone);
  };
  const app = fastify({
    logger: false,
    bodyLimit: MOST_BYTES,
    // Fastify ends what asks slowly, and what asks for ever.
    requestTimeout: 15_000,
    keepAliveTimeout: 30_000,
    routerOptions: { maxParamLength: 128, ignoreTrailingSlash: true },
    exposeHeadRoutes: false,
    genReqId: () => `req-${randomUUID()}`,
    http: { maxHeaderSize: 32_768, headersTimeout: 10_000 },
    ...(tls === null ? {} : { https: { ...tls, minVersion: 'TLSv1.2', maxHeaderSize: 32_768 } }),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      void answer(error, request, reply),
  } as Parameters<typeof fastify>[0]) as unknown as FastifyInstance;
  app.server.maxConnections = 2_000;
  // Bodies stay bytes: what goes to Nova goes as it came.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  app.setErrorHandler(async (error, request, reply) => {
    // Its body was not read, so that nothing else has left a line of it.
    if ((error as { readonly statusCode?: number }).statusCode === 413) {
      const { server } = request.params as Readonly<Record<string, string>>;
      await leaveTrail(request, newTrail(request.method, server), service, 413, 'its body is too large');
    }
    return answer(error, request, reply);
  });
  const byAddress = rateLimit(options.perSecond * 10);
  const byCaller = rateLimit(options.perSecond);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-openstack-request-id': request.id,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(isNova(request) ? { 'x-compute-request-id': request.id, vary: 'OpenStack-API-Version' } : {}),
    });
    demandTurn(byAddress.take(request.ip));
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'other';
    options.counted?.(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
  });

  const demandCallersTurn = ({ project, user }: Caller): void =>
    demandTurn(byCaller.take(`${project.id} ${user.id}`));
  const identify = async (request: FastifyRequest, fresh: number): Promise<Caller> => {
    const caller = await service.callers.whoIs(headerOf(request.headers, 'x-auth-token'), fresh);
    demandCallersTurn(caller);
    return caller;
  };

  app.get('/healthz', async (_, reply) => {
    const hosts = service.view.hosts();
    const connected = hosts.filter((host) => host.connected).length;
    const database = await service.database.query('SELECT 1').then(
      () => true,
      () => false,
    );
    const isWell = database && (hosts.length === 0 || connected > 0);
    return reply.code(isWell ? 200 : 503).send({ hosts: hosts.length, connected, database });
  });
  const document = openApi(options.version);
  app.get('/v1/openapi.json', async () => document);

  for (const route of ROUTES) {
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        const params = request.params as Readonly<Record<string, string>>;
        const trail = newTrail(route.id, params.server);
        const writes = route.method !== 'GET';
        return trailed(request, writes ? trail : null, service, async () => {
          const caller = await identify(request, writes ? FRESH_TO_WRITE_MS : FRESH_TO_READ_MS);
          trail.caller = caller;
          const query = queryIn(request, route.query?.map(({ name }) => name) ?? []);
          const body = route.body === undefined ? undefined : jsonIn(request);
          const asked = await askedOf(request, { service, caller, params, query, body }, writes);
          const before = await replayed(service, caller, asked.idempotency);
          return send(reply, before ?? (await route.handle(asked)));
        });
      },
    });
  }

  registerPage(app, { service, ...options.page, demandTurn: demandCallersTurn });
  registerActions(app, { service, proxy: options.proxy, identify, send });
  app.setNotFoundHandler(async (request, reply) => {
    if (options.proxy !== null && isNova(request)) {
      await options.proxy(request, reply, bytesOf(request));
      return reply;
    }
    throw new Refusal(404, 'The resource could not be found.');
  });
  return app;
}

function send(reply: FastifyReply, { status, headers = {}, body }: Answer): FastifyReply {
  reply.code(status).headers(headers).header('content-type', 'application/json');
  // As bytes: Fastify would add a charset to texts, and Nova has none here.
  return reply.send(Buffer.from(body === null ? '' : JSON.stringify(body)));
}
