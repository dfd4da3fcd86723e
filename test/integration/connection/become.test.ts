import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BECOME_PROGRAM, type Become, becomeCommand } from '../../../src/connection/become/become.ts';
import { becoming } from '../../../src/connection/become/becoming.ts';
import { becomeRefusal, becomeTrouble } from '../../../src/connection/become/errors.ts';
import { type BecomeOptions, becomeOf } from '../../../src/connection/become/vars.ts';
import type { ExecResult } from '../../../src/connection/session.ts';
import { sessionOver } from '../../../src/connection/session_over.ts';
import { connectionTarget } from '../../../src/connection/target/target.ts';
import type { Transport } from '../../../src/connection/transport.ts';
import { renderProgram } from '../../../src/libvirt/script.ts';
import { connect, NO_PROGRAM } from '../../unit/connection/connected.ts';
import { targetOf } from '../../unit/connection/fixtures.ts';

const SECRET = 'tr0ub4dor';
const MARK = `vt${'a'.repeat(24)}`;
const INNER = `vt${'b'.repeat(24)}`;

describe('becomeOf', () => {
  const of = (vars: Record<string, unknown>, flags: BecomeOptions = {}) => {
    const { become, diagnostics } = becomeOf('hv1', vars, flags);
    const words = diagnostics.map(({ message, hint }) => `${message}. ${hint}`).join('\n');
    return { words, become: become && { ...become, exe: become.exe, password: become.password?.() } };
  };

  it.each<[Record<string, unknown>, BecomeOptions, object | null]>([
    [{}, {}, null],
    [{ ansible_become: false }, { become: true }, null],
    [{ ansible_become_user: 'x', ansible_become_password: SECRET }, {}, null],
    [{ ansible_become_method: 'su' }, {}, null],
    [{ ansible_become: true }, {}, { method: 'sudo', user: 'root', password: undefined }],
    [{ ansible_become: 'yes' }, {}, { method: 'sudo', user: 'root' }],
    [{}, { become: true, method: 'doas', user: 'u' }, { method: 'doas', user: 'u' }],
    [{ ansible_become: true, ansible_become_user: 'v' }, { user: 'u' }, { user: 'v' }],
    [{ ansible_become: true, ansible_become_method: 'community.general.doas' }, {}, { method: 'doas' }],
    [{ ansible_become: true, ansible_become_password: SECRET }, {}, { password: SECRET }],
    [{ ansible_become: true, ansible_become_password: 1234 }, {}, { password: '1234' }],
    [{ ansible_become: true, ansible_become_password: '' }, {}, { password: undefined }],
    [
      {
        ansible_become: true,
        ansible_become_password: 'a',
        ansible_become_pass: 'b',
        ansible_sudo_pass: 'c',
      },
      { password: () => 'd' },
      { password: 'c' },
    ],
    [{ ansible_become: true }, { password: () => SECRET }, { password: SECRET }],
    [{ ansible_become: true, ansible_become_flags: '-H -S -n' }, {}, { method: 'sudo', exe: undefined }],
    [{ ansible_become: true, ansible_become_flags: ' -HSn --stdin' }, {}, { method: 'sudo' }],
    [{ ansible_become: true, ansible_become_flags: '' }, {}, { method: 'sudo' }],
    [{ ansible_become: true, ansible_become_exe: 'sudo' }, {}, { exe: undefined }],
    [{ ansible_become: true, ansible_become_exe: '/opt/sudo' }, {}, { method: 'sudo', exe: '/opt/sudo' }],
    [{ ansible_become: true, ansible_become_exe: 'a', ansible_sudo_exe: 'b' }, {}, { exe: 'b' }],
    // -K is for those that take one.
    [
      { ansible_become: true, ansible_become_method: 'doas' },
      { password: () => SECRET },
      { password: undefined },
    ],
  ])('%j with flags %j', (vars, flags, expected) => {
    const { words, become } = of(vars, flags);
    expect(words).toBe('');
    if (expected === null) expect(become).toBeNull();
    else expect(become).toMatchObject(expected);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ ansible_become: 'perhaps' }, /must be true or false/],
    [{ ansible_become_method: 'su' }, /"su" is not supported. supported: sudo, doas/],
    [{ ansible_become_user: 'a b' }, /is not a user name/],
    [{ ansible_become_user: "x'y" }, /is not a user name/],
    [{ ansible_become_user: '-u' }, /is not a user name/],
    [{ ansible_become_user: 0 }, /must be a string/],
    [{ ansible_become_exe: 'sudo su -' }, /ansible_become_exe .* of one program/],
    [{ ansible_sudo_exe: '-x' }, /ansible_sudo_exe .* of one program/],
    [{ ansible_sudo_flags: '-E' }, /ansible_sudo_flags "-E" is not supported/],
    [{ ansible_become_flags: '-H -S -n -i' }, /ansible_become_flags "-i" is not supported/],
    [{ ansible_become_flags: ['-H'] }, /is not supported/],
    [{ ansible_become_method: 'doas', ansible_doas_pass: SECRET }, /permit nopass/],
    [{ ansible_become_password: [SECRET] }, /string of one line/],
    [{ ansible_become_password: `${SECRET}\n` }, /string of one line/],
  ])('refuses %j', (vars, expected) => {
    const { words, become } = of({ ansible_become: true, ...vars });
    expect(become).toBeNull();
    expect(words).toMatch(expected);
    expect(words).not.toContain(SECRET);
  });

  it('gives a password that nothing prints by accident', () => {
    const { become } = becomeOf('hv1', { ansible_become: true, ansible_become_password: SECRET }, {});
    expect(become?.password?.()).toBe(SECRET);
    expect(JSON.stringify(become) + inspect(become, { depth: 9 })).not.toContain(SECRET);
  });
});

describe('becomeCommand', () => {
  const sudo: Become = { method: 'sudo', user: 'root', password: () => SECRET };

  it('means the same to every login shell within single quotes', () => {
    expect(BECOME_PROGRAM).not.toMatch(/['\\!\n\r]/);
  });

  it('holds no password', () => {
    const { command, stdin } = becomeCommand(renderProgram('x', ['y']), sudo, MARK);
    expect(command).not.toContain(SECRET);
    expect(command).toBe(
      `exec /bin/sh -c '${BECOME_PROGRAM}' virtune '${MARK}' 'sudo' 'root' '1' '0' 'sudo' /bin/sh -c 'x' virtune 'y'`,
    );
    expect(stdin).toBe(`${SECRET}\n`);
  });

  it('refuses a user that a shell could read as anything else', () => {
    expect(() => becomeCommand('exec x', { ...sudo, user: "x'y" }, MARK)).toThrow(TypeError);
  });
});

/** Stand-ins that note their arguments and input, and answer as told. */
const STAND_IN = `#!/bin/sh
printf '%s\\n' "$0" "$@" >>"$LOG"
case " $* " in *" -S "*) read -r p; printf 'read %s\\n' "$p" >>"$LOG"; printf %s "$4" >&2;; esac
[ -z "$SAYS" ] || { printf '%s\\n' "$SAYS" >&2; exit 1; }
while [ "$1" != /bin/sh ]; do shift; done
exec "$@"
`;

describe.each(['sh', 'dash', 'bash', 'zsh', 'fish', 'csh', 'tcsh', 'busybox'])('under %s', (shell) => {
  const present = spawnSync('sh', ['-c', `command -v ${shell}`]).status === 0;
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-become-'));
    for (const name of ['sudo', 'doas']) {
      writeFileSync(join(dir, name), STAND_IN);
      chmodSync(join(dir, name), 0o755);
    }
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const inner = renderProgram('echo "$1:begin"; echo "$2"; echo heard >&2; cat', [INNER, 'a b;&~']);
  const run = (become: Become, says = '', fallback = false) => {
    const { command, stdin } = becomeCommand(inner, become, MARK, fallback);
    const args = shell === 'busybox' ? ['sh', '-c', command] : ['-c', command];
    const env = { PATH: `${dir}:${process.env.PATH}`, HOME: dir, LOG: join(dir, 'log'), SAYS: says };
    writeFileSync(env.LOG, '');
    const ran = spawnSync(shell, args, { env, encoding: 'utf8', input: stdin ?? '' });
    const result: ExecResult = { stdout: ran.stdout, stderr: ran.stderr, code: ran.status };
    return { ...result, result, log: readFileSync(env.LOG, 'utf8') };
  };
  const other: Become = { method: 'sudo', user: 'nobody' };

  it.skipIf(!present)('runs the command by sudo -n, arguments as they are', () => {
    const { stdout, stderr, code, log } = run(other);
    expect([code, stdout]).toEqual([0, `${INNER}:begin\na b;&~\n`]);
    expect(stderr).toBe(`${MARK}:become\nheard\n${MARK}:became:0\n`);
    expect(log).toMatch(/sudo\n-H\n-n\n-u\nnobody\n\/bin\/sh\n-c\n/);
  });

  it.skipIf(!present)('runs the program that is named for it', () => {
    const exe = join(dir, 'sudo');
    expect(run({ ...other, exe }).log).toMatch(/^.*\/sudo\n-H\n-n\n/);
    expect(run({ ...other, exe: '/nowhere/sudo' }).stderr).toContain(`${MARK}:missing`);
    expect(run({ ...other, exe: join(dir, 'doas') }).log).toMatch(/^.*\/doas\n-H\n-n\n/);
  });

  it.skipIf(!present)('gives sudo the password on its input, and nobody else', () => {
    const { stdout, log } = run({ ...other, password: () => SECRET });
    expect(stdout).toBe(`${INNER}:begin\na b;&~\n`);
    expect(log).toMatch(new RegExp(`-S\n-p\n${MARK}:password:\n-u\nnobody\n`));
    expect(log.match(new RegExp(SECRET, 'g'))).toHaveLength(1);
    expect(log).toContain(`read ${SECRET}\n`);
  });

  it.skipIf(!present)('asks neither sudo nor doas where the login is that user', () => {
    const { stdout, stderr, log } = run({ ...other, user: process.env.USER ?? whoami() });
    expect([stdout, stderr, log]).toEqual([`${INNER}:begin\na b;&~\n`, 'heard\n', '']);
  });

  it.skipIf(!present)('does not run it where that is refused, unless told to fall back', () => {
    const says = 'doas: Operation not permitted';
    const doas: Become = { ...other, method: 'doas' };
    const refused = run(doas, says);
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(becomeRefusal(refused.result, doas, MARK)?.code).toBe('become_refused');
    const fallen = run(doas, says, true);
    expect([fallen.code, fallen.stdout]).toEqual([0, `${INNER}:begin\na b;&~\n`]);
    expect(becomeTrouble(fallen.stderr, doas, MARK)?.code).toBe('become_refused');
  });
});

const whoami = () => spawnSync('id', ['-un'], { encoding: 'utf8' }).stdout.trim();

/** What the methods say, as tried on real ones, and what becomes of it. */
describe('refusals', () => {
  const refusal = (said: string, code = 1, stdout = '') =>
    becomeRefusal(
      { stdout, stderr: `motd\n${MARK}:become\n${said}\n${MARK}:became:${code}\n`, code },
      { method: 'sudo', user: 'root' },
      MARK,
    );

  it.each([
    ['sudo: a password is required', 'become_password_required'],
    [
      'sudo: a terminal is required to read the password; either use the -S option',
      'become_password_required',
    ],
    ['sudo: interactive authentication is required', 'become_password_required'],
    ['doas: Authentication required', 'become_password_required'],
    [
      `${MARK}:password:Sorry, try again.\n${MARK}:password:\nsudo: no password was provided\nsudo: 1 incorrect password attempt`,
      'become_password_wrong',
    ],
    ['sudo: Authentication failed, try again.', 'become_password_wrong'],
    ['pw is not in the sudoers file.  This incident will be reported.', 'become_refused'],
    ["Sorry, user pw is not allowed to execute '/bin/sh -c x' as root on hv01.", 'become_refused'],
    ["I'm sorry pw. I'm afraid I can't do that", 'become_refused'],
    ['doas: Operation not permitted', 'become_refused'],
    ['sudo: sorry, you must have a tty to run sudo', 'become_needs_terminal'],
    ['sudo: unknown user nosuch\nsudo: error initializing audit plugin sudoers_audit', 'become_user_unknown'],
    ['/etc/sudoers.d/t:1:16: syntax error\nx\n ^\nsudo: a password is required', 'become_failed'],
    [
      'sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the nosuid option set',
      'become_failed',
    ],
    ['doas: doas is not enabled, /etc/doas.conf: No such file or directory', 'become_failed'],
    ['sudo: something new', 'become_failed'],
    [`${MARK}:missing`, 'become_missing'],
    ['', 'become_failed'],
  ])('%j', (said, code) => {
    const error = refusal(said);
    expect(error?.code).toBe(code);
    expect(error?.message).not.toContain(MARK);
    expect(error?.hint).not.toBe('');
  });

  it('does not repeat the whole command', () => {
    const said = `Sorry, user pw is not allowed to execute '/bin/sh -c ${'x '.repeat(900)}' as root on hv01.`;
    expect(refusal(said)?.message).toContain(
      '("Sorry, user pw is not allowed to execute /bin/sh as root on hv01.")',
    );
  });

  it.each([
    ['the program has begun', { code: 1, stdout: `${INNER}:begin\n`, stderr: `${MARK}:become\nerror: x\n` }],
    ['it ended well', { code: 0, stdout: '', stderr: `${MARK}:become\n${MARK}:became:0\n` }],
    ['nothing of ours ran', { code: 1, stdout: 'This account is not available.\n', stderr: '' }],
  ])('is none where %s', (_, result) => {
    expect(becomeRefusal(result, { method: 'sudo', user: 'root' }, MARK)).toBeNull();
  });
});

describe('becoming', () => {
  const password = () => SECRET;
  /** A host that answers at once, whatever it is given. */
  const on = async (result: ExecResult) => {
    let input = '';
    const transport: Transport = {
      withholds: () => undefined,
      close: () => {},
      start: (_, { stdout, stderr, ended }) => {
        queueMicrotask(() => {
          if (result.stderr !== '') stderr(Buffer.from(result.stderr));
          if (result.stdout !== '') stdout(Buffer.from(result.stdout));
          ended(result.code, undefined);
        });
        return {
          ...NO_PROGRAM,
          write: (data) => {
            input += data;
          },
        };
      },
    };
    const as = becoming(transport, { method: 'sudo', user: 'root', password }, () => MARK);
    const outcome = await sessionOver(as, targetOf())
      .exec('exec x')
      .catch((error: Error) => error);
    return { input, outcome };
  };

  it('takes the marks and the prompt out of what the program said', async () => {
    const stderr = `${MARK}:become\n${MARK}:password:error: one\n${MARK}:became:0\n`;
    const { outcome, input } = await on({ stdout: `${INNER}:begin\n`, stderr, code: 0 });
    expect(outcome).toEqual({ stdout: `${INNER}:begin\n`, stderr: 'error: one\n', code: 0 });
    expect(input).toBe(`${SECRET}\n`);
  });

  it('does not pass on a password that a host repeats', async () => {
    const { outcome } = await on({ stdout: `${SECRET}: not found`, stderr: `sh: ${SECRET}`, code: 127 });
    expect(outcome).toMatchObject({ stdout: '********: not found', stderr: 'sh: ********' });
  });

  it('leaves what the program printed alone, whatever the password', async () => {
    const stdout = `${INNER}:begin\nname ${SECRET}\n`;
    expect((await on({ stdout, stderr: '', code: 0 })).outcome).toMatchObject({ stdout });
  });
});

/** As sudo -S reads a password: by its prompt, byte by byte, three times at most; or not at all. */
const SUDO = `#!/bin/sh
ask=$(cat "$(dirname "$0")/ask")
while [ "$1" != /bin/sh ]; do [ "$1" = -p ] && prompt=$2; shift; done
tries=0
while [ "$ask" != never ]; do
  [ "$ask" = otherwise ] && prompt='First Factor: '
  printf %s "$prompt" >&2
  IFS= read -r given || { echo 'sudo: no password was provided' >&2; exit 1; }
  tries=$((tries+1))
  echo "$given" >>"$(dirname "$0")/tried"
  [ "$given" = '${SECRET}' ] && break
  echo 'Sorry, try again.' >&2
  [ $tries = 3 ] && exit 1
done
exec "$@"
`;

describe('a dialogue with sudo', () => {
  const PROGRAM = renderProgram('echo "$1:begin"; echo "$1: say:" >&2; cat; exit 4', [INNER]);
  let dir = '';
  const path = process.env.PATH;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-sudo-'));
    writeFileSync(join(dir, 'sudo'), SUDO, { mode: 0o755 });
    process.env.PATH = `${dir}:${path}`;
  });
  afterAll(() => {
    process.env.PATH = path;
    rmSync(dir, { recursive: true });
  });

  const here = async (ask: string, password = SECRET) => {
    writeFileSync(join(dir, 'ask'), ask);
    writeFileSync(join(dir, 'tried'), '');
    const become: Become = { method: 'sudo', user: 'virtune-other', password: () => password };
    const session = await connect(targetOf({ kind: 'local' }), undefined, { become });
    return { session, tried: () => readFileSync(join(dir, 'tried'), 'utf8') };
  };

  it.each(['by its prompt', 'otherwise', 'never'])(
    'that asks %s: the program reads its own input, whole',
    async (ask) => {
      const { session, tried } = await here(ask);
      const answer = { stdout: `${INNER}:begin\n`, stderr: `${INNER}: say:\n`, code: 4 };
      expect(await session.exec(PROGRAM)).toMatchObject({
        ...answer,
        stderr: expect.stringContaining('say:'),
      });
      expect(await session.exec(PROGRAM, 'one\ntwo')).toMatchObject({
        stdout: `${INNER}:begin\none\ntwo`,
        code: 4,
      });
      const channel = await session.open(PROGRAM);
      await channel.write('three\n');
      channel.end();
      const lines: string[] = [];
      for await (const { text } of channel.lines) lines.push(text);
      expect(lines).toEqual([`${INNER}:begin`, 'three']);
      expect(tried()).toBe(ask === 'never' ? '' : `${SECRET}\n`.repeat(3));
      session.close();
    },
  );

  it('tries a wrong password once, and gives it no input instead', async () => {
    const { session, tried } = await here('by its prompt', 'wrong');
    await expect(session.exec(PROGRAM)).rejects.toMatchObject({ code: 'become_password_wrong' });
    expect(tried()).toBe('wrong\n');
    await expect(session.exec(PROGRAM, 'one\n')).rejects.toMatchObject({ code: 'become_password_wrong' });
    expect(tried()).toBe('wrong\n'.repeat(2));
    const channel = await session.open(PROGRAM);
    void channel.write('one\n');
    await expect(channel.ended).rejects.toMatchObject({ code: 'become_password_wrong' });
    expect(tried()).toBe('wrong\n'.repeat(3));
    session.close();
  });
});

describe('a command on this machine', () => {
  const { target } = connectionTarget(
    'here',
    { ansible_connection: 'local' },
    { localUser: 'me', home: '/' },
  );

  it('reads what it is given, and then the end', async () => {
    const connection = await connect(target!);
    expect((await connection.exec('cat; echo end', 'given\n')).stdout).toBe('given\nend\n');
    expect((await connection.exec('cat; echo end')).stdout).toBe('end\n');
    expect((await connection.exec('exec <&-; echo end', 'x'.repeat(1e6))).stdout).toBe('end\n');
    connection.close();
  });
});
