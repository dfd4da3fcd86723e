import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellQuote } from '../../../src/base/quote.ts';
import { shellWords } from '../../../src/base/shell_words.ts';
import { optionNames, parseSshArgs } from '../../../src/connection/config/ssh_args.ts';
import { sweep } from '../../sweep.ts';

describe('shellWords', () => {
  it.each<[string, readonly string[]]>([
    ['', []],
    ['  ', []],
    ["''", ['']],
    ['a  b\tc\nd', ['a', 'b', 'c', 'd']],
    [`-o ProxyCommand="ssh -W %h:%p b"`, ['-o', 'ProxyCommand=ssh -W %h:%p b']],
    [`'a b'"c d"e\\ f`, ['a bc de f']],
    [`"a\\"b\\\\c\\d"`, ['a"b\\c\\d']],
    [`'$(id)' \`id\``, ['$(id)', '`id`']],
  ])('%j', (line, words) => {
    expect(shellWords(line)).toEqual(words);
  });

  it.each(['"a', "'a", 'a\\'])('is told what is wrong with %j', (line) => {
    expect(shellWords(line)).toHaveProperty('problem');
  });

  it('undoes quoting, whatever the words are', () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(shellWords(words.map(shellQuote).join(' '))).toEqual(words);
      }),
      sweep(100),
    );
  });

  it('agrees with sh on words that hold nothing to expand', () => {
    const piece = fc.constantFrom('a', ' ', '"', "'", '\\', 'b c', '%h', '=', '\t');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const line = pieces.join('');
        const words = shellWords(line);
        if ('problem' in words) return;
        const shown = execFileSync('sh', ['-c', `for w in ${line}\ndo printf '<%s>' "$w"; done`], {
          encoding: 'utf8',
        });
        expect(shown).toBe(words.map((one) => `<${one}>`).join(''));
      }),
      sweep(60, 4),
    );
  });
});

describe('parseSshArgs', () => {
  it.each<[string, readonly string[]]>([
    ['-o StrictHostKeyChecking=no -oUser=x', ['-o', 'StrictHostKeyChecking=no', '-o', 'User=x']],
    ['-o "IdentityFile ~/a b"', ['-o', 'IdentityFile=~/a b']],
    ['-J a,b -p22 -l root -i ~/k -F cfg', ['-J', 'a,b', '-p', '22', '-l', 'root', '-i', '~/k', '-F', 'cfg']],
    ['-C -4 -vvv -q', ['-C', '-4']],
    // Ansible's own defaults and what is often copied.
    ['-C -o ControlMaster=auto -o ControlPersist=60s -o ControlPath=/x/%C -A', ['-C']],
  ])('%s', (text, args) => {
    expect(parseSshArgs(text)).toEqual({ args, ignored: [], problems: [] });
  });

  it('names what has no effect, and what can’t be passed on', () => {
    expect(parseSshArgs('-L 1:a:2 -o RemoteCommand=reboot')).toMatchObject({
      args: [],
      ignored: ['-L 1:a:2', '-o RemoteCommand'],
      problems: [],
    });
    expect(parseSshArgs('-W h:1 host -o nonsense -J').problems).toHaveLength(4);
  });

  it('lets no argument through as a host or a command', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 6 }), (words) => {
        const { args } = parseSshArgs(words.map((word) => shellQuote(word.replaceAll('\0', ''))).join(' '));
        for (let at = 0; at < args.length; at++) {
          expect(args[at]).toMatch(/^-[46CKkoJiplFbBcmIP]$/);
          if (!/^-[46CKk]$/.test(args[at] as string)) at++;
        }
      }),
    );
  });

  it('tells which options are meant', () => {
    expect([...optionNames(['-J', 'b', '-o', 'Ciphers=x', '-4'])]).toEqual(['proxyjump', 'ciphers']);
  });
});
