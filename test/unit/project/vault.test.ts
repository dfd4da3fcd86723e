import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHostVars } from '../../../src/inventory/vars.ts';
import { loadInventory } from '../../../src/project/inventory.ts';
import { createVault } from '../../../src/project/vault.ts';
import {
  PROMPT,
  parseVaultSource,
  readPasswords,
  type VaultSource,
} from '../../../src/project/vault_passwords.ts';
import { loadYaml } from '../../../src/project/yaml_file.ts';
import { Encrypted } from '../../../src/yaml/encrypted.ts';
import { mergeLayers } from '../../../src/yaml/merge.ts';
import { placeOf } from '../../../src/yaml/places.ts';
import { tree } from './tree.ts';

// Made by `ansible-vault encrypt` and `encrypt_string` of ansible-core 2.14: plain_id.yml (format 1.1) and value.yml
// with the password "correct horse", dev_id.yml (format 1.2, vault id "dev") with "other".
const FIXTURES = join(import.meta.dirname, 'vault');
const fixture = (name: string) => readFile(join(FIXTURES, name), 'utf8');

const never = () => Promise.reject(new Error('nobody was to be asked'));
const typed = (...answers: string[]) => {
  const asked: string[] = [];
  const ask = (prompt: string) => {
    asked.push(prompt);
    return Promise.resolve(answers[asked.length - 1] ?? '');
  };
  return { ask, asked };
};

async function passwordFile(text = 'correct horse\n', id: string | null = null): Promise<VaultSource> {
  return { id, from: { file: join(await tree({ pw: text }), 'pw') } };
}

const PLAIN = {
  secret_a: 'hunter2-plain',
  number: 7,
  nic_limits: [{ name: 'from vault', rate: '10 Mbit/s' }],
};

describe('whole files', () => {
  it.each([
    ['plain_id.yml', 'correct horse', null],
    ['dev_id.yml', 'other', 'dev'],
    ['dev_id.yml', ' other \n\n', 'another'],
  ])('opens %s', async (name, password, id) => {
    const vault = createVault([await passwordFile('wrong'), await passwordFile(password, id)], never);
    const { value, diagnostics } = await loadYaml(join(FIXTURES, name), 'file', { vault });
    expect(diagnostics).toEqual([]);
    expect(value).toEqual(PLAIN);
  });

  it('asks once, and only when something is encrypted', async () => {
    const { ask, asked } = typed('correct horse');
    const vault = createVault([PROMPT], ask);
    const plain = join(await tree({ 'a.yml': 'a: 1' }), 'a.yml');
    expect((await loadYaml(plain, 'file', { vault })).value).toEqual({ a: 1 });
    expect(asked).toEqual([]);
    await loadYaml(join(FIXTURES, 'plain_id.yml'), 'file', { vault });
    expect((await loadYaml(join(FIXTURES, 'plain_id.yml'), 'file', { vault })).value).toEqual(PLAIN);
    expect(asked).toEqual(['vault password']);
  });

  it.each([
    [
      'plain_id.yml',
      [],
      'no password is known',
      'give the password: --vault-password-file FILE or --ask-vault-pass',
    ],
    ['plain_id.yml', ['x'], 'the password does not open it', undefined],
    ['dev_id.yml', ['x', 'y'], 'none of the passwords opens it', 'it was encrypted for the vault id "dev"'],
  ])('says why %s stays closed with %j', async (name, passwords, message, hint) => {
    const vault = createVault(await Promise.all(passwords.map((p) => passwordFile(p))), never);
    const file = join(FIXTURES, name);
    const { value, diagnostics } = await loadYaml(file, 'file', { vault });
    expect(value).toBeNull();
    expect(diagnostics).toEqual([
      {
        severity: 'error',
        message: `the file is encrypted, and ${message}`,
        hint,
        place: { file, line: 1, column: 1 },
      },
    ]);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ['cut off', (text) => text.slice(0, -20), /the password does not open it|cut off or changed/],
    ['without a body', () => '$ANSIBLE_VAULT;1.1;AES256\n', /cut off or changed/],
    ['not hexadecimal', (text) => text.replace(/\n3/, '\nx'), /cut off or changed/],
    ['of another format', (text) => text.replace('1.1', '1.0'), /its format is not 1.1 or 1.2/],
    ['of another cipher', (text) => text.replace('AES256', 'AES'), /its cipher is not AES256/],
    ['changed', (text) => flipLastDigit(text), /the password does not open it/],
  ])('refuses one that is %s', async (_name, change, message) => {
    const file = join(await tree({ v: change(await fixture('plain_id.yml')) }), 'v');
    const vault = createVault([await passwordFile()], never);
    const { value, diagnostics } = await loadYaml(file, 'file', { vault });
    expect(value).toBeNull();
    expect(diagnostics.map((d) => d.message)).toEqual([expect.stringMatching(message)]);
  });

  it('reads variables and inventories from them', async () => {
    const root = await tree({
      'h.yml': 'web: {hosts: {a: }}',
      'group_vars/web/vault.yml': await fixture('plain_id.yml'),
    });
    const vault = createVault([await passwordFile()], never);
    const { inventory, varDirs, diagnostics } = await loadInventory([join(root, 'h.yml')], vault);
    expect(diagnostics).toEqual([]);
    expect(createHostVars(inventory, { inventoryDirs: varDirs })('a')).toMatchObject(PLAIN);
    const closed = await loadInventory([join(root, 'h.yml')], createVault([], never));
    expect(closed.diagnostics.map((d) => d.message)).toEqual([
      'the file is encrypted, and no password is known',
    ]);
  });
});

/** Of the ciphertext, which is the last part: its digits are themselves written as digits. */
function flipLastDigit(text: string): string {
  const body = text.trimEnd();
  return `${body.slice(0, -1)}${body.endsWith('1') ? '2' : '1'}\n`;
}

describe('single values', () => {
  const hostVars = async (yaml: string, sources: readonly VaultSource[]) => {
    const root = await tree({ 'h.yml': 'web: {hosts: {a: }}', 'group_vars/web.yml': yaml });
    const vault = createVault(sources, never);
    const { inventory, varDirs, diagnostics } = await loadInventory([join(root, 'h.yml')], vault);
    expect(diagnostics).toEqual([]);
    const vars = createHostVars(inventory, { inventoryDirs: varDirs, open: vault.open })('a');
    return { vars, vault, root };
  };

  it('are opened when they are read', async () => {
    const { vars, vault } = await hostVars(`${await fixture('value.yml')}\nplain: 1\n`, [
      await passwordFile(),
    ]);
    expect(vars.token).toBe('swörd-fish');
    expect(vars.token).toBe('swörd-fish');
    expect(placeOf(vars, 'token')?.line).toBe(1);
    expect(vault.problems()).toEqual([]);
  });

  it('are opened within lists and maps', async () => {
    const value = (await fixture('value.yml')).replace('token:', '  - name:').replace(/\n/g, '\n    ');
    const { vars } = await hostVars(`list:\n${value}\n`, [await passwordFile()]);
    expect(vars.list).toEqual([{ name: 'swörd-fish' }]);
    expect(placeOf((vars.list as object[])[0], 'name')?.line).toBe(2);
  });

  it('trouble nobody who does not read them', async () => {
    const { vars, vault, root } = await hostVars(`${await fixture('value.yml')}\nplain: 1\n`, []);
    expect(vars.plain).toBe(1);
    const merged = mergeLayers([vars, { more: 1 }]);
    expect(merged).toHaveProperty('more', 1);
    expect(vault.problems()).toEqual([]);
    expect(merged.token).toBeInstanceOf(Encrypted);
    expect(vault.problems()).toEqual([
      {
        severity: 'error',
        message: 'the value of "token" is encrypted, and no password is known',
        hint: 'give the password: --vault-password-file FILE or --ask-vault-pass',
        place: { file: join(root, 'group_vars/web.yml'), line: 1, column: 15 },
      },
    ]);
  });

  it('are read from the JSON that ansible-inventory prints', async () => {
    const text = (await fixture('value.yml'))
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
      .join('\n');
    const list = { _meta: { hostvars: { a: { token: { __ansible_vault: text } } } }, web: ['a'] };
    const root = await tree({ 'h.json': JSON.stringify(list) });
    const vault = createVault([await passwordFile()], never);
    const { inventory } = await loadInventory([join(root, 'h.json')], vault);
    expect(createHostVars(inventory, { inventoryDirs: [], open: vault.open })('a').token).toBe('swörd-fish');
    expect(JSON.parse(JSON.stringify(inventory.hosts.get('a')?.vars))).toEqual({
      token: { __ansible_vault: text },
    });
  });
});

describe('redact', () => {
  const show = async (message: string, file = 'x.yml', hint?: string) => {
    const vault = createVault([await passwordFile()], never);
    const yaml = join(FIXTURES, 'plain_id.yml');
    await loadYaml(yaml, 'file', { vault });
    const place = { file: file === 'vault' ? yaml : file, line: 1, column: 1 };
    const [shown] = vault.redact([{ severity: 'error', message, hint, place }]);
    return shown?.hint === undefined ? shown?.message : `${shown.message}; ${shown.hint}`;
  };

  it.each([
    ['"hunter2-plain" is not a rate', 'x.yml', '"(hidden)" is not a rate'],
    ['the text hunter2-plain is wrong', 'x.yml', 'the text (hidden) is wrong'],
    ['"hunter2-plai…" is not a rate', 'x.yml', '"(hidden)" is not a rate'],
    ['"7" is wrong', 'x.yml', '"(hidden)" is wrong'],
    ['7 hosts', 'x.yml', '7 hosts'],
    ['unknown key "other"', 'x.yml', 'unknown key "other"'],
    ['unknown key "other"', 'vault', 'unknown key "(hidden)"'],
    ['invalid YAML: what "it\\"s is', 'vault', 'invalid YAML'],
  ])('%s (%s)', async (message, file, expected) => {
    expect(await show(message, file)).toBe(expected);
  });

  it('looks into hints, too', async () => {
    expect(await show('wrong', 'x.yml', 'did you mean "hunter2-plain"?')).toBe(
      'wrong; did you mean "(hidden)"?',
    );
  });
});

describe('passwords', () => {
  it.each([
    ['pw', { id: null, from: { file: 'pw' } }],
    ['dev@pw', { id: 'dev', from: { file: 'pw' } }],
    ['@pw', { id: null, from: { file: 'pw' } }],
    ['dev@prompt', { id: 'dev', from: 'prompt' }],
    ['prompt', PROMPT],
  ])('%s', async (text, source) => {
    expect(await parseVaultSource(text)).toEqual(source);
  });

  it('takes a file whose name has an @ for what it is', async () => {
    const file = join(await tree({ 'a@b': 'x' }), 'a@b');
    expect(await parseVaultSource(file)).toEqual({ id: null, from: { file } });
  });

  const script = async (name: string, text: string) => {
    const file = join(await tree({ [name]: text }), name);
    await chmod(file, 0o755);
    return readPasswords([{ id: 'dev', from: { file } }], never);
  };

  it('runs programs, and tells clients the vault id', async () => {
    const plain = await script('pw.sh', '#!/bin/sh\nprintf " %s %s\\n" "$#" x\n');
    expect(plain.passwords[0]?.bytes.toString()).toBe(' 0 x');
    const client = await script('my-client.sh', '#!/bin/sh\necho "$1=$2"\n');
    expect(client.passwords[0]?.bytes.toString()).toBe('--vault-id=dev');
  });

  it.each([
    ['fails', '#!/bin/sh\necho no access >&2\nexit 3\n', /ended with status 3: no access/],
    ['prints nothing', '#!/bin/sh\n', /is empty/],
    ['is no program', 'secret-word\n', /may be executed, but is no program/],
  ])('says when a program %s', async (_name, text, message) => {
    const { passwords, diagnostics } = await script('pw', text);
    expect(passwords).toEqual([]);
    expect(diagnostics.map((d) => d.message)).toEqual([expect.stringMatching(message)]);
    expect(JSON.stringify(diagnostics)).not.toContain('secret-word');
  });

  it('says when a file is missing or empty', async () => {
    const empty = await passwordFile('\n');
    const { diagnostics } = await readPasswords([{ id: null, from: { file: '/nowhere/pw' } }, empty], never);
    expect(diagnostics.map((d) => d.message)).toEqual([
      'the vault password file /nowhere/pw does not exist',
      expect.stringMatching(/is empty$/),
    ]);
  });
});
