import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askSecret, backTo } from '../../../src/connection/keys/ask_person.ts';

const SOURCE = join(import.meta.dirname, '../../../src/connection/keys/ask_person.ts');

/** A terminal of its own, as `script` of util-linux makes one; knip takes the plain name for a missing package. */
const TERMINAL = '/usr/bin/script';
const noTerminal = spawnSync(TERMINAL, ['-qfec', 'true', '/dev/null']).status !== 0;

const NOT_IN_CI = { CI: '', GITHUB_ACTIONS: '', GITLAB_CI: '', TF_BUILD: '', TEAMCITY_VERSION: '' };

describe('askSecret', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-ask-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function program(text: string): string {
    const file = join(dir, 'askpass');
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o700);
    return file;
  }
  const none = () => null;

  it.each<[Record<string, string>, string | null]>([
    [{ SSH_ASKPASS_REQUIRE: 'force' }, 'said: Why?'],
    [{ SSH_ASKPASS_REQUIRE: 'prefer' }, 'said: Why?'],
    [{ DISPLAY: ':0' }, 'said: Why?'],
    [{ WAYLAND_DISPLAY: 'w' }, 'said: Why?'],
    [{ DISPLAY: ':0', SSH_ASKPASS_REQUIRE: 'never' }, null],
    [{}, null],
  ])('runs SSH_ASKPASS where ssh would, with %j', async (env, answer) => {
    const SSH_ASKPASS = program('echo "said: $1"; echo more');
    expect(await askSecret('Why?', { env: { ...env, SSH_ASKPASS }, terminal: none })).toBe(answer);
  });

  it('asks no person in CI, at a terminal or a display; a program that must be asked is none', async () => {
    const SSH_ASKPASS = program('echo said');
    const terminal = () => {
      throw new Error('the terminal was opened');
    };
    const ask = (env: Record<string, string>) => askSecret('?', { env: { ...env, SSH_ASKPASS }, terminal });
    expect(await ask({ CI: 'true', DISPLAY: ':0' })).toBeNull();
    expect(await ask({ GITLAB_CI: 'true' })).toBeNull();
    expect(await ask({ CI: '1', SSH_ASKPASS_REQUIRE: 'force' })).toBe('said');
  });

  it('has no answer where the program fails or is missing', async () => {
    const env = { SSH_ASKPASS: program('exit 1'), SSH_ASKPASS_REQUIRE: 'force' };
    expect(await askSecret('?', { env, terminal: none })).toBeNull();
    expect(await askSecret('?', { env: { ...env, SSH_ASKPASS: '/no/such' }, terminal: none })).toBeNull();
  });

  it.skipIf(noTerminal)('asks at a terminal, one at a time, and shows nothing of the answers', async () => {
    const file = join(dir, 'ask.mts');
    writeFileSync(
      file,
      `import { askSecret } from ${JSON.stringify(SOURCE)};
       const got = await Promise.all([askSecret('first? '), askSecret('second? '), askSecret('third? ')]);
       console.log('lengths', got.map((one) => one?.length ?? 'none').join());`,
    );
    const child = spawn(TERMINAL, ['-qfec', `${process.execPath} --import tsx ${file}`, '/dev/null'], {
      cwd: join(import.meta.dirname, '../../..'),
      env: { ...process.env, ...NOT_IN_CI, SSH_ASKPASS: '' },
    });
    let shown = '';
    const answers: [RegExp, string][] = [
      [/first\? $/, 'sesamX\u007f\r'],
      [/second\? $/, 'wrong\u0015abc\r'],
      [/third\? $/, '\u0004'],
    ];
    child.stdout.on('data', (chunk) => {
      shown += chunk;
      const next = answers[0];
      if (next?.[0].test(shown)) child.stdin.write(answers.shift()?.[1] as string);
    });
    await new Promise((done) => child.once('close', done));
    expect(shown).toContain('lengths 5,3,none');
    for (const secret of ['sesam', 'wrong', 'abc']) expect(shown).not.toContain(secret);
  });
});

describe('a question below a live view', () => {
  it.each([
    ['a short one', 'Go on? y', '\r\u001b[J'],
    ['one as wide as the terminal', 'x'.repeat(80), '\r\u001b[J'],
    ['one that was broken into two rows', 'x'.repeat(81), '\r\u001b[1A\u001b[J'],
    ['letters that take two columns', '字'.repeat(81), '\r\u001b[2A\u001b[J'],
  ])('takes away all rows of %s', (_what, text, wanted) => {
    expect(backTo(text, 80)).toBe(wanted);
  });
});
