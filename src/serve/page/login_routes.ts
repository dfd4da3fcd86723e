import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Login } from '../../openstack/config.ts';
import { type Caller, ownerOf } from '../cloud/callers.ts';
import { refusalOf } from '../http/errors.ts';
import { rateLimit } from '../http/rate_limit.ts';
import { bytesOf } from '../http/requests.ts';
import { Refusal } from '../refusal.ts';
import { insertAudit } from '../store/audit.ts';
import { demandOwnPage, type Form, formIn, nextIn } from './form.ts';
import { EMPTY_LOGIN, type LoginForm, loginAgain, loginIn, loginPage } from './login.ts';
import { cookieFor } from './session.ts';
import { ownForm, type PageShell, sendPage, sendTrouble } from './shell.ts';

/** Tries of one address, and of one name from wherever: so many at once, and then one in so many seconds. */
const OF_ADDRESS = { burst: 10, everyS: 6 };
const OF_NAME = { burst: 20, everyS: 3 };

/** Logging in and out. */
export function registerLogin(app: FastifyInstance, shell: PageShell): void {
  const byAddress = rateLimit(1 / OF_ADDRESS.everyS, { burst: OF_ADDRESS.burst });
  const byName = rateLimit(1 / OF_NAME.everyS, { burst: OF_NAME.burst });
  const { service, cloud, sessions } = shell;
  const shown = (reply: FastifyReply, status: number, form: LoginForm, next: string, said: Said = '') =>
    sendPage(reply, { status, html: loginPage({ ...form, cloud: cloud.config.name, next, said }) });

  app.get('/ui/login', (request, reply) => {
    const { searchParams } = new URL(request.url, 'http://localhost');
    const way = searchParams.get('way') === 'application_credential' ? 'application_credential' : 'password';
    const said = SAID.find((one) => one === searchParams.get('said')) ?? '';
    return shown(reply, 200, { ...EMPTY_LOGIN, way }, nextIn(searchParams.get('next')), said);
  });

  app.post('/ui/login', async (request, reply) => {
    try {
      // There is no session yet whose token the form could carry.
      demandOwnPage(request.headers);
      const form = formIn(request.headers['content-type'], bytesOf(request));
      const next = nextIn(form.get('next') ?? null);
      const read = loginIn(form);
      if ('again' in read) return shown(reply, 400, read.again, next);
      const seconds = Math.max(byAddress.take(request.ip), byName.take(nameOf(read.login)));
      if (seconds > 0) {
        reply.header('retry-after', String(seconds));
        return shown(
          reply,
          429,
          loginAgain(form, `There were too many tries. Please try again in ${seconds} seconds.`),
          next,
        );
      }
      const found = await admitted(shell, read.login, form);
      if ('again' in found) {
        await left(shell, request, null, 401, found.again.error);
        return shown(reply, 401, found.again, next);
      }
      const { caller, token, expiresAt } = found;
      await left(shell, request, caller, 303, 'logged in');
      // Whoever was logged in before is not any more.
      const before = shell.sessionOf(request);
      if (before !== undefined) sessions.end(before.id);
      const session = sessions.begin(token, expiresAt);
      reply.header('set-cookie', cookieFor(session, shell.isSecure(request), Date.now()));
      return sendPage(reply, { see: next });
    } catch (error) {
      return sendTrouble(refusalOf(error, request, service), request, reply);
    }
  });

  app.post('/ui/logout', async (request, reply) => {
    try {
      demandOwnPage(request.headers);
      const session = shell.sessionOf(request);
      if (session !== undefined) {
        ownForm(request, session);
        sessions.end(session.id);
        // Where Keystone is away the token ends by its time; nobody has it any more.
        await cloud
          .revoke(session.token)
          .catch((error: Error) => service.say(`a token was not revoked: ${error.message}`));
      }
      reply.header('set-cookie', cookieFor(null, shell.isSecure(request), Date.now()));
      return sendPage(reply, { see: '/ui/login?said=out' });
    } catch (error) {
      return sendTrouble(refusalOf(error, request, service), request, reply);
    }
  });
}

const SAID = ['ended', 'out', 'elsewhere'] as const;
type Said = (typeof SAID)[number] | '';

type Admitted =
  | { readonly again: LoginForm }
  | { readonly caller: Caller; readonly token: string; readonly expiresAt: number };

/** @throws Refusal 503 where Keystone does not say */
async function admitted({ cloud, service }: PageShell, login: Login, form: Form): Promise<Admitted> {
  const found = await cloud.admit(login).catch((cause: Error) => {
    service.say(`Keystone does not say whether a login is right: ${cause.message}`);
    throw new Refusal(503, 'The identity service does not answer. Please try again at a later time.', 5);
  });
  if (found === null) {
    const what =
      login.kind === 'password' ? 'this user, password and project' : 'this application credential';
    return { again: loginAgain(form, `The cloud does not know ${what}.`) };
  }
  const { token, info } = found;
  if (info.project === null) {
    const error = 'The user has no default project: name one.';
    return { again: loginAgain(form, '', { project: error }) };
  }
  return { caller: await service.callers.whoIs(token, 0), token, expiresAt: info.expiresAt };
}

/** Of all who try with one name; a secret is no part of it. */
function nameOf(login: Login): string {
  if (login.kind === 'password') return JSON.stringify(login.user);
  return login.kind === 'application_credential' ? JSON.stringify(login.credential) : '';
}

/** What was filled in stands nowhere: a password may have been typed into the wrong field. */
async function left(
  { service }: PageShell,
  { id: request, ip: remote }: FastifyRequest,
  caller: Caller | null,
  status: number,
  detail: string,
): Promise<void> {
  await insertAudit(service.database, {
    ...{ request, remote, action: 'log in', server: null, mac: null, status, detail },
    owner: caller === null ? null : ownerOf(caller),
    projects: caller === null ? [] : [caller.project.id],
  }).catch((error: Error) => service.say(`${request} left no line in the audit: ${error.message}`));
}
