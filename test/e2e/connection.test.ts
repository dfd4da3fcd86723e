import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOn, runOn } from './connection/connected.ts';
import { keygen, sshdBinary, startSshd, type TestSshd } from './connection/sshd.ts';

const missing = sshdBinary() === null;
if (missing && !process.env.CI) {
  console.warn(
    'left out: the connection tests against a real sshd (no sshd here: apt-get install openssh-server)',
  );
}

describe.skipIf(missing && !process.env.CI)('a real sshd', () => {
  let sshd: TestSshd;
  // sshd listens on 16 addresses at most.
  const many = Array.from({ length: 15 }, (_, index) => `127.0.0.${index + 2}`);

  beforeAll(async () => {
    expect(missing, 'CI has no sshd: apt-get install openssh-server').toBe(false);
    sshd = await startSshd(['Banner none'], ['ed25519', 'rsa'], many);
  });
  afterAll(async () => sshd?.stop());

  it('is refused with a wrong key, and says what was tried', async () => {
    const key = keygen(sshd.file('wrong_key'));
    const error = await failureOn(sshd.target({ privateKeyFile: key }));
    expect(error.code).toBe('auth');
    expect(error.message).toMatch(new RegExp(`tried key ${key}; it accepts publickey`));
  });

  it('needs its key file readable, closed to others, and without a passphrase', async () => {
    expect(await failureOn(sshd.target({ privateKeyFile: '/no/such/key' }))).toMatchObject({
      code: 'key_file',
    });
    copyFileSync(sshd.file('user_key'), sshd.file('open_key'));
    chmodSync(sshd.file('open_key'), 0o644);
    const open = await failureOn(sshd.target({ privateKeyFile: sshd.file('open_key') }));
    expect([open.code, open.message, open.hint].join(' ')).toMatch(
      /key_file .*open to other users \(mode 0644\) run: chmod 600/,
    );
    expect(await failureOn(sshd.target({ privateKeyFile: sshd.file('user_key.pub') }))).toMatchObject({
      code: 'key_file',
    });
  });

  it('falls back to the default keys that exist', async () => {
    const keys = ['/no/such/key', sshd.file('user_key')];
    expect(
      (await runOn(sshd.target({ privateKeyFile: undefined, identityFiles: keys }), 'echo in')).stdout,
    ).toBe('in\n');
    const none = await failureOn(sshd.target({ privateKeyFile: undefined, identityFiles: ['/no/such/key'] }));
    expect(none).toMatchObject({
      code: 'auth',
      message: expect.stringMatching(/tried no key; it accepts publickey/),
    });
  });

  it.each(['rsa', 'ecdsa'])('logs in with an %s key', async (type) => {
    const key = keygen(sshd.file(`user_${type}`), type);
    sshd.authorize(`${key}.pub`);
    expect((await runOn(sshd.target({ privateKeyFile: key }), 'echo in')).stdout).toBe('in\n');
  });

  it('refuses an unknown host key, with the remedy that helps', async () => {
    const file = sshd.file('empty_known_hosts', '');
    const error = await failureOn(sshd.target({ knownHostsFiles: [file] }));
    expect(error.code).toBe('host_key_unknown');
    const print = execFileSync('ssh-keygen', ['-l', '-f', sshd.file('host_ed25519.pub')], {
      encoding: 'utf8',
    });
    expect(error.message).toContain(print.split(' ')[1]);
    const scan = /ssh-keyscan .* >> \S+/.exec(error.hint ?? '')?.[0];
    execFileSync('sh', ['-c', `${scan} 2>/dev/null`]);
    expect((await runOn(sshd.target({ knownHostsFiles: [file] }), 'echo in')).stdout).toBe('in\n');
  });

  it('refuses a changed host key with the old one’s place, accept-new or not, and the remedy helps', async () => {
    const other = readFileSync(`${keygen(sshd.file('other_host'))}.pub`, 'utf8');
    const file = sshd.file('changed_known_hosts', `# comment\n[127.0.0.1]:${sshd.port} ${other}`);
    for (const acceptNewHostKeys of [false, true]) {
      const error = await failureOn(sshd.target({ knownHostsFiles: [file], acceptNewHostKeys }));
      expect(error).toMatchObject({
        code: 'host_key_changed',
        message: expect.stringContaining(`${file}:2`),
      });
      expect(error.hint).toContain(`ssh-keygen -R '[127.0.0.1]:${sshd.port}' -f ${file}`);
    }
    execFileSync('ssh-keygen', ['-R', `[127.0.0.1]:${sshd.port}`, '-f', file], { stdio: 'ignore' });
    expect(await failureOn(sshd.target({ knownHostsFiles: [file] }))).toMatchObject({
      code: 'host_key_unknown',
    });
  });

  it('refuses a revoked host key, and a known_hosts file that can’t be read', async () => {
    const own = readFileSync(sshd.file('known_hosts'), 'utf8');
    const [type, key] = readFileSync(sshd.file('host_ed25519.pub'), 'utf8').split(' ');
    const file = sshd.file('revoked_known_hosts', `${own}@revoked * ${type} ${key}\n`);
    expect(await failureOn(sshd.target({ knownHostsFiles: [file] }))).toMatchObject({
      code: 'host_key_revoked',
    });
    const unreadable = await failureOn(
      sshd.target({ knownHostsFiles: [sshd.file('known_hosts'), sshd.dir] }),
    );
    expect(unreadable).toMatchObject({ code: 'known_hosts', message: expect.stringContaining(sshd.dir) });
  });

  it('asks for the key type that is known, hashed names too', async () => {
    const rsa = readFileSync(sshd.file('host_rsa.pub'), 'utf8');
    const file = sshd.file('rsa_known_hosts', `[127.0.0.1]:${sshd.port} ${rsa}`);
    execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|/);
    expect((await runOn(sshd.target({ knownHostsFiles: [file] }), 'echo in')).stdout).toBe('in\n');
  });

  it('accepts new keys: 20 connections to one host write one line, which OpenSSH reads', async () => {
    const file = join(sshd.dir, 'new', '.ssh', 'known_hosts');
    const target = sshd.target({ knownHostsFiles: [file], acceptNewHostKeys: true });
    const results = await Promise.all(Array.from({ length: 20 }, () => runOn(target, 'echo in')));
    expect(results.map(({ stdout }) => stdout)).toEqual(Array(20).fill('in\n'));
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(sshd.dir, 'new', '.ssh')).mode & 0o777).toBe(0o700);
    expect(
      execFileSync('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.port}`, '-f', file], { encoding: 'utf8' }),
    ).toContain('ssh-ed25519');
    expect((await runOn({ ...target, acceptNewHostKeys: false }, 'echo known')).stdout).toBe('known\n');
  });

  it('accepts new keys of 16 hosts at once, after a file without a final newline', async () => {
    const own = readFileSync(sshd.file('known_hosts'), 'utf8').trimEnd();
    const file = sshd.file('grown_known_hosts', own);
    const before = own.split('\n').length;
    const target = sshd.target({ knownHostsFiles: [file], acceptNewHostKeys: true });
    await Promise.all([...many, '127.0.0.1'].map((address) => runOn({ ...target, address }, 'true')));
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(before + many.length);
    for (const address of [...many, '127.0.0.1']) {
      await runOn({ ...target, address, acceptNewHostKeys: false }, 'true');
    }
  });

  it('refuses where the folder of known_hosts can’t be made, and does not try for ever', async () => {
    const target = sshd.target({
      knownHostsFiles: ['/proc/nope/deeper/known_hosts'],
      acceptNewHostKeys: true,
    });
    expect(await failureOn(target)).toMatchObject({ code: 'known_hosts' });
  });

  it('refuses when a new key can’t be written down', async () => {
    const target = sshd.target({
      knownHostsFiles: [sshd.file('known_hosts_dir/x')],
      acceptNewHostKeys: true,
    });
    writeFileSync(sshd.file('known_hosts_dir'), 'a file, not a folder');
    expect(await failureOn(target)).toMatchObject({ code: 'known_hosts' });
  });

  describe('with an ssh-agent', () => {
    let socket: string;
    let agent: ReturnType<typeof spawn>;

    beforeAll(async () => {
      socket = sshd.file('agent.sock');
      agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
      while (!existsSync(socket)) await new Promise((done) => setTimeout(done, 20));
    });
    afterAll(() => void agent?.kill());

    function add(key: string, passphrase = ''): void {
      const askpass = sshd.file('askpass', `#!/bin/sh\necho '${passphrase}'\n`);
      chmodSync(askpass, 0o700);
      const env = {
        ...process.env,
        SSH_AUTH_SOCK: socket,
        SSH_ASKPASS: askpass,
        SSH_ASKPASS_REQUIRE: 'force',
      };
      execFileSync('ssh-add', ['-q', key], { env, stdio: 'ignore' });
    }

    it('needs ssh-add for a key with a passphrase, and then logs in by it', async () => {
      const key = keygen(sshd.file('secret_key'), 'ed25519', 'tr0ub4dor');
      sshd.authorize(`${key}.pub`);
      const target = sshd.target({ privateKeyFile: key });
      const error = await failureOn(target);
      expect(error).toMatchObject({ code: 'key_file', hint: `run: ssh-add ${key}` });
      add(keygen(sshd.file('unrelated_key')));
      add(key, 'tr0ub4dor');
      expect((await runOn({ ...target, agentSocket: socket }, 'echo in')).stdout).toBe('in\n');
    });

    it('tries the agent’s keys first', async () => {
      const target = sshd.target({
        privateKeyFile: undefined,
        identityFiles: ['/no/such/key'],
        agentSocket: socket,
      });
      expect((await runOn(target, 'echo in')).stdout).toBe('in\n');
    });

    it('goes on without an agent that is gone', async () => {
      const target = sshd.target({ privateKeyFile: undefined, identityFiles: [sshd.file('user_key')] });
      expect((await runOn({ ...target, agentSocket: sshd.file('no.sock') }, 'echo in')).stdout).toBe('in\n');
      const error = await failureOn({ ...target, identityFiles: [], agentSocket: sshd.file('no.sock') });
      expect(error.message).toContain('ssh-agent (does not answer)');
    });

    it('is not held up by an agent that hangs', async () => {
      const hung = spawn(process.execPath, [
        '-e',
        `require('net').createServer(()=>{}).listen(${JSON.stringify(sshd.file('hung.sock'))})`,
      ]);
      while (!existsSync(sshd.file('hung.sock'))) await new Promise((done) => setTimeout(done, 20));
      const target = sshd.target({
        privateKeyFile: undefined,
        agentSocket: sshd.file('hung.sock'),
        connectTimeoutMs: 2_000,
      });
      expect(await failureOn(target)).toMatchObject({
        code: 'timeout',
        message: expect.stringContaining('did not complete the login'),
      });
      hung.kill();
    });
  });

  it('lets the process end: after a success, a refusal, an interrupted command and a hung one', async () => {
    mkdirSync(sshd.file('empty'), { recursive: true });
    const good = JSON.stringify(sshd.target({ idleTimeoutMs: 2_000 }));
    const script = `
      import { newConnector } from ${JSON.stringify(join(import.meta.dirname, '../../src/connection/connector.ts'))};
      const { connect } = newConnector();
      const good = ${good};
      const first = await connect(good);
      console.log((await first.exec('echo one')).stdout);
      first.close();
      await connect({ ...good, knownHostsFiles: ['/dev/null'] }).catch((error) => console.log(error.code));
      const abort = new AbortController();
      const second = await connect(good, { signal: abort.signal });
      const hanging = second.exec('sleep 1000').catch((error) => console.log(error.code));
      abort.abort();
      await hanging;
      const third = await connect(good);
      await third.exec('sleep 1000').catch((error) => console.log(error.code));
      third.close();
      const local = await connect({ ...good, kind: 'local' });
      await local.exec('sleep 1000').catch((error) => console.log(error.code));
      local.close();
      const system = await connect({ ...good, kind: 'openssh' });
      await system.exec('sleep 1000').catch((error) => console.log(error.code));
      system.close();
      await connect({ ...good, kind: 'openssh' });
      console.log('end');
      setTimeout(() => process.exit(0), 100);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname, '../..'),
    });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      out += chunk;
    });
    const watchdog = setTimeout(() => child.kill('SIGKILL'), 60_000);
    const [code, signal] = await new Promise<[number | null, string | null]>((done) =>
      child.once('exit', (...all) => done(all)),
    );
    clearTimeout(watchdog);
    expect(out.split(/\s+/).filter(Boolean)).toEqual([
      'one',
      'host_key_unknown',
      'aborted',
      'exec_timeout',
      'exec_timeout',
      'exec_timeout',
      'end',
    ]);
    expect([code, signal]).toEqual([0, null]);
    // The last one was left open: no ssh outlives its virtune.
    await new Promise((done) => setTimeout(done, 500));
    const left = execFileSync('ps', ['axww', '-o', 'args'], { encoding: 'utf8' }).split('\n');
    expect(left.filter((line) => line.includes(sshd.dir) && line.startsWith('ssh '))).toEqual([]);
  });

  it('that is killed leaves no ssh of the system behind, whatever the user’s shell is', async () => {
    for (const shell of ['/bin/sh', '/bin/bash', '/usr/bin/fish', '/bin/tcsh', '/usr/bin/zsh'].filter(
      existsSync,
    )) {
      const script = `
        import { newConnector } from ${JSON.stringify(join(import.meta.dirname, '../../src/connection/connector.ts'))};
        const session = await newConnector().connect(${JSON.stringify(sshd.target({ kind: 'openssh' }))});
        console.log((await session.exec('echo in')).stdout);
        setInterval(() => {}, 1000);`;
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        cwd: join(import.meta.dirname, '../..'),
        env: { ...process.env, SHELL: shell },
      });
      const masters = () =>
        execFileSync('ps', ['axww', '-o', 'args'], { encoding: 'utf8' })
          .split('\n')
          .filter((line) => line.includes(sshd.dir) && line.startsWith('ssh '));
      await new Promise((done) => child.stdout.once('data', done));
      expect(masters(), shell).toHaveLength(1);
      child.kill('SIGKILL');
      while (masters().length > 0) await new Promise((done) => setTimeout(done, 50));
    }
  });
});
