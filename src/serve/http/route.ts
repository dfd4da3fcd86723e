import type { JsonSchema } from '../../schema/schema.ts';
import type { Idempotency } from '../accept.ts';
import type { Caller } from '../cloud/callers.ts';
import type { Service } from '../service.ts';

/** A request, as far as the server has read it. */
export interface Asked {
  readonly service: Service;
  readonly id: string;
  readonly remote: string;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** JSON, parsed; undefined where there was none. */
  readonly body: unknown;
  readonly idempotency: Idempotency | null;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface RouteQuery {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonSchema;
}

/** One operation of the API under /v1: what it is registered by, and what its description is made of. */
export interface Route {
  readonly method: 'GET' | 'PATCH' | 'DELETE';
  /** With `{name}` where a part is the caller's: `/v1/jobs/{job}`. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: readonly RouteQuery[];
  readonly body?: JsonSchema;
  readonly answers: Readonly<Record<number, { readonly description: string; readonly schema?: JsonSchema }>>;
  readonly handle: (asked: Asked) => Promise<Answer>;
}
