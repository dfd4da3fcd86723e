import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../refusal.ts';

/** The fields of a form that was sent. One that came several times counts as not filled in. */
export type Form = ReadonlyMap<string, string>;

/** @throws Refusal 415, 400 for what no form of a browser is */
export function formIn(type: string | undefined, body: Buffer | undefined): Form {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type ?? ''))
    throw new Refusal(415, 'A form is expected.');
  const fields = new URLSearchParams((body ?? Buffer.alloc(0)).toString('latin1'));
  const names = [...fields.keys()];
  if (names.length > 64) throw new Refusal(400, 'The form has too many fields.');
  return new Map(
    [...new Set(names)].flatMap((name) => {
      const values = fields.getAll(name);
      return values.length === 1 ? [[name, values[0] ?? '']] : [];
    }),
  );
}

/** A field without the blanks around it; '' where it is not there. */
export function field(form: Form, name: string): string {
  return (form.get(name) ?? '').trim();
}

/**
 * A form counts only from a page of this service: browsers say in `Origin` which page sends one, and newer ones in
 * `Sec-Fetch-Site` as well. Where something stands before this service it has to leave `Host` as it came.
 * @throws Refusal 403
 */
export function demandOwnPage(headers: IncomingHttpHeaders): void {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  const isOwn =
    origin !== undefined &&
    URL.canParse(origin) &&
    host !== undefined &&
    new URL(origin).host === host.toLowerCase();
  if (!isOwn || (site !== undefined && site !== 'same-origin'))
    throw new Refusal(403, 'This form was not sent by a page of this service, so nothing was done.');
}

/** Whether a browser came here by a link of another site: it sends no cookie of `SameSite=Strict` then. */
export function cameFromElsewhere(headers: IncomingHttpHeaders): boolean {
  return ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site'] ?? ''));
}

/** Where to go after the login: a page of this service, whatever a link says. */
export function nextIn(given: string | null): string {
  return given !== null &&
    given.length < 2_000 &&
    /^\/ui(?:[/?][\w\-./?=&%:+~]*)?$/.test(given) &&
    !given.includes('//')
    ? given
    : '/ui';
}
