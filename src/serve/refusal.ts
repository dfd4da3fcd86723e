/** Names that Nova gives the bodies of its errors (nova/api/openstack/wsgi.py, `Fault._fault_names`). */
const FAULTS: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/** A request is not done: the status and what the caller reads. Its message holds no secret. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** Seconds after which the same request may do better. */
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The body of an error as Nova has it; of a 401 as its Keystone middleware has it. */
export function novaBody({ status, message, retryAfter }: Refusal): object {
  if (status === 401) return { error: { code: 401, title: 'Unauthorized', message } };
  const again =
    retryAfter !== undefined && (status === 413 || status === 429) ? { retryAfter: String(retryAfter) } : {};
  return { [FAULTS[status] ?? 'computeFault']: { code: status, message, ...again } };
}

/** The body of an error of virtune's own API: problem details (RFC 9457). */
export function problemBody({ status, message }: Refusal, requestId: string): object {
  return { type: 'about:blank', title: titleOf(status), status, detail: message, requestId };
}

export function titleOf(status: number): string {
  return TITLES[status] ?? `Status ${status}`;
}

/** What Keystone's middleware says where no token is believed. */
export function unauthenticated(): Refusal {
  return new Refusal(401, 'The request you have made requires authentication.');
}
