import { ATTEMPTS, type AttemptPolicy, sendPatiently } from './attempts.ts';
import { catalogOf, type Endpoint, endpointOf, regionsOf, type TokenInfo, tokenInfo } from './catalog.ts';
import type { CloudConfig, Login, Service } from './config.ts';
import { CloudError, codeOf, saidIn } from './errors.ts';
import { HTTP_LIMITS, HttpFailure, type HttpLimits, type HttpReply, openHttp } from './http.ts';
import { loginBody, secretsOf } from './login.ts';

/** A call to a service. */
export interface CloudRequest {
  readonly service: Service;
  /** GET where it is absent. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the service's versioned root, with what is not plain in it encoded: `/servers/detail`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
  /** Nova's, as {@link Cloud.microversion} has found it: `2.90`. */
  readonly microversion?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses from 400 on that are answers to the caller, and no errors. */
  readonly accept?: readonly number[];
  /** Sending it twice does no harm; what only reads is so by itself. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface CloudReply {
  readonly status: number;
  readonly headers: HttpReply['headers'];
  /** JSON, parsed; null for an empty body, and the text of one that is not JSON in an answer from 400 on. */
  readonly body: unknown;
}

/** A token that is good now, and what it came with. */
export interface Session {
  readonly token: string;
  readonly info: TokenInfo;
  readonly catalog: readonly Endpoint[];
}

/** A cloud in one region, called with one identity. */
export interface Cloud {
  readonly config: CloudConfig;
  /** @throws CloudError, and for a catalog with several regions where none is named */
  readonly region: () => Promise<string>;
  /** The token of this identity and what Keystone said with it: a new one a minute before the old one ends. */
  readonly session: () => Promise<Session>;
  /** One answer. @throws CloudError for every status from 400 on that `accept` does not name, and without an answer */
  readonly call: (request: CloudRequest) => Promise<CloudReply>;
  /** The address of a service's versioned root, without a slash at its end: `http://10.0.0.1:8774/v2.1`. @throws CloudError */
  readonly endpoint: (service: Service) => Promise<string>;
  /** The lower of the microversion that is wanted and Nova's newest one. @throws CloudError */
  readonly microversion: (wanted: string) => Promise<string>;
  /**
   * What Keystone says of somebody else's token; null where it is expired, revoked or no token at all. Nothing is kept:
   * a revoked token is known as such at once. It needs the role `service` or `admin`.
   * @throws CloudError
   */
  readonly validate: (token: string) => Promise<TokenInfo | null>;
  /**
   * A token for somebody else's login; null where Keystone does not believe it, or lets it into no such project. Nothing
   * of it is kept.
   * @throws CloudError
   */
  readonly admit: (login: Login) => Promise<Omit<Session, 'catalog'> | null>;
  /** Ends a token by its own right. @throws CloudError */
  readonly revoke: (token: string) => Promise<void>;
  /** The same cloud and region with a caller's token in place of the login: a 401 is the caller's, and never repeated. */
  readonly as: (token: string) => Cloud;
  /** The same cloud and login in another region. */
  readonly in: (region: string) => Cloud;
  /** Ends kept connections, those of `as` and `in` among them. */
  readonly close: () => void;
}

export interface CloudOptions {
  readonly limits?: Partial<HttpLimits>;
  readonly attempts?: AttemptPolicy;
}

/** A minute before its end a token counts as ended: a request takes its time, and clocks differ. */
const EARLY_MS = 60_000;

/** Opens nothing yet: the first call logs in. */
export function openCloud(config: CloudConfig, options: CloudOptions = {}): Cloud {
  const shared = shareLogin(config, options);
  const [only] = config.regions.length === 1 ? config.regions : [];
  return cloudIn(shared, only ?? null, null);
}

/** What the regions of a cloud, and all who call it, have in common. */
interface Shared {
  readonly config: CloudConfig;
  readonly send: (request: Sending) => Promise<CloudReply>;
  readonly session: () => Promise<Session>;
  readonly admit: Cloud['admit'];
  /** Forgets a token that was turned down, unless there is a newer one already. */
  readonly drop: (token: string) => void;
  /** Newest microversions by Nova's address. */
  readonly newest: Map<string, Promise<string>>;
  readonly close: () => void;
}

interface Sending extends Omit<CloudRequest, 'service' | 'path' | 'query' | 'microversion'> {
  readonly url: URL;
  readonly secrets?: readonly string[];
}

function shareLogin(config: CloudConfig, { limits, attempts = ATTEMPTS }: CloudOptions): Shared {
  const http = openHttp(config.tls, { ...HTTP_LIMITS, ...limits });
  const own = secretsOf(config.login);
  const send = async ({ url, method = 'GET', headers, body, accept = [], ...rest }: Sending) => {
    const what = `${method} ${url.origin}${url.pathname}`;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const json: Record<string, string> = text === undefined ? {} : { 'content-type': 'application/json' };
    const request = {
      method,
      url,
      headers: { accept: 'application/json', ...json, ...headers },
      body: text,
      signal: rest.signal,
    };
    let reply: HttpReply;
    try {
      reply = await sendPatiently(http, request, rest.repeatable ?? method === 'GET', attempts);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const code = error.kind === 'too_long' ? 'malformed' : error.kind;
      throw new CloudError(config.name, code, `${what}: ${error.message}`);
    }
    const parsed = parseBody(reply);
    if (reply.status >= 400 && !accept.includes(reply.status)) {
      const said = saidIn(parsed.body, [...own, ...(rest.secrets ?? [])]);
      const { status } = reply;
      throw new CloudError(config.name, codeOf(status), `${what} gets ${status}`, { status, said });
    }
    if (reply.status < 400 && 'problem' in parsed)
      throw new CloudError(config.name, 'malformed', `${what}: the answer ${parsed.problem}`);
    return { status: reply.status, headers: reply.headers, body: parsed.body };
  };
  let current: Promise<Session> | null = null;
  let newest: string | null = null;
  const tokenFor = async (given: Login, accept: readonly number[]): Promise<Session | null> => {
    const url = new URL(`${config.authUrl}/auth/tokens`);
    const asking = {
      url,
      method: 'POST',
      body: loginBody(given),
      secrets: secretsOf(given),
      accept,
    } as const;
    const reply = await send({ ...asking, repeatable: true });
    if (reply.status >= 400) return null;
    const token = reply.headers['x-subject-token'];
    const info = tokenInfo(reply.body);
    if (typeof token !== 'string' || info === null)
      throw new CloudError(config.name, 'malformed', `POST ${url.href}: the answer is not Keystone's`);
    return { token, info, catalog: catalogOf(reply.body) };
  };
  const login = async (): Promise<Session> => {
    const session = (await tokenFor(config.login, [])) as Session;
    newest = session.token;
    return session;
  };
  const session = async (): Promise<Session> => {
    const started = current ?? login();
    current = started;
    try {
      const held = await started;
      if (held.info.expiresAt - EARLY_MS > Date.now()) return held;
      // Keystone may give short tokens, or clocks may differ: one that has just come is used in any case.
      if (current === started) current = login();
      return await current;
    } catch (error) {
      if (current === started) current = null;
      throw error;
    }
  };
  const drop = (token: string) => {
    if (token === newest) current = null;
  };
  // 400 is a domain that is none, 403 a user who is disabled: 401 says neither which nor why.
  const admit = (given: Login) => tokenFor(given, [400, 401, 403, 404]);
  return { config, send, session, admit, drop, newest: new Map(), close: http.close };
}

function parseBody({ status, text }: HttpReply): { body: unknown; problem?: string } {
  if (text === '') return { body: null };
  try {
    return { body: JSON.parse(text) };
  } catch {
    return status >= 400 ? { body: text } : { body: null, problem: 'is not JSON' };
  }
}

/** @param token a caller's; null for the login of the configuration */
function cloudIn(shared: Shared, named: string | null, token: string | null): Cloud {
  const { config } = shared;
  const fail = (message: string) => new CloudError(config.name, 'no_service', message);

  const region = async () => {
    if (named !== null) return named;
    const [first, ...others] = regionsOf((await shared.session()).catalog);
    if (first === undefined) throw fail('its catalog has no compute service');
    if (others.length === 0) return first;
    throw fail(`it has several regions, ${[first, ...others].join(', ')}: name one with "region_name"`);
  };

  const endpoint = async (service: Service): Promise<string> => {
    if (service === 'identity') return config.authUrl;
    const given = config.endpoints[service];
    if (given !== undefined) return versioned(service, given);
    const found = endpointOf((await shared.session()).catalog, service, await region(), config.interface);
    if ('problem' in found) throw fail(found.problem);
    return versioned(service, found.url);
  };

  const call = async (request: CloudRequest): Promise<CloudReply> => {
    const { service, path, query = {}, microversion, ...rest } = request;
    const url = new URL(`${await endpoint(service)}${path}`);
    for (const [key, values] of Object.entries(query))
      for (const value of [values].flat()) url.searchParams.append(key, value);
    const version: Record<string, string> =
      microversion === undefined ? {} : { 'openstack-api-version': `compute ${microversion}` };
    const sendWith = (used: string) =>
      shared.send({
        ...rest,
        url,
        headers: { ...rest.headers, ...version, 'x-auth-token': used },
        secrets: [used, rest.headers?.['x-subject-token'] ?? ''],
      });
    if (token !== null) return sendWith(token);
    const held = (await shared.session()).token;
    try {
      return await sendWith(held);
    } catch (error) {
      // Keystone was restarted with other keys, or the token was revoked: a new one settles it, or nothing does.
      if (!(error instanceof CloudError) || error.code !== 'unauthorized') throw error;
      shared.drop(held);
      return sendWith((await shared.session()).token);
    }
  };

  const cloud: Cloud = {
    config,
    region,
    session: shared.session,
    endpoint,
    call,
    microversion: async (wanted) => {
      const base = await endpoint('compute');
      const asked = shared.newest.get(base) ?? newestMicroversion(shared, base);
      shared.newest.set(base, asked);
      try {
        return lower(wanted, await asked);
      } catch (error) {
        shared.newest.delete(base);
        throw error;
      }
    },
    validate: async (other) => {
      const reply = await cloud.call({
        service: 'identity',
        path: '/auth/tokens?nocatalog',
        headers: { 'x-subject-token': other },
        accept: [404],
      });
      if (reply.status === 404) return null;
      const info = tokenInfo(reply.body);
      if (info !== null) return info;
      throw new CloudError(config.name, 'malformed', 'Keystone does not say whose a token is');
    },
    admit: shared.admit,
    revoke: async (other) => {
      const url = new URL(`${config.authUrl}/auth/tokens`);
      const headers = { 'x-auth-token': other, 'x-subject-token': other };
      // 401 and 404: it is no token any more.
      await shared.send({
        url,
        method: 'DELETE',
        headers,
        secrets: [other],
        accept: [401, 404],
        repeatable: true,
      });
    },
    as: (other) => cloudIn(shared, named, other),
    in: (other) => cloudIn(shared, other, token),
    close: shared.close,
  };
  return cloud;
}

/** Catalogs have Neutron without a version, and Nova with one, below which a project may stand. */
function versioned(service: Service, url: string): string {
  const base = url.replace(/\/+$/, '');
  if (service === 'network') return /\/v2\.0$/.test(base) ? base : `${base}/v2.0`;
  const [root] = /^.*\/v2(?:\.1)?(?=\/|$)/.exec(base) ?? [];
  return (root ?? `${base}/v2.1`).replace(/\/v2$/, '/v2.1');
}

async function newestMicroversion(shared: Shared, base: string): Promise<string> {
  const { token } = await shared.session();
  const { body } = await shared.send({ url: new URL(`${base}/`), headers: { 'x-auth-token': token } });
  const { version } = (body as { version?: { version?: unknown } } | null)?.version ?? {};
  // Nova of before microversions has an empty text.
  return typeof version === 'string' && /^2\.\d+$/.test(version) ? version : '2.1';
}

function lower(a: string, b: string): string {
  return Number(a.slice(2)) <= Number(b.slice(2)) ? a : b;
}
