import type { FastifyReply, FastifyRequest } from 'fastify';
import { novaBody, problemBody, Refusal } from '../refusal.ts';
import type { Service } from '../service.ts';
import { DatabaseError } from '../store/database.ts';
import { isNova } from './requests.ts';

/** Answers as Nova does, or with problem details. */
export function answerError(
  refusal: Refusal,
  request: FastifyRequest,
  reply: FastifyReply,
  keystone: string,
): FastifyReply {
  if (refusal.status === 401) reply.header('www-authenticate', `Keystone uri="${keystone}"`);
  const [type, body] = isNova(request)
    ? ['application/json; charset=UTF-8', novaBody(refusal)]
    : ['application/problem+json', problemBody(refusal, request.id)];
  return reply
    .code(refusal.status)
    .header('content-type', type)
    .send(Buffer.from(JSON.stringify(body)));
}

/** What holds for every refusal, however its body looks. */
export function refusalHeaders({ status, retryAfter }: Refusal, reply: FastifyReply): void {
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  // A body that was not read may not be taken for the next request.
  if (status === 413) reply.header('connection', 'close');
}

/** What a caller is told of an error: of this program's own ones nothing but that there was one. */
export function refusalOf(
  error: unknown,
  { id }: Pick<FastifyRequest, 'id'>,
  { say }: Pick<Service, 'say'>,
): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof DatabaseError) {
    say(`${id}: ${error.message}`);
    return new Refusal(503, 'The service cannot remember anything now. Please try again at a later time.', 5);
  }
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message?: string };
  if (statusCode === 413) return new Refusal(413, 'Request is too large.');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Refusal(statusCode, message ?? 'Malformed request');
  say(`internal error, please report it: ${id}: ${error instanceof Error ? error.stack : error}`);
  return new Refusal(500, 'Unexpected error. The request ID tells the operator which.');
}
