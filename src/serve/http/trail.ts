import type { FastifyRequest } from 'fastify';
import { isUuid } from '../action.ts';
import { type Caller, ownerOf } from '../cloud/callers.ts';
import type { Service } from '../service.ts';
import { insertAudit } from '../store/audit.ts';
import { refusalOf } from './errors.ts';

/** What is known of a request that may change something, for the audit. */
export interface Trail {
  caller: Caller | null;
  server: string | null;
  action: string;
}

export function newTrail(action: string, server: string | undefined): Trail {
  return { caller: null, server: server !== undefined && isUuid(server) ? server : null, action };
}

/** A request that may change something leaves a line whatever becomes of it; what was accepted has left its own. */
export async function trailed<T>(
  request: FastifyRequest,
  trail: Trail | null,
  service: Service,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { status, message } = refusalOf(error, request, service);
    // Who floods is counted, and fills no table.
    if (trail !== null && status !== 429) await leaveTrail(request, trail, service, status, message);
    throw error;
  }
}

export async function leaveTrail(
  request: FastifyRequest,
  { caller, server, action }: Trail,
  service: Service,
  status: number,
  detail: string,
): Promise<void> {
  const line = {
    ...{ request: request.id, remote: request.ip, action, server, mac: null, status, detail },
    owner: caller === null ? null : ownerOf(caller),
    projects: caller === null ? [] : [caller.project.id],
  };
  await insertAudit(service.database, line).catch((error: Error) =>
    service.say(`${request.id} left no line in the audit: ${error.message}`),
  );
}
