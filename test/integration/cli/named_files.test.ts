import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { typed } from './typed.ts';

/** Files that are named on the command line and cannot be read or written: told before any host is contacted. */

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-named-'));
  mkdirSync(join(dir, 'folder'));
  writeFileSync(join(dir, 'limits.plan'), '');
  writeFileSync(join(dir, 'play.yml'), '- hosts: all\n  tasks: []\n');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

/** Nothing listens there: a host that was contacted would be told. */
const INVENTORY = ['-i', '127.0.0.1,', '-e', 'ansible_port=1'];
const serving = (...words: string[]) => ['serve', 'play.yml', ...INVENTORY, ...words];

const READING: readonly (readonly [string, string, readonly string[]])[] = [
  ['apply', 'saved plan', ['apply', 'FILE']],
  ['report', 'report', ['report', 'FILE']],
  ['report merge', 'report', ['report', 'merge', 'FILE']],
  ['run --baseline', 'report', ['run', 'play.yml', ...INVENTORY, '--baseline', 'FILE']],
  ['run --waivers', 'file of waivers', ['run', 'play.yml', ...INVENTORY, '--waivers', 'FILE']],
  ['run --policy', 'policy', ['run', 'play.yml', ...INVENTORY, '--policy', 'FILE']],
  ['run -e', 'file of extra variables', ['run', 'play.yml', ...INVENTORY, '-e', '@FILE']],
  ['run', 'playbook', ['run', 'FILE', ...INVENTORY]],
  ['validate', 'playbook', ['validate', 'FILE', ...INVENTORY]],
  ['explain', 'playbook', ['explain', '127.0.0.1', 'web', 'FILE', ...INVENTORY]],
  ['policy test', 'file of cases', ['policy', 'test', 'FILE']],
  ['serve --tls-cert', 'certificate', serving('--tls-cert', 'FILE', '--tls-key', 'play.yml')],
  ['serve --tls-key', 'key', serving('--tls-cert', 'play.yml', '--tls-key', 'FILE')],
];

const inDir = (words: readonly string[], file: string): string[] =>
  words.map((word) => {
    if (word === 'play.yml') return join(dir, word);
    return word.endsWith('FILE') ? word.replace('FILE', join(dir, file)) : word;
  });

describe.each(READING)('%s', (_command, what, words) => {
  it('says which file is not there, and where it was looked for', async () => {
    const { status, said } = await typed(...inDir(words, 'nosuch'));
    expect(said).toContain(`the ${what} ${dir}/nosuch does not exist (${dir} has nothing of that name)`);
    expect([status, said]).toEqual([1, expect.not.stringMatching(/ENOENT|unreachable/)]);
    expect((await typed(...inDir(words, 'gone/x'))).said).toContain(`(there is no folder ${dir}/gone)`);
  });

  it('says which is a folder', async () => {
    const { status, said } = await typed(...inDir(words, 'folder'));
    expect(said).toContain(`the ${what} ${dir}/folder is a folder (name a file in it)`);
    expect([status, said]).toEqual([1, expect.not.stringMatching(/EISDIR|unreachable/)]);
  });
});

const WRITING: readonly (readonly [string, readonly string[]])[] = [
  ['plan -o', ['plan', 'play.yml', ...INVENTORY, '-o', 'FILE']],
  ['scan -o', ['scan', ...INVENTORY, '-o', 'FILE']],
  ['run --report', ['run', 'play.yml', ...INVENTORY, '--report', 'html=FILE']],
  ['run --report, as it goes', ['run', 'play.yml', ...INVENTORY, '--report', 'ndjson=FILE']],
  ['show --report', ['show', ...INVENTORY, '--report', 'json=FILE']],
  ['validate --report', ['validate', 'play.yml', ...INVENTORY, '--report', 'json=FILE']],
];

describe.each(WRITING)('%s', (_command, words) => {
  it.each([
    ['gone/x', 'there is no folder DIR/gone (make it: mkdir -p DIR/gone)'],
    ['folder', 'it is a folder (name a file in it)'],
    ['limits.plan/x', 'DIR/limits.plan is no folder (name a file in another folder)'],
  ])('to %s says why not', async (file, why) => {
    const { status, said } = await typed(...inDir(words, file));
    expect(said).toContain(`${join(dir, file)} cannot be written: ${why.replaceAll('DIR', dir)}`);
    expect([status, said]).toEqual([1, expect.not.stringMatching(/ENOENT|EISDIR|ENOTDIR|unreachable/)]);
  });
});
