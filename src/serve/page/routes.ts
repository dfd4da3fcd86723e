import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FRESH_TO_READ_MS, FRESH_TO_WRITE_MS } from '../cloud/callers.ts';
import { refusalHeaders, refusalOf } from '../http/errors.ts';
import { newTrail, trailed } from '../http/trail.ts';
import { Refusal } from '../refusal.ts';
import { ASSETS } from './assets.ts';
import { cameFromElsewhere, demandOwnPage, type Form } from './form.ts';
import { to } from './html.ts';
import { registerLogin } from './login_routes.ts';
import { LOOK_ROUTES } from './look_routes.ts';
import { cookieFor, newSessions, sessionIn } from './session.ts';
import { AnsweredRefusal, SET_ROUTES } from './set_routes.ts';
import { ownForm, PAGE_HEADERS, type PageOptions, type PageShell, sendPage, sendTrouble } from './shell.ts';
import { type Viewer, viewerOf } from './viewer.ts';
import type { PageAnswer, PageRoute } from './visit.ts';

export function isPage(url: string): boolean {
  return /^\/(?:ui(?:[/?]|$)|$|\?)/.test(url);
}

/** The page for people, below /ui. */
export function registerPage(app: FastifyInstance, options: PageOptions): void {
  const isSecure = ({ headers }: FastifyRequest): boolean =>
    // What stands before this service says so; from somebody else it makes their own cookie stricter.
    options.secure || headers['x-forwarded-proto'] === 'https';
  const sessions = newSessions();
  const sessionOf = (request: FastifyRequest) =>
    sessions.find(sessionIn(request.headers.cookie, isSecure(request)));
  const shell: PageShell = { ...options, sessions, isSecure, sessionOf };
  app.get('/', (_, reply) => reply.redirect('/ui', 303));
  for (const { path, type, content } of Object.values(ASSETS))
    app.get(path, (_, reply) =>
      reply
        .headers({
          ...PAGE_HEADERS,
          'content-type': type,
          'cache-control': 'public, max-age=31536000, immutable',
        })
        .send(content),
    );
  registerLogin(app, shell);
  for (const route of [...LOOK_ROUTES, ...SET_ROUTES])
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => visited(shell, route, request, reply),
    });
}

async function visited(
  shell: PageShell,
  route: PageRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { service } = shell;
  const params = request.params as Readonly<Record<string, string>>;
  const url = new URL(request.url, 'http://localhost');
  // What can be looked at again by its address alone.
  const back = route.method === 'GET' ? request.url : '/ui';
  let viewer: Viewer | null = null;
  try {
    const trail = route.sets === undefined ? null : newTrail(route.sets, params.server);
    const answer = await trailed(request, trail, service, async () => {
      if (route.method === 'POST') demandOwnPage(request.headers);
      const session = shell.sessionOf(request);
      if (session === undefined && (!shell.isPublic || route.for === 'callers'))
        return toLogin(request, back);
      const fresh = route.method === 'POST' ? FRESH_TO_WRITE_MS : FRESH_TO_READ_MS;
      const caller = session === undefined ? null : await service.callers.whoIs(session.token, fresh);
      if (caller !== null) shell.demandTurn(caller);
      if (trail !== null) trail.caller = caller;
      viewer = viewerOf(caller, session?.formToken ?? '');
      if (route.for === 'fleet' && !viewer.seesFleet) throw new Refusal(403, 'Hosts are shown to admins.');
      const form = route.method === 'POST' ? ownForm(request, session) : NO_FORM;
      const { id, ip: remote } = request;
      return route.handle({
        service,
        id,
        remote,
        viewer,
        params,
        query: url.searchParams,
        form,
        now: Date.now(),
      });
    });
    return sendPage(reply, answer);
  } catch (error) {
    if (error instanceof AnsweredRefusal) {
      refusalHeaders(error, reply);
      return sendPage(reply, error.answer);
    }
    const refusal = refusalOf(error, request, service);
    if (refusal.status === 401) {
      const session = shell.sessionOf(request);
      if (session !== undefined) shell.sessions.end(session.id);
      reply.header('set-cookie', cookieFor(null, shell.isSecure(request), Date.now()));
      return sendPage(reply, { see: to('/ui/login', { said: 'ended', next: back === '/ui' ? '' : back }) });
    }
    return sendTrouble(refusal, request, reply, viewer);
  }
}

const NO_FORM: Form = new Map();

/** Without a cookie: who comes by a link of another site may have one that the browser keeps back. */
function toLogin(request: FastifyRequest, back: string): PageAnswer {
  const said = request.method === 'GET' && cameFromElsewhere(request.headers) ? 'elsewhere' : '';
  return { see: to('/ui/login', { said, next: back === '/ui' && said === '' ? '' : back }) };
}
