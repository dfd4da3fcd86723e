import { Refusal } from '../refusal.ts';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** One value of a header; undefined without it. @throws Refusal for several */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  if (typeof value === 'object') throw new Refusal(400, `Several headers ${name}.`);
  return value;
}

/**
 * The microversion that a client asks of Nova, at least the one that this service needs itself; undefined where none is
 * asked. What Nova does not know, Nova refuses.
 * @throws Refusal 400 for what is none
 */
export function microversionIn(headers: Headers, least = 9): string | undefined {
  const word = headerOf(headers, 'openstack-api-version') ?? '';
  const asked =
    /(?:^|,)\s*compute\s+([^\s,]+)/i.exec(word)?.[1] ?? headerOf(headers, 'x-openstack-nova-api-version');
  if (asked === undefined || asked.toLowerCase() === 'latest') return undefined;
  const minor = /^2\.(0|[1-9]\d{0,4})$/.exec(asked)?.[1];
  if (minor !== undefined) return `2.${Math.max(least, Number(minor))}`;
  if (/^\d+\.\d+$/.test(asked)) throw new Refusal(406, `Version ${asked} is not supported by the API.`);
  throw new Refusal(400, 'API Version String is of invalid format. Must be of format MajorNum.MinorNum.');
}

/** @throws Refusal 400 for a key that is none */
export function idempotencyKeyIn(headers: Headers): string | null {
  const key = headerOf(headers, 'idempotency-key');
  if (key === undefined) return null;
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw new Refusal(400, 'Idempotency-Key: 1 to 200 characters without spaces are expected.');
}
