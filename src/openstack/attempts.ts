import { setTimeout as sleep } from 'node:timers/promises';
import { type Http, HttpFailure, type HttpReply, type HttpRequest } from './http.ts';

export interface AttemptPolicy {
  /** Tries in all, the first included. */
  readonly tries: number;
  readonly baseMs: number;
  /** The longest pause, whatever a service asks for. */
  readonly capMs: number;
}

export const ATTEMPTS: AttemptPolicy = { tries: 4, baseMs: 300, capMs: 20_000 };

/** What a service says when it is busy, restarts, or stands behind a proxy that finds none. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Sends a request, and again where that may help: nothing was sent yet, the connection was lost, the service is busy.
 * A request that changes something is sent again only where it cannot have been done: it never left, or 429 turned it
 * down.
 * @param repeatable sending it twice does no harm
 * @throws HttpFailure of the last try
 */
export async function sendPatiently(
  http: Http,
  request: HttpRequest,
  repeatable: boolean,
  policy: AttemptPolicy = ATTEMPTS,
): Promise<HttpReply> {
  for (let failed = 1; ; failed++) {
    let reply: HttpReply | null = null;
    let failure: unknown;
    try {
      reply = await http.send(request);
    } catch (error) {
      failure = error;
    }
    const again =
      failed < policy.tries &&
      (reply === null ? mayHelp(failure, repeatable) : isPassing(reply.status, repeatable));
    if (!again) {
      if (reply === null) throw failure;
      return reply;
    }
    await pause(pauseMs(failed, reply, policy), request.signal);
  }
}

function mayHelp(failure: unknown, repeatable: boolean): boolean {
  return failure instanceof HttpFailure && failure.kind === 'unreachable' && (repeatable || !failure.sent);
}

function isPassing(status: number, repeatable: boolean): boolean {
  if (status === 429) return true;
  return repeatable && (PASSING.has(status) || status === 500);
}

/** As long as the service asks for, within bounds; else longer each time, and not all callers at once. */
function pauseMs(failed: number, reply: HttpReply | null, { baseMs, capMs }: AttemptPolicy): number {
  const asked = reply === null ? null : retryAfterMs(reply.headers['retry-after'], Date.now());
  const step = baseMs * 2 ** (failed - 1);
  return Math.min(capMs, asked ?? step / 2 + (step / 2) * Math.random());
}

/** `Retry-After` of an answer: seconds, or a date (RFC 9110, 10.2.3). Null where it says nothing that is understood. */
export function retryAfterMs(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch {
    throw new HttpFailure('aborted', 'it was given up', false);
  }
}
