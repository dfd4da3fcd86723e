import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainFileError, readText } from '../../../src/project/files.ts';
import { loadPlaybooks } from '../../../src/project/playbook.ts';
import { tree } from '../../unit/project/tree.ts';

describe('readText', () => {
  it('reads UTF-8 and removes a byte order mark', async () => {
    const root = await tree({ 'a.yml': '\ufeffä: 1\n', empty: '' });
    expect(await readText(join(root, 'a.yml'))).toEqual({ text: 'ä: 1\n', diagnostics: [] });
    expect((await readText(join(root, 'empty'))).text).toBe('');
  });

  it('reads a pipe', async () => {
    const root = await tree({});
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reading = readText(pipe);
    execFileSync('sh', ['-c', 'printf "a: 1" > "$1"', 'sh', pipe]);
    expect((await reading).text).toBe('a: 1');
  });

  it.each<[string, string, string, string | undefined]>([
    ['missing', 'hots.yml', 'the inventory ROOT/hots.yml does not exist', 'did you mean "hosts.yml"?'],
    [
      'missing, nothing near',
      'zzzzzzz',
      'the inventory ROOT/zzzzzzz does not exist',
      'ROOT has nothing of that name',
    ],
    ['missing folder', 'x/y', 'the inventory ROOT/x/y does not exist', 'there is no folder ROOT/x'],
    [
      'a file as a folder',
      'hosts.yml/x',
      'the inventory ROOT/hosts.yml/x does not exist',
      'there is no folder ROOT/hosts.yml',
    ],
    ['a folder', 'dir', 'the inventory ROOT/dir is a folder', 'name a file in it'],
  ])('%s', async (_name, path, message, hint) => {
    const root = await tree({ 'hosts.yml': '', 'dir/x': '' });
    const { text, diagnostics } = await readText(join(root, path), 'inventory');
    expect(text).toBeNull();
    expect(diagnostics.map((d) => [d.message.replace(root, 'ROOT'), d.hint?.replace(root, 'ROOT')])).toEqual([
      [message, hint],
    ]);
  });

  it.each<[string, Buffer, number, number]>([
    ['latin 1', Buffer.from('a: 1\nb: x\xe4y\n', 'latin1'), 2, 5],
    [
      'after real replacement characters',
      Buffer.concat([Buffer.from('\ufffd\ufffd'), Buffer.from([0xff])]),
      1,
      3,
    ],
    ['cut off at the end', Buffer.concat([Buffer.from('a\n'), Buffer.from([0xe2, 0x82])]), 2, 1],
    ['UTF-16', Buffer.from('\ufeffa: 1', 'utf16le'), 1, 1],
  ])('not UTF-8: %s', async (_name, bytes, line, column) => {
    const file = join(await tree({ f: bytes }), 'f');
    const { text, diagnostics } = await readText(file);
    expect(text).toBeNull();
    expect(diagnostics).toEqual([
      {
        severity: 'error',
        message: 'the file is not UTF-8',
        hint: 'save it as UTF-8',
        place: { file, line, column },
      },
    ]);
  });

  it('says of what may not be read how to see who may', async () => {
    expect(await explainFileError({ code: 'EACCES' }, 'my hosts', 'inventory')).toEqual({
      message: 'the inventory my hosts may not be read: permission denied',
      hint: "ls -l 'my hosts' shows who may",
    });
  });

  it('refuses what is too large, and what never ends', async () => {
    const root = await tree({ big: Buffer.alloc(16 * 1024 * 1024 + 1, 32) });
    expect((await readText(join(root, 'big'))).diagnostics[0]?.message).toMatch(/too large/);
    expect((await readText('/dev/zero')).diagnostics[0]?.message).toMatch(/too large/);
  });
});

describe('loadPlaybooks', () => {
  it('reads a playbook, with the file in every place', async () => {
    const file = join(await tree({ 'p.yml': '- hosts: all\n  tasks: [{nic_limits: }]\n' }), 'p.yml');
    const { plays, diagnostics } = await loadPlaybooks([file], {});
    expect(diagnostics).toEqual([]);
    expect(plays[0]).toMatchObject({ file, hosts: 'all', place: { file, line: 1 } });
  });

  it.each([
    ['- hosts: [', /./],
    ['', /the playbook is empty/],
    ['$ANSIBLE_VAULT;1.1;AES256\n3334', /Ansible Vault is not supported here/],
    ['- hosts: a\n  hosts: b\n  tasks: []', /duplicate key "hosts"\n.*no tasks/],
  ])('%j', async (text, message) => {
    const file = join(await tree({ 'p.yml': text }), 'p.yml');
    const { plays, diagnostics } = await loadPlaybooks([file], {});
    expect(plays).toEqual([]);
    expect(diagnostics.map((d) => d.message).join('\n')).toMatch(message);
  });

  it('says that a file is missing, once', async () => {
    expect((await loadPlaybooks(['/nowhere/p.yml'], {})).diagnostics).toHaveLength(1);
  });
});
