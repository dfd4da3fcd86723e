import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cloud } from '../../openstack/cloud.ts';
import { Refusal } from '../refusal.ts';

/** Those of one connection (RFC 9110, 7.6.1), and what the other side is to make itself. */
const OF_THE_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te'],
  ...['trailer', 'transfer-encoding', 'upgrade', 'host', 'content-length', 'expect', 'idempotency-key'],
]);

const DEADLINE_MS = 60_000;

/** Hands a request to Nova as it came, with the caller's own token, and its answer back as it comes. */
export type Forward = (
  request: FastifyRequest,
  reply: FastifyReply,
  body: Buffer | undefined,
) => Promise<void>;

export function novaProxy(cloud: Pick<Cloud, 'config' | 'endpoint'>): Forward {
  return async (request, reply, body) => {
    const root = await cloud.endpoint('compute').catch(() => {
      throw unavailable();
    });
    // Only what is below Nova's root: `..` has no way out of a URL that was parsed.
    const asked = new URL(request.url, 'http://localhost');
    const url = new URL(
      `${new URL(root).pathname.replace(/\/v2\.1$/, '')}${asked.pathname}${asked.search}`,
      root,
    );
    if (!/^\/v2(?:\.1)?(?:\/|$)/.test(asked.pathname))
      throw new Refusal(404, 'The resource could not be found.');
    const answer = await send(cloud, request, url, body);
    reply.hijack();
    const raw = reply.raw;
    raw.writeHead(answer.statusCode ?? 502, kept(answer.headers, ownedBy(answer.headers)));
    answer.pipe(raw);
    answer.on('error', () => raw.destroy());
    raw.on('close', () => answer.destroy());
  };
}

function send(
  { config }: Pick<Cloud, 'config'>,
  request: FastifyRequest,
  url: URL,
  body: Buffer | undefined,
): Promise<IncomingMessage> {
  const headers = kept(request.headers, ownedBy(request.headers));
  if (body !== undefined) headers['content-length'] = String(body.length);
  headers['x-forwarded-for'] = request.ip;
  const { verify, ca, cert, key } = config.tls;
  const options = { method: request.method, headers, timeout: DEADLINE_MS };
  return new Promise((done, fail) => {
    const sent: ClientRequest =
      url.protocol === 'https:'
        ? tlsRequest(url, { ...options, rejectUnauthorized: verify, ca, cert, key })
        : plainRequest(url, options);
    sent.on('response', done);
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => fail(unavailable()));
    sent.end(body);
  });
}

/** What a `Connection` header names is of this hop, too. */
function ownedBy({ connection }: { readonly connection?: string | undefined }): ReadonlySet<string> {
  return new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
}

function kept(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  owned: ReadonlySet<string>,
): Record<string, string | string[]> {
  const entries = Object.entries(headers).flatMap(([name, value]): [string, string | string[]][] =>
    value === undefined || OF_THE_HOP.has(name) || owned.has(name) ? [] : [[name, value]],
  );
  return Object.fromEntries(entries);
}

function unavailable(): Refusal {
  return new Refusal(503, 'The compute service does not answer. Please try again at a later time.', 5);
}
