import type { Caller } from '../cloud/callers.ts';
import { Refusal } from '../refusal.ts';
import type { Service } from '../service.ts';
import type { Form } from './form.ts';
import type { Viewer } from './viewer.ts';

/** A request for a page, as far as it was read. */
export interface Visit {
  readonly service: Service;
  readonly id: string;
  readonly remote: string;
  readonly viewer: Viewer;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Empty where nothing was sent. */
  readonly form: Form;
  readonly now: number;
}

/** A page, or another one to see instead. */
export type PageAnswer = { readonly status: number; readonly html: string } | { readonly see: string };

export interface PageRoute {
  readonly method: 'GET' | 'POST';
  /** With `:name` where a part is the visitor's. */
  readonly path: string;
  /** Who may see it: everybody whom the page is open to, who sees the fleet, who has logged in. */
  readonly for: 'all' | 'fleet' | 'callers';
  /** For the audit: what this sets; absent where it sets nothing. */
  readonly sets?: string;
  readonly handle: (visit: Visit) => PageAnswer | Promise<PageAnswer>;
}

/** @throws Refusal 401 where nobody has logged in */
export function callerOf({ viewer }: Visit): Caller {
  if (viewer.caller === null) throw new Refusal(401, 'Please log in.');
  return viewer.caller;
}

/** A word of the query, cut where it is longer than one types. */
export function wordIn({ query }: Visit, name: string): string {
  return (query.get(name) ?? '').trim().slice(0, 100);
}

/** A number of the query; null without one, and for what is none. */
export function numberIn(text: string | null | undefined): number | null {
  return text !== null && text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}
