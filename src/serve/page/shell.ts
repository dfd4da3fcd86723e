import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cloud } from '../../openstack/cloud.ts';
import type { Caller } from '../cloud/callers.ts';
import { refusalHeaders } from '../http/errors.ts';
import { bytesOf } from '../http/requests.ts';
import { Refusal, titleOf } from '../refusal.ts';
import type { Service } from '../service.ts';
import { type Form, field, formIn } from './form.ts';
import { isSame, type Session, type Sessions } from './session.ts';
import { troublePage } from './trouble.ts';
import type { Viewer } from './viewer.ts';
import type { PageAnswer } from './visit.ts';

/** What all requests of the page have in common. */

export interface PageOptions {
  readonly service: Service;
  readonly cloud: Pick<Cloud, 'config' | 'admit' | 'revoke'>;
  /** Everybody may look at the fleet. */
  readonly isPublic: boolean;
  /** Whether browsers reach this by TLS, as far as the service itself can tell. */
  readonly secure: boolean;
  /** Holds up who asks too often. @throws Refusal 429 */
  readonly demandTurn: (caller: Caller) => void;
}

/** What requests of a browser go through. */
export interface PageShell extends PageOptions {
  readonly sessions: Sessions;
  readonly isSecure: (request: FastifyRequest) => boolean;
  readonly sessionOf: (request: FastifyRequest) => Session | undefined;
}

/** Nothing but what this service sends itself is loaded or run, and nobody else frames it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-frame-options': 'DENY',
  // Not `no-referrer`: browsers would send forms with `Origin: null`.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** @throws Refusal 403 for a form that is not of this session */
export function ownForm(request: FastifyRequest, session: Session | undefined): Form {
  const form = formIn(request.headers['content-type'], bytesOf(request));
  if (session === undefined || !isSame(field(form, 'csrf'), session.formToken))
    throw new Refusal(403, 'This form is of another session, so nothing was done. Open the page again.');
  return form;
}

export function sendPage(reply: FastifyReply, answer: PageAnswer): FastifyReply {
  reply.headers(PAGE_HEADERS);
  if ('see' in answer) return reply.redirect(answer.see, 303);
  return reply.code(answer.status).header('content-type', 'text/html; charset=utf-8').send(answer.html);
}

/** A refusal as a page. */
export function sendTrouble(
  refusal: Refusal,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: Viewer | null = null,
): FastifyReply {
  refusalHeaders(refusal, reply);
  const title = titleOf(refusal.status);
  const html = troublePage(viewer, title, refusal.message, request.id);
  return sendPage(reply, { status: refusal.status, html });
}
