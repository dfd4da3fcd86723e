import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A Keystone and a Nova of recorded replies: bodies and headers as Zed's (nova 26.2.2, keystone 22.0.2) were seen to
 * send them, for tokens and servers that a test makes.
 */

export interface FakeToken {
  readonly user: { readonly id: string; readonly name: string };
  readonly project: { readonly id: string; readonly name: string } | null;
  readonly roles: readonly string[];
  expiresAt: number;
  revoked?: boolean;
}

export interface FakeServer {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  status: string;
  vmState: string;
  taskState: string | null;
  locked: boolean;
  ports: { readonly id: string; readonly mac: string }[];
}

export interface FakeCloud {
  readonly authUrl: string;
  readonly tokens: Map<string, FakeToken>;
  /** Who may log in with a password, by name, or with an application credential, by its ID: a token is made for each login. */
  readonly logins: Map<
    string,
    { readonly secret: string; readonly token: Omit<FakeToken, 'expiresAt'>; readonly seconds?: number }
  >;
  readonly servers: Map<string, FakeServer>;
  /** All requests, as `METHOD /path`. */
  readonly heard: string[];
  /** Texts of all requests that were handed on to Nova. */
  readonly forwarded: { readonly url: string; readonly body: string; readonly token: string }[];
  /** Of the service's own login, which they hold for from then on. */
  serviceRoles: readonly string[];
  /** In place of the answer of a service; null for its own. */
  keystone: ((response: ServerResponse) => void) | null;
  nova: ((response: ServerResponse) => void) | null;
  readonly close: () => Promise<void>;
}

/** The login of the service itself. */
export const SERVICE = { name: 'virtune', password: 'service-password-Zx81' } as const;
const SERVICE_TOKEN = 'gAAAA-service-token-Qq27';

export async function fakeCloud(): Promise<FakeCloud> {
  const tokens = new Map<string, FakeToken>();
  const servers = new Map<string, FakeServer>();
  const logins: FakeCloud['logins'] = new Map();
  let made = 0;
  const heard: string[] = [];
  const forwarded: FakeCloud['forwarded'] = [];
  const server: Server = createServer(async (request, response) => {
    heard.push(`${request.method} ${request.url}`);
    const body = await textOf(request);
    const url = new URL(request.url ?? '/', 'http://x');
    if (url.pathname.startsWith('/v3/')) {
      if (cloud.keystone !== null) return cloud.keystone(response);
      return keystone(request, response, body);
    }
    if (cloud.nova !== null) return cloud.nova(response);
    return nova(request, response, url, body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cloud: FakeCloud = {
    authUrl: `${base}/v3`,
    tokens,
    logins,
    servers,
    heard,
    forwarded,
    serviceRoles: SERVICE_USER.roles,
    keystone: null,
    nova: null,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
  return cloud;

  function keystone(request: IncomingMessage, response: ServerResponse, body: string) {
    const [path] = (request.url ?? '').split('?');
    if (request.method === 'POST' && path === '/v3/auth/tokens') {
      const { identity, scope } = JSON.parse(body).auth;
      const { user } = identity.password ?? {};
      const other = user === undefined ? identity.application_credential : undefined;
      const own = logins.get(user?.name ?? other?.id);
      if (own !== undefined) {
        const project = scope?.project?.name;
        if (
          own.secret !== (user?.password ?? other?.secret) ||
          (project !== undefined && project !== own.token.project?.name)
        )
          return keystoneError(response, 401, 'Unauthorized');
        const token = `gAAAA-made-${++made}-Tx84`;
        tokens.set(token, { ...own.token, expiresAt: Date.now() + (own.seconds ?? 3_600) * 1000 });
        response.setHeader('x-subject-token', token);
        return json(response, 201, { token: tokenBody(tokens.get(token) as FakeToken) });
      }
      if (user?.password !== SERVICE.password) return keystoneError(response, 401, 'Unauthorized');
      response.setHeader('x-subject-token', SERVICE_TOKEN);
      return json(response, 201, {
        token: {
          ...tokenBody({ ...SERVICE_USER, roles: cloud.serviceRoles, expiresAt: Date.now() + 3_600_000 }),
          catalog: [
            {
              type: 'compute',
              name: 'nova',
              endpoints: [{ interface: 'public', region_id: 'RegionOne', url: `${base}/v2.1` }],
            },
          ],
        },
      });
    }
    if (request.method === 'GET' && path === '/v3/auth/tokens') {
      if (request.headers['x-auth-token'] !== SERVICE_TOKEN)
        return keystoneError(response, 401, 'Unauthorized');
      const token = tokens.get(String(request.headers['x-subject-token']));
      if (token === undefined || token.revoked || token.expiresAt <= Date.now())
        return keystoneError(response, 404, 'Not Found');
      return json(response, 200, { token: tokenBody(token) });
    }
    if (request.method === 'DELETE' && path === '/v3/auth/tokens') {
      const subject = String(request.headers['x-subject-token']);
      if (!tokens.delete(subject)) return keystoneError(response, 404, 'Not Found');
      return json(response, 204, null);
    }
    return keystoneError(response, 404, 'Not Found');
  }

  function nova(request: IncomingMessage, response: ServerResponse, url: URL, body: string) {
    const sent = String(request.headers['x-auth-token']);
    const own = { ...SERVICE_USER, roles: cloud.serviceRoles, expiresAt: Number.POSITIVE_INFINITY };
    const token: FakeToken | undefined = sent === SERVICE_TOKEN ? own : tokens.get(sent);
    if (token === undefined || token.revoked)
      return json(response, 401, {
        error: {
          code: 401,
          title: 'Unauthorized',
          message: 'The request you have made requires authentication.',
        },
      });
    const version = /compute 2\.(\d+)/.exec(String(request.headers['openstack-api-version'] ?? ''))?.[1];
    if (Number(version ?? 1) > 93)
      return json(response, 406, {
        computeFault: {
          code: 406,
          message: `Version 2.${version} is not supported by the API. Minimum is 2.1 and maximum is 2.93.`,
        },
      });
    if (request.method === 'GET' && url.pathname === '/v2.1/servers/detail') {
      const of = (name: string) => url.searchParams.get(name);
      const all = [...servers.values()]
        .filter(
          (one) =>
            (token.roles.includes('admin') && of('all_tenants') === '1') || one.project === token.project?.id,
        )
        .filter((one) => of('project_id') === null || one.project === of('project_id'))
        .filter((one) => new RegExp(of('name') ?? '').test(one.name))
        .sort((a, b) => (a.project + a.name + a.id < b.project + b.name + b.id ? -1 : 1));
      const from = of('marker') === null ? 0 : all.findIndex(({ id }) => id === of('marker')) + 1;
      const limit = Number(of('limit') ?? 1000);
      const page = all.slice(from, from + limit);
      const links =
        page.length === limit
          ? { servers_links: [{ rel: 'next', href: 'http://elsewhere/x?marker=x' }] }
          : {};
      return json(response, 200, { servers: page.map((one) => shownServer(one, version)), ...links });
    }
    const [, id = '', port] =
      /^\/v2\.1\/servers\/([^/]+)(?:\/os-interface\/([^/]+))?$/.exec(url.pathname) ?? [];
    if (request.method !== 'GET' || id === '') {
      forwarded.push({ url: String(request.url), body, token: String(request.headers['x-auth-token']) });
      response.setHeader('x-nova', 'yes');
      return json(response, 202, null);
    }
    const found = servers.get(id);
    const isAdmin = token.roles.includes('admin');
    if (found === undefined || (!isAdmin && found.project !== token.project?.id))
      return json(response, 404, {
        itemNotFound: { code: 404, message: `Instance ${id} could not be found.` },
      });
    if (port !== undefined) {
      const own = found.ports.find((one) => one.id === port);
      if (own === undefined)
        return json(response, 404, {
          itemNotFound: { code: 404, message: `Port ${port} could not be found.` },
        });
      return json(response, 200, {
        interfaceAttachment: {
          port_id: port,
          mac_addr: own.mac,
          port_state: 'ACTIVE',
          net_id: 'n',
          fixed_ips: [],
        },
      });
    }
    json(response, 200, { server: shownServer(found, version) });
  }
}

function shownServer(found: FakeServer, version: string | undefined): object {
  return {
    ...{ id: found.id, name: found.name, status: found.status, tenant_id: found.project, user_id: 'u' },
    ...(Number(version ?? 1) >= 9 ? { locked: found.locked } : {}),
    'OS-EXT-STS:vm_state': found.vmState,
    'OS-EXT-STS:task_state': found.taskState,
    'OS-EXT-STS:power_state': 1,
  };
}

const SERVICE_USER = {
  user: { id: 'svc', name: SERVICE.name },
  project: { id: 'svcproject', name: 'service' },
  roles: ['service'],
};

function tokenBody({ user, project, roles, expiresAt }: Omit<FakeToken, 'revoked'>): object {
  return {
    methods: ['password'],
    user: { ...user, domain: { id: 'default', name: 'Default' }, password_expires_at: null },
    ...(project === null ? {} : { project: { ...project, domain: { id: 'default', name: 'Default' } } }),
    roles: roles.map((name) => ({ id: `role-${name}`, name })),
    expires_at: new Date(expiresAt).toISOString().replace('Z', '000Z'),
    issued_at: new Date(0).toISOString(),
    audit_ids: ['a'],
    is_domain: false,
  };
}

function keystoneError(response: ServerResponse, code: number, title: string): void {
  json(response, code, { error: { code, message: `${title}.`, title } });
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-openstack-request-id': 'req-nova' });
  response.end(body === null ? '' : JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
