import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  doasConf,
  during,
  HOST,
  newPlay,
  onHost,
  PASSWORD,
  prepareHost,
  sudoers,
  tryAs,
} from './become/host.ts';
import { bandwidth, LAB, lab, MAIN, NOT_IN_CI, play, run } from './lab.ts';

/** Becoming root on a real host, with sudo and doas as Debian has them. */
describe.skipIf(LAB === '')('becoming root', { concurrent: false }, () => {
  let uuid = '';
  beforeAll(async () => {
    uuid = await prepareHost();
  });
  afterEach(() => sudoers(''));
  afterAll(() => lab(['restart', HOST]));

  const withoutSudo = <T>(body: () => Promise<T>) =>
    during('touch /run/none; mount --bind /run/none /usr/bin/sudo', 'umount /usr/bin/sudo', body);
  const BECOME = { ansible_user: 'virtune', ansible_become: true };
  const WITH_PASSWORD = { ansible_user: 'pw', ansible_become: true, ansible_become_password: PASSWORD };

  describe('sudo', () => {
    it('without a password', async () => {
      await sudoers('virtune ALL=(root) NOPASSWD: ALL\n');
      expect(await tryAs(BECOME, uuid)).toMatchObject({ code: 0, nic: 'changed', written: true });
    });

    it('by flags, where the variables do not say', async () => {
      await sudoers('virtune ALL=(root) NOPASSWD: ALL\n');
      const flags = ['-b', '--become-method', 'sudo', '--become-user', 'root'];
      expect(await tryAs({ ansible_user: 'virtune' }, uuid, ...flags)).toMatchObject({ nic: 'changed' });
      const vars = { ansible_user: 'virtune', ansible_become: false };
      expect(await tryAs(vars, uuid, ...flags)).toMatchObject({ code: 3, written: false });
    });

    it('by keywords of the play, where the variables do not say', async () => {
      await sudoers('virtune ALL=(root) NOPASSWD: ALL\n');
      const keywords = {
        become: '{{ wanted }}',
        become_method: 'sudo',
        become_user: 'root',
        vars: { wanted: true },
      };
      const played = await play(newPlay({ ansible_user: 'virtune' }, keywords));
      expect(played.nics.map((nic) => nic.status)).toEqual(['changed']);
      const vars = { ansible_user: 'virtune', ansible_become: false };
      expect(await play(newPlay(vars, keywords))).toMatchObject({ code: 3 });
    });

    it('with a password, which is seen nowhere', async () => {
      await sudoers('pw ALL=(root) ALL\n');
      const stop = await watchProcesses();
      const { played, ...outcome } = await tryAs(WITH_PASSWORD, uuid, '-D', '-v');
      const seen = await stop();
      expect(outcome).toMatchObject({ code: 0, nic: 'changed', written: true });
      expect(seen).toContain('sudo');
      const logs = await onHost('cat /run/lab/log/*; cat /var/log/auth.log 2>/dev/null || :');
      for (const text of [seen, logs, played.stdout, played.stderr, JSON.stringify(played.report)])
        expect(text).not.toContain(PASSWORD.slice(0, 9));
    });

    it('with a password from a file, or from what a program prints', async () => {
      await sudoers('pw ALL=(root) ALL\n');
      const { ansible_become_password: _, ...vars } = WITH_PASSWORD;
      const { dir } = newPlay({});
      writeFileSync(join(dir, 'text'), `${PASSWORD}\n`);
      writeFileSync(join(dir, 'program'), `#!/bin/sh\ncat ${dir}/text\n`, { mode: 0o755 });
      for (const file of ['text', 'program']) {
        const flag = ['--become-password-file', join(dir, file)];
        expect(await tryAs(vars, uuid, ...flag)).toMatchObject({ code: 0, written: true });
      }
    });

    it("by way of the system's own ssh", async () => {
      await sudoers('pw ALL=(root) ALL\n');
      const vars = { ...WITH_PASSWORD, ansible_connection: 'openssh' };
      expect(await tryAs(vars, uuid)).toMatchObject({ code: 0, written: true });
      const wrong = await tryAs({ ...vars, ansible_become_password: 'x' }, uuid);
      expect(wrong).toMatchObject({ errorCode: 'become_password_wrong', written: false });
    });

    it('with a password that nobody needs', async () => {
      await sudoers('pw ALL=(root) NOPASSWD: ALL\n');
      expect(await tryAs(WITH_PASSWORD, uuid)).toMatchObject({ code: 0, written: true });
    });

    it('with a password from extra variables, which the report does not repeat', async () => {
      await sudoers('pw ALL=(root) ALL\n');
      const { ansible_become_password: _, ...vars } = WITH_PASSWORD;
      const extra = JSON.stringify({ ansible_become_pass: PASSWORD });
      const { played, written } = await tryAs(vars, uuid, '-e', extra);
      expect(written).toBe(true);
      expect(played.stdout + played.stderr + JSON.stringify(played.report)).not.toContain('Tr0ub4dor');
    });

    it('with a password typed on a terminal, which does not show it', async () => {
      await sudoers('pw ALL=(root) ALL\n');
      const { ansible_become_password: _, ...vars } = WITH_PASSWORD;
      const { playbook, inventory, rate } = newPlay(vars);
      const args = [process.execPath, MAIN, 'run', playbook, ...inventory, '-K'];
      const { shown, code } = await typed(args, 'become password: ', `${PASSWORD}?\x7f\r`);
      expect([code, shown]).toEqual([0, expect.stringContaining('1 changed')]);
      expect(shown).not.toContain('Tr0ub4dor');
      expect(await bandwidth(HOST, uuid)).toEqual([`<inbound average='${rate}'/>`]);
    });

    it('asks nobody where there is no terminal', async () => {
      const { playbook, inventory } = newPlay(BECOME);
      const ran = await run('setsid', ['-w', process.execPath, MAIN, 'run', playbook, ...inventory, '-K']);
      expect([ran.code, ran.stderr]).toEqual([
        1,
        expect.stringMatching(/no terminal to ask for the become password/),
      ]);
    });

    it('becomes a user that is not root', async () => {
      await sudoers('virtune ALL=(nobody2) NOPASSWD: ALL\n');
      const vars = { ...BECOME, ansible_become_user: 'nobody2' };
      // Reading is every user's right; writing is not this one's.
      expect(await tryAs(vars, uuid, '--check')).toMatchObject({ code: 2, nic: 'pending' });
      expect(await tryAs(vars, uuid)).toMatchObject({ code: 3, nic: 'failed', written: false });
    });

    it('needs nothing where the login is root already', async () => {
      const outcome = await withoutSudo(() => tryAs({ ansible_become: true }, uuid));
      expect(outcome).toMatchObject({ code: 0, written: true });
    });
  });

  describe('a host that refuses says why, is not read, and nothing is written', () => {
    const refused = async (vars: object, code: string, says: RegExp) => {
      const outcome = await tryAs(vars, uuid);
      expect(outcome).toMatchObject({
        code: 3,
        status: 'failed',
        errorCode: code,
        nic: undefined,
        written: false,
      });
      expect(outcome.error).toMatch(says);
      expect(JSON.stringify(outcome.played)).not.toContain(PASSWORD.slice(0, 9));
    };

    it('a password is wanted', async () => {
      await sudoers('virtune ALL=(root) ALL\n');
      await refused(BECOME, 'become_password_required', /without a password.*use -K.*docs\/privileges\.md/);
    });

    it('the password is wrong', async () => {
      await sudoers('pw ALL=(root) ALL\n');
      const vars = { ...WITH_PASSWORD, ansible_become_password: `${PASSWORD}!` };
      await refused(vars, 'become_password_wrong', /did not take the password.*not of root/);
    });

    it('the login is not in sudoers', () =>
      refused(WITH_PASSWORD, 'become_refused', /does not allow this login.*pw is not in the sudoers file/));

    it('the command is not allowed', async () => {
      await sudoers('pw ALL=(root) /bin/true\n');
      await refused(
        WITH_PASSWORD,
        'become_refused',
        /Sorry, user pw is not allowed to execute \/bin\/sh as root/,
      );
    });

    it('requiretty', async () => {
      await sudoers('Defaults:virtune requiretty\nvirtune ALL=(root) NOPASSWD: ALL\n');
      await refused(BECOME, 'become_needs_terminal', /wants a terminal.*!requiretty/);
    });

    it('a user that there is not', async () => {
      await sudoers('virtune ALL=(ALL) NOPASSWD: ALL\n');
      await refused({ ...BECOME, ansible_become_user: 'nosuch' }, 'become_user_unknown', /no user nosuch/);
    });

    it('broken rules', async () => {
      await sudoers('virtune garbage\n');
      await refused(BECOME, 'become_failed', /sudo does not work there.*syntax error/);
    });

    it('no sudo', async () => {
      await withoutSudo(() => refused(BECOME, 'become_missing', /sudo is not installed there/));
    });

    it('reading is allowed and writing is not: read, and nothing is written', async () => {
      await sudoers(readFileSync(join(import.meta.dirname, '../../docs/virtune.sudoers'), 'utf8'));
      const outcome = await tryAs(BECOME, uuid);
      expect(outcome).toMatchObject({
        code: 3,
        errorCode: 'become_password_required',
        nic: 'failed',
        written: false,
      });
      expect(outcome.message).toMatch(/sudo would not run the command as root/);
    });
  });

  describe('doas', () => {
    const DOAS = { ...BECOME, ansible_become_method: 'doas' };

    it('with nopass', async () => {
      await doasConf('permit nopass virtune as root\n');
      expect(await tryAs(DOAS, uuid)).toMatchObject({ code: 0, nic: 'changed', written: true });
    });

    it.each([
      ['permit nopass pw as root\n', 'become_refused', /Operation not permitted/],
      ['permit virtune as root\n', 'become_password_required', /Authentication required/],
    ])('refused: %j', async (conf, errorCode, says) => {
      await doasConf(conf);
      const outcome = await tryAs(DOAS, uuid);
      expect(outcome).toMatchObject({ code: 3, errorCode, written: false });
      expect(outcome.error).toMatch(says);
    });
  });

  it.each([
    [{ ansible_become_method: 'su' }, /ansible_become_method "su" is not supported/],
    [{ ansible_become_method: 'doas', ansible_become_password: PASSWORD }, /permit nopass LOGIN/],
    [{ ansible_become_password: `${PASSWORD}\n`, ansible_become_flags: '-E' }, /one line/],
    [{ ansible_become_user: '$(id)' }, /ansible_become_user "\$\(id\)" is not a user name/],
  ])('is refused before any host is asked: %j', async (vars, says) => {
    const failure = await tryAs({ ...BECOME, ...vars }, uuid).catch((error: Error) => error.message);
    expect(failure).toMatch(/^no report \(exit 1\)/);
    expect(failure).toMatch(says);
    expect(failure).not.toContain('Tr0ub4dor');
  });

  /** Gathers the command lines and environments of all processes on the host until it is stopped. */
  async function watchProcesses(): Promise<() => Promise<string>> {
    await onHost(
      `(while [ ! -e /run/watched ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' '; done >/run/watch.log) </dev/null >/dev/null 2>&1 &`,
    );
    return () => onHost('touch /run/watched; sleep 0.3; cat /run/watch.log');
  }

  /** Runs a program on a terminal and types a line once it asks. */
  function typed(args: readonly string[], prompt: string, line: string) {
    const file = join(newPlay({}).dir, 'command.sh');
    writeFileSync(file, `exec ${args.map((arg) => `'${arg}'`).join(' ')}\n`);
    const child = spawn('sh', ['-c', 'exec script -qec "$0" /dev/null', `sh ${file}`], {
      env: { ...process.env, ...NOT_IN_CI, TERM: 'dumb' },
    });
    return new Promise<{ shown: string; code: number | null }>((done, fail) => {
      let shown = '';
      let asked = false;
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
        if (asked || !shown.includes(prompt)) return;
        asked = true;
        child.stdin.write(line);
      });
      child.on('error', fail).on('close', (code) => done({ shown, code }));
    });
  }
});
