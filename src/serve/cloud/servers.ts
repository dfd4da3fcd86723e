import type { Cloud } from '../../openstack/cloud.ts';
import { CloudError } from '../../openstack/errors.ts';
import { steadyNow } from '../../watch/clock.ts';
import { isUuid } from '../action.ts';
import { Refusal, unauthenticated } from '../refusal.ts';
import type { Caller } from './callers.ts';
import { outage } from './outage.ts';

/** A server as Nova tells its caller. */
export interface Server {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly status: string;
  readonly vmState: string;
  readonly taskState: string | null;
  readonly locked: boolean;
}

export interface Servers {
  /** As it is now. @throws Refusal as Nova refuses the caller, or 503 where it does not answer */
  readonly ask: (caller: Caller, id: string, microversion?: string) => Promise<Server>;
  /** The same, as it was some seconds ago: whether a caller may see it. */
  readonly seen: (caller: Caller, id: string) => Promise<Server>;
  /** Those that Nova shows the caller, an admin all of them, by project and name. @throws Refusal */
  readonly list: (caller: Caller, query: ServersQuery) => Promise<ServersPage>;
  /** The MAC of one of its ports. @throws Refusal 404 for a port that is none of its */
  readonly macOf: (caller: Caller, id: string, port: string) => Promise<string>;
}

export interface ServersQuery {
  /** Part of a name; '' for all. */
  readonly name: string;
  /** The ID of a project, for admins; '' for all. */
  readonly project: string;
  /** The last one of the page before; null for the first page. */
  readonly after: string | null;
  readonly limit: number;
}

export interface ServersPage {
  readonly servers: readonly Server[];
  readonly hasMore: boolean;
}

/** From here on a server says whether it is locked. */
const MICROVERSION = '2.9';
const SEEN_MS = 10_000;
const MOST = 20_000;
/** What Nova says to the caller, and not to this service. */
const ANSWERS = [400, 401, 403, 404, 406, 413, 429];

/**
 * @param say hears why Nova does not answer
 * @param steady milliseconds, by a clock that nobody sets
 */
export function novaServers(
  cloud: Pick<Cloud, 'as'>,
  say: (text: string) => void,
  steady: () => number = steadyNow,
): Servers {
  const known = new Map<string, { readonly at: number; readonly server: Server }>();
  const nova = outage(
    (cause) => (cause instanceof CloudError ? `Nova does not answer: ${cause.message}` : cause.message),
    'Nova answers again.',
    say,
    steady,
  );
  const get = async (
    caller: Caller,
    path: string,
    microversion: string,
    query: Readonly<Record<string, string | readonly string[]>> = {},
  ): Promise<unknown> => {
    const reply = await cloud
      .as(caller.token)
      .call({
        service: 'compute',
        ...{ path, query },
        headers: { 'openstack-api-version': `compute ${microversion}` },
        accept: ANSWERS,
      })
      .catch((cause: Error) => {
        nova.failed(cause);
        throw unavailable();
      });
    if (reply.status === 200) return reply.body;
    nova.answered();
    throw refusedByNova(reply.status, reply.body, reply.headers['retry-after']);
  };
  const garbled = (path: string): Refusal => {
    nova.failed(new Error(`Nova's answer to ${path} is not what was asked for`));
    return unavailable();
  };
  const ask: Servers['ask'] = async (caller, id, microversion = MICROVERSION) => {
    if (!isUuid(id)) throw notFound(id);
    const path = `/servers/${id.toLowerCase()}`;
    const server = toServer(mapOf(await get(caller, path, microversion)).server);
    if (server === null || server.id !== id.toLowerCase()) throw garbled(path);
    nova.answered();
    const key = `${caller.key} ${server.id}`;
    known.delete(key);
    known.set(key, { at: steady(), server });
    if (known.size > MOST) for (const oldest of [...known.keys()].slice(0, MOST / 10)) known.delete(oldest);
    return server;
  };
  return {
    ask,
    list: async (caller, { name, project, after, limit }) => {
      const path = '/servers/detail';
      const body = mapOf(
        await get(caller, path, MICROVERSION, {
          limit: String(limit),
          sort_key: ['project_id', 'display_name', 'uuid'],
          sort_dir: ['asc', 'asc', 'asc'],
          ...(caller.isAdmin ? { all_tenants: '1', ...(project === '' ? {} : { project_id: project }) } : {}),
          // Nova takes a regular expression of its database.
          ...(name === '' ? {} : { name: name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&') }),
          ...(after === null ? {} : { marker: after }),
        }),
      );
      const servers = Array.isArray(body.servers) ? body.servers.map(toServer) : [null];
      if (!servers.every((one) => one !== null)) throw garbled(path);
      nova.answered();
      const links = Array.isArray(body.servers_links) ? body.servers_links : [];
      return {
        servers,
        hasMore: links.some((link) => mapOf(link).rel === 'next'),
      };
    },
    seen: async (caller, id) => {
      const before = known.get(`${caller.key} ${id.toLowerCase()}`);
      return before !== undefined && steady() - before.at < SEEN_MS ? before.server : ask(caller, id);
    },
    macOf: async (caller, id, port) => {
      const path = `/servers/${id}/os-interface/${port}`;
      const body = await get(caller, path, MICROVERSION);
      const mac = mapOf(mapOf(body).interfaceAttachment).mac_addr;
      if (typeof mac !== 'string') throw garbled(path);
      nova.answered();
      return mac.toLowerCase();
    },
  };
}

/**
 * Whether Nova lets a server be acted on now, as it says it itself (nova/compute/api.py, `check_instance_lock`,
 * `check_instance_state`).
 * @throws Refusal 409
 */
export function demandActive(
  { id, vmState, taskState, locked }: Server,
  action: string,
  isAdmin: boolean,
): void {
  if (locked && !isAdmin) throw new Refusal(409, `Instance ${id} is locked`);
  if (vmState !== 'active')
    throw new Refusal(409, `Cannot '${action}' instance ${id} while it is in vm_state ${vmState}`);
  if (taskState !== null)
    throw new Refusal(409, `Cannot '${action}' instance ${id} while it is in task_state ${taskState}`);
}

export function notFound(id: string): Refusal {
  const shown = id.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 64);
  return new Refusal(404, `Instance ${shown} could not be found.`);
}

function unavailable(): Refusal {
  return new Refusal(503, 'The compute service does not answer. Please try again at a later time.', 5);
}

function refusedByNova(status: number, body: unknown, retryAfter: unknown): Refusal {
  if (status === 401) return unauthenticated();
  if (!ANSWERS.includes(status)) return unavailable();
  const message = Object.values(mapOf(body))
    .map((part) => mapOf(part).message)
    .find((text) => typeof text === 'string');
  const seconds = Number(retryAfter);
  return new Refusal(
    status,
    typeof message === 'string' ? message.slice(0, 500) : `Nova answers ${status}.`,
    Number.isInteger(seconds) && seconds >= 0 ? seconds : undefined,
  );
}

/** null for what is no server */
function toServer(value: unknown): Server | null {
  const server = mapOf(value);
  const { id, status, name, tenant_id: project } = server;
  if (typeof id !== 'string' || !isUuid(id) || typeof status !== 'string' || typeof project !== 'string')
    return null;
  const vmState = server['OS-EXT-STS:vm_state'];
  const taskState = server['OS-EXT-STS:task_state'] ?? null;
  // Without a word about the lock nothing may be done: a cloud older than this service knows.
  if (typeof server.locked !== 'boolean' || (taskState !== null && typeof taskState !== 'string'))
    return null;
  return {
    ...{ id, project, status, taskState, locked: server.locked },
    name: typeof name === 'string' ? name : '',
    // A cloud may keep the finer state from members: the status tells nearly the same.
    vmState: typeof vmState === 'string' ? vmState : status.toLowerCase(),
  };
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
