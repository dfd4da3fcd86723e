import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { shorten } from '../base/text.ts';
import type { Identity } from './identity.ts';
import type { Issuer } from './policy.ts';

/**
 * Tokens of CI platforms (OpenID Connect, signed JSON Web Tokens). Nobody is asked over the network: a token counts only
 * where its signature holds by a key that the policy has in a file.
 */

export type ReadToken =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/** Longer ones are none. */
const MAX_LENGTH = 20_000;
/** Seconds that clocks may be apart. */
const LEEWAY = 60;

/** What issuers sign with; nothing that anybody who has the public key could sign with, and not "none". */
const ALGORITHMS: Readonly<Record<string, { readonly kty: string; readonly hash: string }>> = {
  RS256: { kty: 'RSA', hash: 'sha256' },
  RS384: { kty: 'RSA', hash: 'sha384' },
  RS512: { kty: 'RSA', hash: 'sha512' },
  ES256: { kty: 'EC', hash: 'sha256' },
  ES384: { kty: 'EC', hash: 'sha384' },
  ES512: { kty: 'EC', hash: 'sha512' },
};

type Claims = Readonly<Record<string, unknown>>;

/** Who a token says that somebody is, if that can be believed. No text of the token stands in a message but its issuer. */
export function readToken(token: string, issuers: readonly Issuer[], now: Date): ReadToken {
  const parts = token.trim().split('.');
  const [head, body, signature] = parts;
  const header = decode(head);
  const claims = decode(body);
  if (token.length > MAX_LENGTH || parts.length !== 3 || header === null || claims === null || !signature)
    return refuse('it is no JSON Web Token', 'give the ID token that the CI platform has made for this job');
  const issuer = issuers.find((one) => one.issuer === claims.iss);
  if (issuer === undefined) {
    const said = typeof claims.iss === 'string' ? `"${shorten(claims.iss)}"` : 'nobody';
    return refuse(`it is of ${said}, whom the policy does not name`, HOW);
  }
  if (!isSigned(`${head}.${body}`, signature, header, issuer.keys))
    return refuse(
      `its signature holds by no key of ${issuer.jwks}`,
      'issuers change their keys: fetch their JWKS file anew, over a way that you trust',
    );
  const problem = wrongClaims(claims, issuer, Math.floor(now.getTime() / 1000));
  if (problem !== null) return refuse(problem);
  return { ok: true, identity: { kind: issuer.kind, claims: textsOf(claims) } };
}

const HOW =
  'without network nobody can be asked for its keys: add its "identities", with a JWKS file, to the policy';

function refuse(message: string, hint?: string): ReadToken {
  return { ok: false, message, ...(hint === undefined ? {} : { hint }) };
}

function decode(part: string | undefined): Claims | null {
  if (!part || !/^[A-Za-z0-9_-]+$/.test(part)) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : null;
  } catch {
    return null;
  }
}

function isSigned(text: string, signature: string, header: Claims, keys: readonly JsonWebKey[]): boolean {
  const algorithm =
    typeof header.alg === 'string' && Object.hasOwn(ALGORITHMS, header.alg)
      ? ALGORITHMS[header.alg]
      : undefined;
  if (algorithm === undefined) return false;
  const { kty, hash } = algorithm;
  const named = keys.filter((key) => key.kty === kty && (header.kid === undefined || key.kid === header.kid));
  return named.some((jwk) => {
    try {
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      const how = kty === 'EC' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key;
      return verify(hash, Buffer.from(text), how, Buffer.from(signature, 'base64url'));
    } catch {
      return false;
    }
  });
}

function wrongClaims({ aud, exp, nbf, iat }: Claims, { audience }: Issuer, now: number): string | null {
  if (![aud].flat().includes(audience)) return `it is not made for "${audience}" (its audience)`;
  if (typeof exp !== 'number') return 'it does not say until when it holds';
  if (exp + LEEWAY <= now) return 'it has expired';
  const begins = [nbf, iat].some((time) => typeof time === 'number' && time - LEEWAY > now);
  return begins ? 'it does not hold yet: is the clock of this machine right?' : null;
}

/** Claims that rules can name: texts, and what is as good as one. */
function textsOf(claims: Claims): Identity['claims'] {
  const entries = Object.entries(claims).flatMap(([name, value]): [string, string | string[]][] => {
    if (Array.isArray(value)) return [[name, value.filter((one) => typeof one === 'string')]];
    return ['string', 'number', 'boolean'].includes(typeof value) ? [[name, String(value)]] : [];
  });
  return Object.fromEntries(entries);
}
