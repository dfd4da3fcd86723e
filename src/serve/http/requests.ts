import type { FastifyRequest } from 'fastify';
import { fingerprintOf } from '../accept.ts';
import { Refusal } from '../refusal.ts';
import { headerOf, idempotencyKeyIn } from './headers.ts';
import type { Asked } from './route.ts';

/** What is read of a request, and what is refused of it before anybody looks at it. */

export async function askedOf(
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

/** @throws Refusal 400 as Nova refuses a body that it cannot read */
export function jsonIn(request: FastifyRequest): unknown {
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

export function bytesOf(request: FastifyRequest): Buffer | undefined {
  return Buffer.isBuffer(request.body) ? request.body : undefined;
}

/** @throws Refusal 400 for what the operation does not know, or is told twice */
export function queryIn(request: FastifyRequest, known: readonly string[]): Readonly<Record<string, string>> {
  const given = Object.entries(request.query as Readonly<Record<string, string | readonly string[]>>);
  for (const [name, value] of given) {
    if (!known.includes(name)) throw new Refusal(400, `The query may not have ${shortName(name)}.`);
    if (typeof value !== 'string') throw new Refusal(400, `The query has ${name} several times.`);
  }
  return Object.fromEntries(given) as Readonly<Record<string, string>>;
}

/** @throws Refusal 429 */
export function demandTurn(seconds: number): void {
  if (seconds > 0) throw new Refusal(429, 'Too many requests. Please try again later.', seconds);
}

export function isNova({ url }: Pick<FastifyRequest, 'url'>): boolean {
  return /^\/v2(?:\.1)?(?:\/|$)/.test(url);
}

export function shortName(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 64);
}
