import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadPolicy } from '../../../src/project/policy.ts';
import { FLEET } from '../policy/build.ts';

let dir = '';
const home = process.cwd();
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'virtune-policy-')));
  mkdirSync(join(dir, 'plays'));
  mkdirSync(join(dir, 'work'));
  process.chdir(join(dir, 'work'));
});
afterEach(() => {
  process.chdir(home);
  rmSync(dir, { recursive: true });
});

const put = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const rule = (name: string) => `rules: [{ name: ${name} }]\n`;
const PLAYS = ['../plays/a.yml', '../plays/b.yml'];

async function load(options: Parameters<typeof loadPolicy>[0] = {}, playbooks: readonly string[] = PLAYS) {
  const { policy, diagnostics } = await loadPolicy(options, playbooks, FLEET);
  return {
    rules: policy?.rules.map(({ name }) => name),
    said: diagnostics.map(({ severity, message, place }) => `${severity} ${place?.line ?? ''} ${message}`),
  };
}

it('is nothing where nothing is named or found', async () => {
  expect(await load()).toEqual({ rules: undefined, said: [] });
  expect(await load({ env: '' })).toEqual({ rules: undefined, said: [] });
});

it('is what lies beside the playbooks and here, all of it, each once, and says so', async () => {
  put('plays/virtune.policy.yml', rule('beside'));
  expect(await load()).toEqual({
    rules: ['beside'],
    said: ['note  the policy ../plays/virtune.policy.yml is in force (1 rule)'],
  });
  put('work/virtune.policy.yml', rule('here'));
  expect((await load()).rules).toEqual(['beside', 'here']);
  expect(await load({}, ['c.yml', join(dir, 'work/d.yml')])).toMatchObject({ rules: ['here'] });
  expect((await load({}, [])).rules).toEqual(['here']);
});

it('is the named one alone: by an option, else by the environment', async () => {
  put('work/virtune.policy.yml', rule('here'));
  const [one, two] = [put('one.yml', rule('one')), put('two.yml', rule('two'))];
  expect((await load({ file: one, env: two })).rules).toEqual(['one']);
  expect(await load({ env: two })).toEqual({
    rules: ['two'],
    said: [`note  the policy ${two} is in force (1 rule, named by VIRTUNE_POLICY)`],
  });
});

it.each([
  ['is not there', 'none.yml', undefined, /^error {2}the policy .*none\.yml does not exist$/],
  ['is empty', 'p.yml', '', /^error 1 the policy is empty$/],
  ['is no YAML', 'p.yml', 'rules: [', /^error 1 /],
  ['is a folder', '.', undefined, /^error {2}the policy .* is a folder$/],
  ['is encrypted', 'p.yml', '$ANSIBLE_VAULT;1.1;AES256\n00\n', /^error 1 .*Ansible Vault/],
])('that %s is an error', async (_what, name, text, message) => {
  if (text !== undefined) put(name, text);
  const { rules, said } = await load({ file: join(dir, name) });
  expect(rules).toBeUndefined();
  expect(said).toEqual([expect.stringMatching(message)]);
});

it('that cannot be read is an error where it is found, too', async () => {
  mkdirSync(join(dir, 'work/virtune.policy.yml'));
  expect((await load()).said).toEqual(['error  the policy virtune.policy.yml is a folder']);
});

const IDENTITIES = 'rules: [{ name: r }]\nidentities:\n  github: { jwks: keys.json, audience: virtune }\n';

it('reads the keys that it names beside it', async () => {
  put('plays/virtune.policy.yml', IDENTITIES);
  put('plays/keys.json', '{ "keys": [{ "kty": "RSA", "kid": "k" }] }');
  const { policy } = await loadPolicy({}, PLAYS, FLEET);
  expect(policy?.issuers).toMatchObject([
    { kind: 'github', issuer: 'https://token.actions.githubusercontent.com', keys: [{ kid: 'k' }] },
  ]);
  put('work/virtune.policy.yml', IDENTITIES.replace('keys.json', '../plays/keys.json'));
  expect((await load()).said).toContainEqual(
    expect.stringMatching(/^error 3 two policies say whose github tokens are believed/),
  );
});

it.each(['by', 'not_by'])('refuses a rule that is %s jobs whose tokens nobody can check', async (key) => {
  put('plays/virtune.policy.yml', `rules: [{ name: r, ${key}: { github: { ref: x } } }]\n`);
  expect((await load()).said).toEqual([
    expect.stringMatching(/^error 1 the rule "r" is about jobs of github, and nothing says whose tokens/),
  ]);
  // What another policy says of them holds for all.
  put('work/virtune.policy.yml', IDENTITIES.replace('name: r', 'name: s').replace('keys', '../plays/keys'));
  put('plays/keys.json', '{ "keys": [{ "kty": "RSA", "kid": "k" }] }');
  expect((await load()).said.filter((text) => text.startsWith('error'))).toEqual([]);
});

it.each([
  [undefined, /^error 3 the key file .*keys\.json does not exist$/],
  ['', /is no JSON Web Key Set/],
  ['{ "keys": [] }', /is no JSON Web Key Set/],
  ['{ "keys": ["x"] }', /is no JSON Web Key Set/],
  ['-----BEGIN PUBLIC KEY-----', /^error 3 .*is no JSON Web Key Set/],
])('refuses the keys %j', async (text, message) => {
  put('plays/virtune.policy.yml', IDENTITIES);
  if (text !== undefined) put('plays/keys.json', text);
  expect((await load()).said).toEqual([expect.stringMatching(message)]);
});
