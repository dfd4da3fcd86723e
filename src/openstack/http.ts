import { setMaxListeners } from 'node:events';
import type { Agent, IncomingHttpHeaders, request } from 'node:http';
import type { Tls } from './config.ts';

/** One request as it is sent; the body is JSON. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface HttpLimits {
  /** Until the answer has come whole, in milliseconds. */
  readonly deadlineMs: number;
  /** Of an answer's body. */
  readonly maxBytes: number;
  /** Connections to one service at once. */
  readonly sockets: number;
}

/** A page of a thousand servers takes a busy Nova half a minute, and has some 5 MB. */
export const HTTP_LIMITS: HttpLimits = { deadlineMs: 120_000, maxBytes: 64 * 1024 * 1024, sockets: 8 };

/**
 * Why there is no answer. `sent`: whether the service may have got the request. A connection that was kept and is reset
 * counts as sent, since the service may have ended it at any time.
 */
export class HttpFailure extends Error {
  readonly kind: 'unreachable' | 'timeout' | 'too_long' | 'aborted';
  readonly sent: boolean;

  constructor(kind: HttpFailure['kind'], message: string, sent: boolean) {
    super(message);
    this.kind = kind;
    this.sent = sent;
  }
}

export interface Http {
  /** @throws HttpFailure */
  readonly send: (request: HttpRequest) => Promise<HttpReply>;
  readonly close: () => void;
}

/** One of Node's two modules for it, and the connections that are kept. */
interface Scheme {
  readonly agent: Agent;
  readonly request: typeof request;
}

/** Sends requests over connections that are kept, with a cloud's own certificates. Redirects are not followed. */
export function openHttp(tls: Tls, limits: HttpLimits = HTTP_LIMITS): Http {
  const schemes = new Map<string, Promise<Scheme>>();
  const schemeOf = (protocol: string): Promise<Scheme> => {
    const known = schemes.get(protocol) ?? openScheme(protocol, tls, limits);
    schemes.set(protocol, known);
    return known;
  };
  return {
    send: async (request) => {
      const scheme = await schemeOf(request.url.protocol);
      return exchange(request, limits, (settings) =>
        scheme.request(request.url, { ...settings, agent: scheme.agent }),
      );
    },
    close: () => {
      for (const scheme of schemes.values()) scheme.then(({ agent }) => agent.destroy());
    },
  };
}

/** Node's modules are loaded where a cloud is asked: most runs ask none, and begin sooner without. */
async function openScheme(protocol: string, tls: Tls, { sockets }: HttpLimits): Promise<Scheme> {
  const options = { keepAlive: true, maxSockets: sockets };
  if (protocol !== 'https:') {
    const { Agent, request } = await import('node:http');
    return { agent: new Agent(options), request };
  }
  const { verify, ca, cert, key } = tls;
  const { Agent, request } = await import('node:https');
  const agent = new Agent({
    ...options,
    rejectUnauthorized: verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  return { agent, request };
}

function exchange(
  { method, headers, body, signal }: HttpRequest,
  { deadlineMs, maxBytes }: HttpLimits,
  start: (settings: {
    method: string;
    headers: Record<string, string | number>;
  }) => ReturnType<typeof request>,
): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const request = start({ method, headers: { ...headers, ...length } });
    let sent = false;
    const fail = (kind: HttpFailure['kind'], message: string) => {
      finish();
      reject(new HttpFailure(kind, message, sent));
      request.destroy();
    };
    const timer = setTimeout(
      () => fail('timeout', `no answer in ${Math.round(deadlineMs / 1000)} s`),
      deadlineMs,
    );
    const abort = () => fail('aborted', 'it was given up');
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    // A run has one signal for all that it asks: Node would warn of a leak on the terminal.
    if (signal !== undefined) setMaxListeners(0, signal);
    signal?.addEventListener('abort', abort);
    request.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => (sent = true));
      else sent = true;
    });
    request.on('error', (error: NodeJS.ErrnoException) => fail('unreachable', explain(error)));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxBytes)
          fail('too_long', `the answer is longer than ${Math.round(maxBytes / 1048576)} MiB`);
        else chunks.push(chunk);
      });
      response.on('error', (error: NodeJS.ErrnoException) => fail('unreachable', explain(error)));
      response.on('aborted', () => fail('unreachable', 'the connection ended within the answer'));
      response.on('end', () => {
        finish();
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    if (signal?.aborted) abort();
    else request.end(body);
  });
}

/** What Node and OpenSSL say, in words, with what to do where that is plain. */
function explain({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection is refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name is not found';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection is reset';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to it';
    case 'ETIMEDOUT':
      return 'the connection times out';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `its certificate is of no authority that is known here (${code}): name that one with "cacert"`;
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for another name';
    default:
      return code ?? message;
  }
}
