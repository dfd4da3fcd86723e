import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Issuer } from '../../../src/policy/policy.ts';
import { readToken } from '../../../src/policy/token.ts';
import { NOW } from './build.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const OTHER = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' });

const ISSUERS: readonly Issuer[] = [
  {
    kind: 'github',
    issuer: ISSUER,
    audience: 'virtune',
    jwks: 'github-jwks.json',
    keys: [
      jwk(RSA.publicKey, 'k1'),
      jwk(EC.publicKey, 'k2'),
      { kty: 'RSA', kid: 'broken', n: '!', e: 'AQAB' },
    ],
    place: undefined,
  },
];

const SECONDS = NOW.getTime() / 1000;
const CLAIMS = {
  iss: ISSUER,
  aud: 'virtune',
  exp: SECONDS + 300,
  iat: SECONDS - 10,
  repository: 'org/fleet',
  ref: 'refs/heads/main',
  run_attempt: 1,
  nested: { a: 1 },
};

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

interface Made {
  readonly claims?: object;
  readonly header?: object;
  readonly key?: KeyObject;
}

function token({ claims = {}, header = {}, key = RSA.privateKey }: Made = {}): string {
  const text = `${part({ alg: 'RS256', typ: 'JWT', kid: 'k1', ...header })}.${part({ ...CLAIMS, ...claims })}`;
  const how = key.asymmetricKeyType === 'ec' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key;
  return `${text}.${sign('sha256', Buffer.from(text), how).toString('base64url')}`;
}

const EXPECTED = {
  ok: true,
  identity: { kind: 'github', claims: { repository: 'org/fleet', ref: 'refs/heads/main', run_attempt: '1' } },
};

it.each([
  ['by RSA', token()],
  ['by ECDSA', token({ header: { alg: 'ES256', kid: 'k2' }, key: EC.privateKey })],
  ['whose key it does not name', token({ header: { kid: undefined } })],
  ['for several audiences', token({ claims: { aud: ['other', 'virtune'] } })],
  ['that has expired by less than clocks may differ', token({ claims: { exp: SECONDS - 30 } })],
  ['with a line end', `${token()}\n`],
])('believes a token that is signed %s', (_what, text) => {
  const read = readToken(text, ISSUERS, NOW);
  expect(read).toMatchObject(EXPECTED);
  expect(read.ok && Object.keys(read.identity.claims)).not.toContain('nested');
});

/** What somebody makes who has the public key alone. */
function forged(alg: string): string {
  const text = `${part({ alg, kid: 'k1' })}.${part(CLAIMS)}`;
  const pem = RSA.publicKey.export({ type: 'spki', format: 'pem' });
  return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`;
}

const [head, , signature] = token().split('.') as [string, string, string];
const NO_KEY = 'its signature holds by no key of github-jwks.json';
const NO_TOKEN = 'it is no JSON Web Token';

it.each([
  ['nothing', '', NO_TOKEN],
  ['a word', 'secret', NO_TOKEN],
  ['two parts', `${head}.${part(CLAIMS)}`, NO_TOKEN],
  ['an empty signature', `${head}.${part(CLAIMS)}.`, NO_TOKEN],
  ['no JSON', `${part('{')}.${part(CLAIMS)}.${signature}`, NO_TOKEN],
  ['a list', `${head}.${part([])}.${signature}`, NO_TOKEN],
  [
    'more than a token can be',
    `${head}.${part({ ...CLAIMS, x: 'x'.repeat(30_000) })}.${signature}`,
    NO_TOKEN,
  ],
  [
    'other claims than were signed',
    `${head}.${part({ ...CLAIMS, repository: 'org/else' })}.${signature}`,
    NO_KEY,
  ],
  ['another key', token({ key: OTHER.privateKey }), NO_KEY],
  ['a key that is not there', token({ header: { kid: 'k9' } }), NO_KEY],
  ['a key that is none', token({ header: { kid: 'broken' } }), NO_KEY],
  ['the algorithm "none"', token({ header: { alg: 'none' } }), NO_KEY],
  ['a key of another kind', token({ header: { alg: 'ES256', kid: 'k1' } }), NO_KEY],
  ['a word of JavaScript as its algorithm', token({ header: { alg: 'constructor' } }), NO_KEY],
  ['a secret made of the public key', forged('HS256'), NO_KEY],
  ['the same under another name', forged('RS256'), NO_KEY],
  ['another issuer', token({ claims: { iss: 'https://evil.example' } }), 'it is of "https://evil.example"'],
  ['no issuer', token({ claims: { iss: undefined } }), 'it is of nobody'],
  ['another audience', token({ claims: { aud: 'sts.amazonaws.com' } }), 'it is not made for "virtune"'],
  ['no end', token({ claims: { exp: undefined } }), 'it does not say until when it holds'],
  ['an end that is past', token({ claims: { exp: SECONDS - 61 } }), 'it has expired'],
  ['a beginning to come', token({ claims: { nbf: SECONDS + 61 } }), 'it does not hold yet'],
])('does not believe %s', (_what, text, message) => {
  const read = readToken(text, ISSUERS, NOW);
  expect(read).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  expect(JSON.stringify(read)).not.toContain(signature);
});

it('believes nobody where the policy names nobody, and says what it takes', () => {
  expect(readToken(token(), [], NOW)).toMatchObject({
    ok: false,
    hint: expect.stringContaining('JWKS file'),
  });
});
