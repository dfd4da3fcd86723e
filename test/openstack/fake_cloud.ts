import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a cloud has; nothing of what is left out. */
export interface FakeFleet {
  readonly hypervisors: readonly object[];
  readonly services: readonly object[];
  readonly aggregates: readonly object[];
  readonly projects: readonly object[];
  readonly networks: readonly object[];
  readonly flavors: readonly object[];
  readonly policies: readonly object[];
  readonly agents: readonly object[];
  /** By position, so that a large cloud need not be held in memory. */
  readonly servers: { readonly count: number; readonly at: (index: number) => object };
  readonly ports: { readonly count: number; readonly at: (index: number) => object };
}

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FakeReply {
  readonly status: number;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection is ended without an answer. */
  readonly reset?: true;
}

export interface FakeCloud {
  /** Keystone's address, with `/v3`. */
  readonly authUrl: string;
  readonly requests: FakeRequest[];
  /** Answers in place of what the cloud would say; null lets it answer. */
  answer: (request: FakeRequest, count: number) => FakeReply | null;
  /** Makes all tokens given so far bad. */
  readonly revoke: () => void;
  readonly close: () => Promise<void>;
}

export interface FakeOptions {
  readonly fleet?: Partial<FakeFleet>;
  readonly regions?: readonly string[];
  /** How long a token is good. */
  readonly tokenMs?: number;
  readonly newest?: string;
}

export const PASSWORD = 'hunter2-pw';

/**
 * A cloud that answers as one of release Zed does: the shapes of Keystone, Nova and Neutron, seen on a real one. On
 * loopback, in this process; each test says what differs.
 */
export async function startFakeCloud(options: FakeOptions = {}): Promise<FakeCloud> {
  const tokens = new Map<string, number>();
  const counts = new Map<string, number>();
  let number = 0;
  const fleet: FakeFleet = { ...EMPTY, ...options.fleet };
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk: string) => (body += chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', base());
      const request = {
        method: incoming.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        body,
      };
      cloud.requests.push(request);
      const count = (counts.get(request.path) ?? 0) + 1;
      counts.set(request.path, count);
      send(response, cloud.answer(request, count) ?? usual(request));
    });
  });
  const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const usual = (request: FakeRequest): FakeReply => {
    const { method, path, headers } = request;
    if (path === '/v3/auth/tokens' && method === 'POST') return login(request.body);
    const token = String(headers['x-auth-token'] ?? '');
    if ((tokens.get(token) ?? 0) < Date.now())
      return error(401, 'error', 'The request you have made requires authentication.');
    if (path === '/v3/auth/tokens') {
      const subject = String(headers['x-subject-token'] ?? '');
      const ends = tokens.get(subject) ?? 0;
      if (ends < Date.now()) return error(404, 'error', 'Could not recognize Fernet token');
      return { status: 200, body: tokenBody(ends, []) };
    }
    return list(request);
  };

  const login = (body: string): FakeReply => {
    const { identity } = (JSON.parse(body) as { auth: { identity: Record<string, never> } }).auth;
    const { password, application_credential: credential } = identity as {
      password?: { user: { password: string } };
      application_credential?: { secret: string };
    };
    if ((password?.user.password ?? credential?.secret) !== PASSWORD)
      return error(401, 'error', 'The request you have made requires authentication.');
    const token = `gAAAA-${++number}`;
    const ends = Date.now() + (options.tokenMs ?? 3_600_000);
    tokens.set(token, ends);
    const regions = options.regions ?? ['RegionOne'];
    return { status: 201, body: tokenBody(ends, regions), headers: { 'x-subject-token': token } };
  };

  const tokenBody = (ends: number, regions: readonly string[]) => ({
    token: {
      methods: ['password'],
      user: { id: '89b7', name: 'admin', domain: { id: 'default', name: 'Default' } },
      project: { id: '5529', name: 'admin', domain: { id: 'default', name: 'Default' } },
      roles: [
        { id: '1', name: 'reader' },
        { id: '2', name: 'member' },
        { id: '3', name: 'admin' },
      ],
      expires_at: new Date(ends).toISOString(),
      audit_ids: [`audit-${number}`],
      catalog: [
        { type: 'compute', name: 'nova', endpoints: regions.map((region) => endpoint(region, '/v2.1')) },
        { type: 'network', name: 'neutron', endpoints: regions.map((region) => endpoint(region, '')) },
      ],
    },
  });
  const endpoint = (region: string, path: string) => ({
    interface: 'public',
    region_id: region,
    region,
    url: `${base()}/${region}${path}`,
  });

  const list = ({ path, query }: FakeRequest): FakeReply => {
    const rest = path.replace(/^\/[^/]+\/v2(?:\.[01])?/, '');
    if (rest === '/' || rest === '')
      return { status: 200, body: { version: { id: 'v2.1', version: options.newest ?? '2.93' } } };
    if (path.startsWith('/v3/projects')) return { status: 200, body: { projects: fleet.projects } };
    const pages: Record<string, () => FakeReply> = {
      '/servers/detail': () => page('servers', fleet.servers, query, path),
      '/ports': () => page('ports', fleet.ports, query, path),
      '/os-hypervisors/detail': () => page('hypervisors', ofArray(fleet.hypervisors), query, path),
      '/flavors/detail': () => page('flavors', ofArray(fleet.flavors), query, path),
      '/os-services': () => ({ status: 200, body: { services: fleet.services } }),
      '/os-aggregates': () => ({ status: 200, body: { aggregates: fleet.aggregates } }),
      '/networks': () => page('networks', ofArray(fleet.networks), query, path),
      '/qos/policies': () => page('policies', ofArray(fleet.policies), query, path),
      '/agents': () => ({ status: 200, body: { agents: fleet.agents } }),
    };
    return pages[rest]?.() ?? { status: 404, text: '<html>404 Not Found</html>' };
  };

  const page = (
    key: string,
    { count, at }: FakeFleet['servers'],
    query: URLSearchParams,
    path: string,
  ): FakeReply => {
    const limit = Math.min(Number(query.get('limit') ?? 1000), 1000);
    const from = Number(query.get('marker') ?? 0);
    const end = Math.min(count, from + limit);
    const items = Array.from({ length: Math.max(0, end - from) }, (_, i) => at(from + i));
    const next = new URLSearchParams(query);
    next.set('marker', String(end));
    // The address is one that only the cloud could reach: clients take its query alone.
    const links = [{ rel: 'next', href: `http://inside.invalid${path}?${next}` }];
    return { status: 200, body: { [key]: items, ...(end < count ? { [`${key}_links`]: links } : {}) } };
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cloud: FakeCloud = {
    authUrl: `${base()}/v3`,
    requests: [],
    answer: () => null,
    revoke: () => tokens.clear(),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return cloud;
}

function send(response: ServerResponse, { status, body, text, headers, reset }: FakeReply): void {
  if (reset) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(text ?? (body === undefined ? '' : JSON.stringify(body)));
}

export function error(status: number, key: string, message: string): FakeReply {
  return { status, body: { [key]: { code: status, message, title: 'X' } } };
}

function ofArray(items: readonly object[]): FakeFleet['servers'] {
  return { count: items.length, at: (index) => items[index] ?? {} };
}

const NONE: FakeFleet['servers'] = { count: 0, at: () => ({}) };

const EMPTY: FakeFleet = {
  ...{
    hypervisors: [],
    services: [],
    aggregates: [],
    projects: [],
    networks: [],
    flavors: [],
    policies: [],
    agents: [],
  },
  servers: NONE,
  ports: NONE,
};
