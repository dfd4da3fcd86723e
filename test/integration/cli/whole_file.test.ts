import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shellQuote } from '../../../src/base/quote.ts';
import { makeWay, unwrittenText, writeWhole } from '../../../src/cli/whole_file.ts';

let dir = '';
let file = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-whole-'));
  file = join(dir, 'report.json');
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('a file that is whole or not there', () => {
  it.skipIf(process.getuid?.() !== 0)('is refused beforehand where the disk is full', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]);
    try {
      expect(() => writeFileSync(join(dir, 'fill'), Buffer.alloc(128 * 1024))).toThrow('ENOSPC');
      await expect(makeWay(file, 'the report')).rejects.toThrow(/the report cannot be written: ENOSPC/);
      expect(readdirSync(dir)).toEqual(['fill']);
    } finally {
      execFileSync('umount', [dir]);
    }
  });

  it('takes the place of an earlier one, which is gone as soon as the way is made', async () => {
    writeFileSync(file, 'old');
    await makeWay(file, 'it');
    expect(existsSync(file)).toBe(false);
    await writeWhole(file, ['new', ' words'], 'it', 'no');
    expect([readdirSync(dir), readFileSync(file, 'utf8')]).toEqual([['report.json'], 'new words']);
  });

  it('leaves nothing behind when it fails, and the next one is not held up by what a killed one left', async () => {
    function* broken(): Generator<string> {
      yield 'half';
      throw new Error('out of paper');
    }
    await expect(writeWhole(file, broken(), 'it', 'hint')).rejects.toThrow('out of paper');
    expect(readdirSync(dir)).toEqual([]);
    writeFileSync(`${file}.${process.pid}.tmp`, 'left');
    await makeWay(file, 'it');
    await writeWhole(file, ['new'], 'it', 'no');
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  it('is refused before anything is done where the folder is missing, or it is a folder itself', async () => {
    const folder = join(dir, 'no');
    await expect(makeWay(join(folder, 'x'), 'it')).rejects.toThrow(
      `it cannot be written: there is no folder ${folder}`,
    );
    await expect(makeWay(dir, 'it')).rejects.toThrow('it cannot be written: it is a folder');
  });

  it.each([
    ['EACCES', 'permission denied; ls -ld /srv/reports shows who may'],
    ['EPERM', 'permission denied; ls -ld /srv/reports shows who may'],
    ['EROFS', 'nothing can be written in /srv/reports: its file system is read-only'],
    ['ENOENT', 'no file can be made in /srv/reports, or it is not there any more'],
    ['ENOTDIR', '/srv/reports is no folder'],
    ['EISDIR', 'it is a folder'],
    ['ENOSPC', 'ENOSPC: x'],
  ])('says of %s what it means for the file', (code, text) => {
    expect(unwrittenText(Object.assign(new Error(`${code}: x`), { code }), '/srv/reports/a.json')).toBe(text);
  });

  // /dev/null, /dev/stdout, a pipe of the shell's: as root they would have been removed.
  it('never takes the place of what is no plain file', async () => {
    symlinkSync('/dev/null', file);
    await makeWay(file, 'it');
    await writeWhole(file, ['gone'], 'it', 'no');
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readdirSync(dir)).toEqual(['report.json']);
  });

  it('is told from what is none of it: the streams of the process by other names', async () => {
    const script = `import { ownStream } from '${join(import.meta.dirname, '../../../src/cli/whole_file.ts')}';
      const names = process.argv.slice(1);
      console.log(JSON.stringify(await Promise.all(names.map((name) => ownStream(name)))));`;
    const own = (how: string, ...names: string[]) => {
      const tsx = join(import.meta.dirname, '../../../node_modules/.bin/tsx');
      const words = [tsx, '--input-type=module', '-e', script, ...names].map((word) => shellQuote(word));
      execFileSync('sh', ['-c', `${words.join(' ')} ${how}`], { cwd: dir });
      return JSON.parse(readFileSync(join(dir, 'out'), 'utf8'));
    };
    const [out, err] = ['standard output', 'standard error'];
    expect(
      own('>out 2>err', '/dev/stdout', join(dir, 'out'), '/dev/stderr', 'err', 'other', '/dev/null'),
    ).toEqual([out, out, err, err, null, null]);
    expect(own('2>/dev/null | cat >out', '/dev/stdout', '/dev/fd/1', '/dev/stderr', 'out')).toEqual([
      out,
      out,
      null,
      null,
    ]);
  });

  it('goes where a link points, and the link stays', async () => {
    const real = join(dir, 'real');
    writeFileSync(real, 'a long old text');
    symlinkSync(real, file);
    await makeWay(file, 'it');
    expect(readFileSync(real, 'utf8')).toBe('');
    await writeWhole(file, ['new'], 'it', 'no');
    expect([lstatSync(file).isSymbolicLink(), readFileSync(real, 'utf8')]).toEqual([true, 'new']);
  });
});
