import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { guardOf } from '../../../src/cli/policy.ts';
import { InputError } from '../../../src/model/diagnostic.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { policy } from '../policy/build.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const POLICY: Policy = {
  ...policy('- { name: ask, effect: confirm }\n- { name: never }'),
  issuers: [
    {
      kind: 'gitlab',
      issuer: 'https://gitlab.example.net',
      audience: 'virtune',
      jwks: 'keys.json',
      keys: [publicKey.export({ format: 'jwk' })],
      place: undefined,
    },
  ],
};

function token(claims: object = {}): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 600;
  const all = {
    iss: 'https://gitlab.example.net',
    aud: 'virtune',
    exp,
    project_path: 'infra/fleet',
    ...claims,
  };
  const text = `${part({ alg: 'RS256' })}.${part(all)}`;
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
}

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-token-'));
  writeFileSync(join(dir, 'token'), `${token()}\n`);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** @returns kinds of identities, or what is wrong */
async function kinds(...given: Parameters<typeof guardOf>): Promise<readonly string[]> {
  try {
    return (await guardOf(...given)).identities.map(({ kind }) => kind);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics.map(({ message, hint }) => `${message} | ${hint}`);
  }
}

it('knows the user of the process, and a job by its token', async () => {
  expect(await kinds(POLICY, {}, {})).toEqual(['user']);
  expect(await kinds(POLICY, { identityToken: join(dir, 'token') }, {})).toEqual(['user', 'gitlab']);
  expect(await kinds(POLICY, {}, { VIRTUNE_IDENTITY_TOKEN: token() })).toEqual(['user', 'gitlab']);
  // No variable says who somebody is.
  const { identities } = await guardOf(POLICY, {}, { USER: 'root2', LOGNAME: 'root2', SUDO_USER: 'root2' });
  expect(JSON.stringify(identities)).not.toContain('root2');
});

it('needs no token where no policy is in force', async () => {
  expect(await kinds(null, {}, { VIRTUNE_IDENTITY_TOKEN: 'x' })).toEqual(['user']);
});

it.each([
  [{ identityToken: '/none' }, {}, /^the identity token \/none does not exist \| \/ has nothing/],
  [{}, { VIRTUNE_IDENTITY_TOKEN: 'x' }, /^the identity token is not believed: it is no JSON Web Token/],
  [{}, { VIRTUNE_IDENTITY_TOKEN: token({ aud: 'other' }) }, /not made for "virtune"/],
  [{ confirm: ['aks'] }, {}, /^--confirm "aks": there is no such rule that asks \| rules that ask: "ask"/],
  [{ confirm: ['never'] }, {}, /no such rule that asks/],
])('refuses %j in %j', async (options, env, message) => {
  expect(await kinds(POLICY, options, env)).toEqual([expect.stringMatching(message)]);
});

it('refuses to confirm where nothing asks', async () => {
  expect(await kinds(null, { confirm: ['ask'] }, {})).toEqual([
    expect.stringMatching(/no policy is in force/),
  ]);
});

it('takes what was confirmed, and no more', async () => {
  const confirmed = async (options: Parameters<typeof guardOf>[1]) => {
    const guard = await guardOf(POLICY, options, {});
    return ['ask', 'other'].map(guard.confirmed);
  };
  expect(await confirmed({})).toEqual([false, false]);
  expect(await confirmed({ confirm: ['ask'] })).toEqual([true, false]);
  expect(await confirmed({ yes: true })).toEqual([true, true]);
});
