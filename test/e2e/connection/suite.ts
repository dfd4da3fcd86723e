import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionTarget } from '../../../src/connection/connection.ts';
import { connect } from '../../unit/connection/connected.ts';
import { channelSuite } from './channels.ts';
import { failureOn, runOn } from './connected.ts';
import { OPENSSH, type ServerKind } from './servers.ts';
import { keygen, type TestSshd } from './sshd.ts';

/** What every transport does alike, against a real server; of a local connection what makes sense there. */
export function transportSuite(kind: ConnectionTarget['kind'], server: ServerKind = OPENSSH): void {
  const remote = kind !== 'local';
  const missing = server.missing();
  describe.skipIf(missing !== null && !process.env.CI)(`transport ${kind}, ${server.name}`, () => {
    let sshd: TestSshd;
    const target = (changes: Partial<ConnectionTarget> = {}) => sshd.target({ kind, ...changes });

    beforeAll(async () => {
      expect(missing).toBe(null);
      sshd = await server.start();
    });
    afterAll(async () => sshd?.stop());

    it('runs a command: output, errors, status', async () => {
      expect(await runOn(target(), 'echo out; echo err >&2; exit 3')).toEqual({
        stdout: 'out\n',
        stderr: 'err\n',
        code: 3,
      });
    });

    it.each([
      ['exec >&- 2>&-; sleep 0.2; exit 4', { code: 4 }],
      ['cat; echo end of input', { code: 0, stdout: 'end of input\n' }],
      ['exit 255', { code: 255 }],
      [`printf '%s' "a'b"; printf ' %s' '$x' '\\'`, { stdout: `a'b $x \\` }],
    ])('%s', async (command, expected) => {
      expect(await runOn(target(), command)).toMatchObject(expected);
    });

    it('tells a command that a signal ended from one that ended well', async () => {
      const { code, signal } = await runOn(target(), 'kill -9 $$');
      expect([code, signal]).toEqual([null, 'SIGKILL']);
    });

    it('gives a command its input, and the end of it', async () => {
      const connection = await connect(target());
      expect((await connection.exec('cat; echo .', 'one line\n')).stdout).toBe('one line\n.\n');
      connection.close();
    });

    it('takes many commands on one connection, in turn and at once', async () => {
      const connection = await connect(target());
      const numbers = Array.from({ length: 8 }, (_, i) => i);
      const expected = numbers.map((i) => [`${i}\n`, i]);
      const exec = async (i: number) => {
        const { stdout, code } = await connection.exec(`echo ${i}; exit ${i}`);
        return [stdout, code];
      };
      const inTurn: unknown[] = [];
      for (const i of numbers) inTurn.push(await exec(i));
      expect(inTurn).toEqual(expected);
      if (server.atOnce) expect(await Promise.all(numbers.map(exec))).toEqual(expected);
      connection.close();
    });

    it('takes 10 MB, whole, and no more than the cap', async () => {
      const big = 'head -c 10000000 /dev/zero | tr "\\0" x; head -c 100000 /dev/zero | tr "\\0" y >&2';
      const { stdout, stderr } = await runOn(target(), big);
      expect([stdout.length, stderr.length, stdout.replaceAll('x', '').length]).toEqual([
        10_000_000, 100_000, 0,
      ]);
      expect(await failureOn(target(), 'yes')).toMatchObject({ code: 'output_too_large' });
    });

    it('gives up on a command that hangs, and the connection still works', async () => {
      const connection = await connect(target({ idleTimeoutMs: 2_000 }));
      const error = await connection.exec('echo before; sleep 1000').catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'exec_timeout' });
      expect((await connection.exec('echo after')).stdout).toBe('after\n');
      connection.close();
    });

    it('gives up on a host whose time is up, whatever it does', async () => {
      const connection = await connect(target({ hostTimeoutMs: 3_000 }));
      const talking = connection.exec('while sleep 0.1; do echo .; done').catch((reason: unknown) => reason);
      expect(await talking).toMatchObject({
        code: 'host_timeout',
        message: 'hv1 was not done after 3 s in all',
      });
      connection.close();
    });

    it('ends with its commands when it is closed, and when the run is interrupted', async () => {
      const connection = await connect(target());
      const running = connection.exec('sleep 1000').catch((reason: unknown) => reason);
      connection.close();
      connection.close();
      expect(await running).toMatchObject({ code: 'closed' });
      const abort = new AbortController();
      const second = await connect(target(), abort.signal);
      const hanging = second.exec('sleep 1000').catch((reason: unknown) => reason);
      abort.abort();
      expect(await hanging).toMatchObject({ code: 'aborted' });
      await expect(second.exec('true')).rejects.toMatchObject({ code: 'aborted' });
      await expect(connect(target(), abort.signal)).rejects.toMatchObject({ code: 'aborted' });
    });

    channelSuite((changes) => target(changes), remote ? server : null);

    describe.runIf(remote)('over SSH', () => {
      it('names what is wrong with keys', async () => {
        expect(await failureOn(target({ privateKeyFile: keygen(sshd.file('wrong')) }))).toMatchObject({
          code: 'auth',
        });
        copyFileSync(sshd.file('user_key'), sshd.file('open_key'));
        chmodSync(sshd.file('open_key'), 0o644);
        for (const privateKeyFile of ['/no/such/key', sshd.file('open_key'), sshd.file('user_key.pub')])
          expect(await failureOn(target({ privateKeyFile }))).toMatchObject({ code: 'key_file' });
      });

      it('refuses unknown, changed and revoked host keys by name, with the place of the old one', async () => {
        const own = readFileSync(sshd.file('known_hosts'), 'utf8');
        const marks = ['ed25519', 'rsa'].map(
          (type) => `@revoked * ${readFileSync(sshd.file(`host_${type}.pub`), 'utf8')}`,
        );
        const other = readFileSync(`${keygen(sshd.file('other_host'))}.pub`, 'utf8');
        const changed = `# comment\n[127.0.0.1]:${sshd.port} ${other}`;
        for (const [text, code] of [
          ['', 'host_key_unknown'],
          [changed, 'host_key_changed'],
          [own + marks.join(''), 'host_key_revoked'],
        ] as const) {
          const file = sshd.file(`known_${code}`, text);
          const error = await failureOn(target({ knownHostsFiles: [file] }));
          expect(error, error.message).toMatchObject({ code });
          if (code === 'host_key_changed') expect(`${error.message} ${error.hint}`).toContain(`${file}:2`);
        }
      });

      it('knows hashed names, several files, an alias, and the type that is known', async () => {
        const rsa = readFileSync(sshd.file('host_rsa.pub'), 'utf8');
        const file = sshd.file('hashed', `[127.0.0.1]:${sshd.port} ${rsa}`);
        execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
        const files = [sshd.file('none', ''), file];
        expect((await runOn(target({ knownHostsFiles: files }), 'echo in')).stdout).toBe('in\n');
        const alias = sshd.file('alias', `web ${rsa}`);
        const changes = {
          knownHostsFiles: [alias],
          hostKeyAlias: 'web',
          sshArgs: ['-o', 'HostKeyAlias=web'],
        };
        expect((await runOn(target(changes), 'echo in')).stdout).toBe('in\n');
      });

      it('accepts new keys, which OpenSSH reads then', async () => {
        const file = join(sshd.dir, `new-${kind}`);
        const open = target({ knownHostsFiles: [file], acceptNewHostKeys: true });
        await Promise.all(Array.from({ length: 10 }, () => runOn(open, 'true')));
        const name = `[127.0.0.1]:${sshd.port}`;
        expect(execFileSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' })).toContain(
          'ssh-ed25519',
        );
        expect((await runOn({ ...open, acceptNewHostKeys: false }, 'echo known')).stdout).toBe('known\n');
      });

      it('names a port where nobody listens, a name that is none, and a server that says nothing', async () => {
        expect(await failureOn(target({ port: 1 }))).toMatchObject({ code: 'refused' });
        expect(await failureOn(target({ address: 'no-such-host.invalid' }))).toMatchObject({ code: 'dns' });
      });

      it('hears a command out through a banner and the noise of a login shell', async () => {
        const noise = sshd.file('noise.sh', 'echo "noise on stdout"; echo "noise on stderr" >&2\n');
        const banner = sshd.file('banner', 'Authorised use only\n'.repeat(100));
        const noisy = await server.start({ banner, command: `. ${noise}; eval "$SSH_ORIGINAL_COMMAND"` });
        try {
          expect(await runOn(noisy.target({ kind }), 'echo answer; exit 5')).toEqual({
            stdout: 'noise on stdout\nanswer\n',
            stderr: 'noise on stderr\n',
            code: 5,
          });
        } finally {
          await noisy.stop();
        }
      });

      it('is told when the server goes away under a command', async () => {
        const dying = await server.start();
        const connection = await connect(dying.target({ kind }));
        const running = connection.exec('kill -9 $PPID; sleep 1000').catch((reason: unknown) => reason);
        expect(await running).toMatchObject({ code: 'closed' });
        await expect(connection.exec('true')).rejects.toMatchObject({ code: 'closed' });
        connection.close();
        await dying.stop();
      });
    });
  });
}
