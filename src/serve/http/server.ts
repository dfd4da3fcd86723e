import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fingerprintOf, replayed } from '../accept.ts';
import { actionIn, isUuid, readAction } from '../action.ts';
import { type Caller, FRESH_TO_READ_MS, FRESH_TO_WRITE_MS, ownerOf } from '../cloud/callers.ts';
import { novaBody, problemBody, Refusal } from '../refusal.ts';
import type { Service } from '../service.ts';
import { insertAudit } from '../store/audit.ts';
import { DatabaseError } from '../store/database.ts';
import { headerOf, idempotencyKeyIn, microversionIn } from './headers.ts';
import { serverAction } from './nova_routes.ts';
import { openApi } from './openapi.ts';
import type { Forward } from './proxy.ts';
import { rateLimit } from './rate_limit.ts';
import type { Answer, Asked } from './route.ts';
import { ROUTES } from './routes.ts';

export interface HttpOptions {
  readonly service: Service;
  readonly version: string;
  /** Where callers get their tokens. */
  readonly keystone: string;
  /** Requests a second of one caller, and ten times as many of one address. */
  readonly perSecond: number;
  /** Where all other requests to Nova go; null: nowhere. */
  readonly proxy: Forward | null;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
  /** Of answers, by their status. */
  readonly counted?: (method: string, route: string, status: number, seconds: number) => void;
}

/** Nova's own (`osapi_max_request_body_size` of oslo.middleware). */
const MOST_BYTES = 114_688;

/** What is known of a request that may change something, for the audit. */
interface Trail {
  caller: Caller | null;
  server: string | null;
  action: string;
}

/** The server, with all its routes; it listens nowhere yet. */
export async function httpServer(options: HttpOptions): Promise<FastifyInstance> {
  const { service, tls } = options;
  const { fastify } = await import('fastify');
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
      void answerError(error, request, reply, options),
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
    return answerError(error as Error, request, reply, options);
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

  const identify = async (request: FastifyRequest, fresh: number): Promise<Caller> => {
    const caller = await service.callers.whoIs(headerOf(request.headers, 'x-auth-token'), fresh);
    demandTurn(byCaller.take(`${caller.project.id} ${caller.user.id}`));
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

  const action = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const params = request.params as Readonly<Record<string, string>>;
    const trail = newTrail('action', params.server);
    return trailed(request, trail, service, async () => {
      const token = headerOf(request.headers, 'x-auth-token');
      let named: ReturnType<typeof actionIn> | null = null;
      let refusal: unknown;
      try {
        named = actionIn(jsonIn(request));
        trail.action = named.name.slice(0, 64);
      } catch (error) {
        refusal = error;
      }
      const isOwn = named !== null && (named.name === 'setInterface' || named.name === 'getInterface');
      if (!isOwn && options.proxy !== null) {
        await options.proxy(request, reply, bytesOf(request));
        return reply;
      }
      // As Nova does: first who it is, then what is asked.
      const caller = await service.callers.whoIs(token, FRESH_TO_WRITE_MS);
      trail.caller = caller;
      demandTurn(byCaller.take(`${caller.project.id} ${caller.user.id}`));
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
  app.setNotFoundHandler(async (request, reply) => {
    if (options.proxy !== null && isNova(request)) {
      await options.proxy(request, reply, bytesOf(request));
      return reply;
    }
    throw new Refusal(404, 'The resource could not be found.');
  });
  return app;
}

async function askedOf(
  request: FastifyRequest,
  rest: Omit<Asked, 'id' | 'remote' | 'idempotency'>,
  writes: boolean,
): Promise<Asked> {
  const key = writes ? idempotencyKeyIn(request.headers) : null;
  const body = bytesOf(request)?.toString('base64') ?? '';
  const idempotency =
    key === null ? null : { key, fingerprint: fingerprintOf(request.method, request.url, body) };
  return { ...rest, id: request.id, remote: request.ip, idempotency };
}

/** A request that may change something leaves a line whatever becomes of it; what was accepted has left its own. */
async function trailed(
  request: FastifyRequest,
  trail: Trail | null,
  service: Service,
  work: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    const { status, message } = refusalOf(error, request, service);
    // Who floods is counted, and fills no table.
    if (trail !== null && status !== 429) await leaveTrail(request, trail, service, status, message);
    throw error;
  }
}

async function leaveTrail(
  request: FastifyRequest,
  { caller, server, action }: Trail,
  service: Service,
  status: number,
  detail: string,
): Promise<void> {
  const line = {
    ...{ request: request.id, remote: request.ip, action, server, mac: null, status, detail },
    owner: caller === null ? null : ownerOf(caller),
    projects: caller === null ? [] : [caller.project.id],
  };
  await insertAudit(service.database, line).catch((error: Error) =>
    service.say(`${request.id} left no line in the audit: ${error.message}`),
  );
}

function newTrail(action: string, server: string | undefined): Trail {
  return { caller: null, server: server !== undefined && isUuid(server) ? server : null, action };
}

function answerError(
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
  { service, keystone }: HttpOptions,
): FastifyReply {
  const refusal = refusalOf(error, request, service);
  if (refusal.retryAfter !== undefined) reply.header('retry-after', String(refusal.retryAfter));
  if (refusal.status === 401) reply.header('www-authenticate', `Keystone uri="${keystone}"`);
  // A body that was not read may not be taken for the next request.
  if (refusal.status === 413) reply.header('connection', 'close');
  const [type, body] = isNova(request)
    ? ['application/json; charset=UTF-8', novaBody(refusal)]
    : ['application/problem+json', problemBody(refusal, request.id)];
  return reply
    .code(refusal.status)
    .header('content-type', type)
    .send(Buffer.from(JSON.stringify(body)));
}

/** What a caller is told of an error: of this program's own ones nothing but that there was one. */
function refusalOf(error: unknown, request: FastifyRequest, service: Service): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof DatabaseError) {
    service.say(`${request.id}: ${error.message}`);
    return new Refusal(503, 'The service cannot remember anything now. Please try again at a later time.', 5);
  }
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message?: string };
  if (statusCode === 413) return new Refusal(413, 'Request is too large.');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Refusal(statusCode, message ?? 'Malformed request');
  service.say(
    `internal error, please report it: ${request.id}: ${error instanceof Error ? error.stack : error}`,
  );
  return new Refusal(500, 'Unexpected error. The request ID tells the operator which.');
}

function send(reply: FastifyReply, { status, headers = {}, body }: Answer): FastifyReply {
  reply.code(status).headers(headers).header('content-type', 'application/json');
  // As bytes: Fastify would add a charset to texts, and Nova has none here.
  return reply.send(Buffer.from(body === null ? '' : JSON.stringify(body)));
}

/** @throws Refusal 400 as Nova refuses a body that it cannot read */
function jsonIn(request: FastifyRequest): unknown {
  const type = headerOf(request.headers, 'content-type') ?? '';
  const body = bytesOf(request);
  if (body === undefined || !/^application\/json\s*(?:;|$)/i.test(type))
    throw new Refusal(400, 'Malformed request body');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Refusal(400, 'Malformed request body');
  }
}

function bytesOf(request: FastifyRequest): Buffer | undefined {
  return Buffer.isBuffer(request.body) ? request.body : undefined;
}

/** @throws Refusal 400 for what the operation does not know, or is told twice */
function queryIn(request: FastifyRequest, known: readonly string[]): Readonly<Record<string, string>> {
  const given = Object.entries(request.query as Readonly<Record<string, string | readonly string[]>>);
  for (const [name, value] of given) {
    if (!known.includes(name)) throw new Refusal(400, `The query may not have ${shortName(name)}.`);
    if (typeof value !== 'string') throw new Refusal(400, `The query has ${name} several times.`);
  }
  return Object.fromEntries(given) as Readonly<Record<string, string>>;
}

function demandTurn(seconds: number): void {
  if (seconds > 0) throw new Refusal(429, 'Too many requests. Please try again later.', seconds);
}

function isNova({ url }: FastifyRequest): boolean {
  return /^\/v2(?:\.1)?(?:\/|$)/.test(url);
}

function shortName(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 64);
}
