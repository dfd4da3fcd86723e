import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { needsOpenssh } from '../../../src/connection/choose_transport.ts';
import { ConnectionError, type ConnectionTarget } from '../../../src/connection/connection.ts';
import { connect, shared } from '../../unit/connection/connected.ts';
import { LAB, lab, MAIN, run } from '../lab.ts';
import { address, labTarget } from './lab_ssh.ts';
import { keygen, sshdBinary, startSshd, type TestSshd } from './sshd.ts';

const SECRET = 'tr0ub4dor and 3';

async function outcome(target: ConnectionTarget): Promise<string | ConnectionError> {
  try {
    const connection = await connect(target);
    const { stdout } = await connection.exec(
      'echo in; ps axww -o args; ps axeww -o args | grep virtune; true',
    );
    connection.close();
    expect(stdout).not.toContain(SECRET);
    return stdout.split('\n')[0] ?? '';
  } catch (error) {
    expect(error).toBeInstanceOf(ConnectionError);
    expect(`${inspect(error, { depth: 9 })}${JSON.stringify(error)}`).not.toContain(SECRET);
    return error as ConnectionError;
  }
}

describe.skipIf(sshdBinary() === null && !process.env.CI)('keys with a passphrase', () => {
  let sshd: TestSshd;
  let key: string;
  const before = { ...process.env };

  beforeAll(async () => {
    sshd = await startSshd();
    key = keygen(sshd.file('secret_key'), 'ed25519', SECRET);
    sshd.authorize(`${key}.pub`);
  });
  afterAll(async () => {
    process.env = before;
    await sshd?.stop();
  });

  /** A program that answers, and counts how often it was asked. */
  function askpass(answer: string): () => number {
    const log = sshd.file('asked', '');
    const program = sshd.file('askpass', `#!/bin/sh\necho "$1" >> ${log}\necho '${answer}'\n`);
    chmodSync(program, 0o700);
    Object.assign(process.env, { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force' });
    return () => readFileSync(log, 'utf8').split('\n').length - 1;
  }

  it.each(['ssh', 'openssh'] as const)(
    '%s: take it from the inventory; a wrong one is named',
    async (kind) => {
      const target = sshd.target({ kind, privateKeyFile: key });
      expect(await outcome({ ...target, passphrase: () => SECRET })).toBe('in');
      // A key that was opened is open: another one.
      const other = keygen(sshd.file(`other_${kind}`), 'ed25519', SECRET);
      const wrong = await outcome({ ...target, privateKeyFile: other, passphrase: () => 'wrong' });
      expect(wrong).toMatchObject({ code: kind === 'ssh' ? 'key_file' : 'auth' });
    },
  );

  it.each(['ssh', 'openssh'] as const)('%s: ask SSH_ASKPASS once for ten hosts', async (kind) => {
    const own = keygen(sshd.file(`asked_${kind}`), 'ed25519', SECRET);
    sshd.authorize(`${own}.pub`);
    const asked = askpass(SECRET);
    const target = sshd.target({ kind, privateKeyFile: own });
    const results = await Promise.all(Array.from({ length: 10 }, () => outcome(target)));
    expect(results).toEqual(Array(10).fill('in'));
    expect(asked()).toBe(1);
  });

  it('of the usual ones are asked for only when the server would take the key', async () => {
    const refused = keygen(sshd.file('refused'), 'ed25519', SECRET);
    const taken = keygen(sshd.file('taken'), 'ed25519', SECRET);
    sshd.authorize(`${taken}.pub`);
    const asked = askpass(SECRET);
    const target = sshd.target({ privateKeyFile: undefined, identityFiles: [refused, taken] });
    expect(await outcome(target)).toBe('in');
    expect(asked()).toBe(1);
    expect(readFileSync(sshd.file('asked'), 'utf8')).toContain(taken);
  });

  it('are refused by name where there is nobody to ask', async () => {
    delete process.env.SSH_ASKPASS;
    const lonely = keygen(sshd.file('lonely'), 'ed25519', SECRET);
    expect(await outcome(sshd.target({ privateKeyFile: lonely }))).toMatchObject({
      code: 'key_file',
      hint: `run: ssh-add ${lonely}`,
    });
  });
});

describe.skipIf(sshdBinary() === null && !process.env.CI)('certificates', () => {
  it('of users and of hosts are left to the system’s ssh, and work', async () => {
    const sshd = await startSshd();
    const ca = keygen(sshd.file('ca'));
    const user = keygen(sshd.file('certified'));
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'test', '-n', sshd.target().user, `${user}.pub`]);
    writeFileSync(sshd.file('authorized_keys'), `cert-authority ${readFileSync(`${ca}.pub`, 'utf8')}`);
    const target = sshd.target({ privateKeyFile: user });
    expect(needsOpenssh(shared, target)).toEqual([`${user}-cert.pub`]);
    expect(await outcome(target)).toBe('in');
    await sshd.stop();

    const host = await startSshd();
    const hostKey = host.file('host_ed25519');
    execFileSync('ssh-keygen', [
      '-q',
      '-s',
      keygen(host.file('ca')),
      '-I',
      'host',
      '-h',
      '-n',
      '127.0.0.1',
      `${hostKey}.pub`,
    ]);
    const certified = await startSshd([`HostKey ${hostKey}`, `HostCertificate ${hostKey}-cert.pub`]);
    certified.authorize(host.file('user_key.pub'));
    const authority = certified.file(
      'authority',
      `@cert-authority * ${readFileSync(host.file('ca.pub'), 'utf8')}`,
    );
    const behindCa = certified.target({ knownHostsFiles: [authority] });
    expect(needsOpenssh(shared, behindCa)).toEqual(['@cert-authority']);
    expect(await outcome(behindCa)).toBe('in');
    await Promise.all([host.stop(), certified.stop()]);
  });

  it('a server with post-quantum key exchanges only is named, and openssh reaches it', async () => {
    const sshd = await startSshd(['KexAlgorithms sntrup761x25519-sha512@openssh.com']);
    expect(await outcome(sshd.target())).toMatchObject({
      code: 'protocol',
      hint: expect.stringMatching(/post-quantum.*ansible_connection: openssh/),
    });
    expect(await outcome(sshd.target({ kind: 'openssh' }))).toBe('in');
    await sshd.stop();
  });

  it('in ssh-agent are tried with the system’s ssh once all else is refused', async () => {
    const sshd = await startSshd();
    const ca = keygen(sshd.file('ca'));
    const user = keygen(sshd.file('held'));
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'test', '-n', sshd.target().user, `${user}.pub`]);
    writeFileSync(sshd.file('authorized_keys'), `cert-authority ${readFileSync(`${ca}.pub`, 'utf8')}`);
    const socket = sshd.file('agent.sock');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    await new Promise((done) => setTimeout(done, 300));
    execFileSync('ssh-add', ['-q', user], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
      stdio: 'ignore',
    });
    process.env.SSH_AUTH_SOCK = socket;
    const target = sshd.target({ privateKeyFile: undefined, identityFiles: [], agentSocket: socket });
    expect(await outcome(target)).toBe('in');
    delete process.env.SSH_AUTH_SOCK;
    agent.kill();
    await sshd.stop();
  });

  it('in ssh-agent are found by their public halves, as ssh finds them', async () => {
    const sshd = await startSshd();
    const [held, named] = [keygen(sshd.file('held')), sshd.file('named')];
    sshd.authorize(`${held}.pub`);
    const socket = sshd.file('agent.sock');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    await new Promise((done) => setTimeout(done, 300));
    process.env.SSH_AUTH_SOCK = socket;
    execFileSync('ssh-add', ['-q', held], { stdio: 'ignore' });
    copyFileSync(`${held}.pub`, `${named}.pub`);
    for (const file of [`${named}.pub`, named]) {
      const changes = { privateKeyFile: undefined, identityFiles: [file], identitiesOnly: true };
      const target = sshd.target({ ...changes, agentSocket: socket });
      expect(needsOpenssh(shared, target)).toEqual([file]);
      expect(
        await outcome({ ...target, sshArgs: ['-o', `IdentityFile=${file}`, '-o', 'IdentitiesOnly=yes'] }),
      ).toBe('in');
    }
    delete process.env.SSH_AUTH_SOCK;
    agent.kill();
    await sshd.stop();
  });
});

/** Passwords need a user of the system: the lab's hosts have an /etc of their own. */
describe.skipIf(inject('lab') === '')('passwords', () => {
  const shadow = (host: string) => lab(['exec', host, 'sh', '-c', `echo 'root:${SECRET}' | chpasswd`]);
  async function sshd(host: string, on: boolean, kind = ''): Promise<void> {
    const yes = on ? 'yes' : 'no';
    const file = join(LAB, 'hosts', host, 'sshd.d', 'password.conf');
    if (on)
      writeFileSync(
        file,
        `PasswordAuthentication ${kind === 'kbd' ? 'no' : yes}\nKbdInteractiveAuthentication ${kind === 'kbd' ? 'yes' : 'no'}\nUsePAM ${kind === 'kbd' ? 'yes' : 'no'}\nPermitRootLogin yes\n${kind === 'both' ? 'AuthenticationMethods publickey,password\n' : ''}`,
      );
    else rmSync(file, { force: true });
    await lab(['exec', host, 'sh', '-c', 'kill -HUP $(cat /run/sshd.pid); sleep 0.3']);
  }
  const keyless = { identityFiles: [], agentSocket: undefined };

  beforeAll(async () => void (await shadow('hv02')));
  afterAll(async () => sshd('hv02', false));

  it.each(['', 'kbd'])('log in (%s), over either client, and are nowhere to be seen', async (kind) => {
    await sshd('hv02', true, kind);
    for (const connection of ['ssh', 'openssh']) {
      const vars = { ansible_password: SECRET, ansible_connection: connection };
      const target = await labTarget('hv02', '', vars);
      const args = [...(target.sshArgs ?? []), '-o', 'IdentityFile=none', '-o', 'PubkeyAuthentication=no'];
      expect(await outcome({ ...target, ...keyless, sshArgs: args }), connection).toBe('in');
      const wrong = await outcome({ ...target, ...keyless, sshArgs: args, password: () => 'wrong' });
      expect(wrong).toMatchObject({ code: 'auth' });
    }
  });

  it.each(['ssh', 'openssh'])(
    'are in no output, report or process list of a run over %s',
    async (connection) => {
      await sshd('hv02', true);
      const dir = mkdtempSync(join(tmpdir(), 'virtune-secret-'));
      const hosts = Object.fromEntries(
        [SECRET, `${SECRET} wrong`].map((ansible_password, index) => [
          `host${index}`,
          { ansible_password, ansible_ssh_private_key_passphrase: SECRET },
        ]),
      );
      // Its password is asked for.
      Object.assign(hosts, { host2: {} });
      const vars = {
        ansible_host: address('hv02'),
        ansible_user: 'root',
        ansible_connection: connection,
        ansible_ssh_common_args: '-F none -o PubkeyAuthentication=no',
        virtune_known_hosts_file: join(LAB, 'known_hosts'),
      };
      writeFileSync(join(dir, 'inventory.yml'), JSON.stringify({ all: { hosts, vars } }));
      const processes: string[] = [];
      const watch = setInterval(() => {
        execFile('ps', ['axeww', '-o', 'args'], (_, out) => processes.push(out));
      }, 30);
      const report = join(dir, 'report.json');
      const askpass = join(dir, 'askpass');
      writeFileSync(askpass, `#!/bin/sh\ncat '${dir}/typed'\n`, { mode: 0o755 });
      writeFileSync(join(dir, 'typed'), `${SECRET}\n`, { mode: 0o600 });
      const args = ['show', '-k', '-i', join(dir, 'inventory.yml'), '--report', `json=${report}`];
      const env = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
      const ran = await run(process.execPath, [MAIN, ...args], env);
      clearInterval(watch);
      const written = readFileSync(report, 'utf8');
      expect(JSON.parse(written).hosts.map(({ status }: { status: string }) => status)).toEqual([
        'ok',
        'unreachable',
        'ok',
      ]);
      expect(processes.join('')).toContain(`${MAIN} show`);
      for (const text of [ran.stdout, ran.stderr, written, processes.join('')])
        expect(text).not.toContain(SECRET);
    },
  );

  it('come after the key where the host asks for both', async () => {
    await sshd('hv02', true, 'both');
    const target = await labTarget('hv02', '', { ansible_password: SECRET });
    expect(await outcome(target)).toBe('in');
    const { password: _, ...without } = target;
    expect(await outcome(without)).toMatchObject({
      code: 'auth',
      message: expect.stringMatching(/right, but it asks for more/),
    });
  });

  it('are not sent to a host whose changed key is tolerated', async () => {
    await sshd('hv02', true);
    const target = await labTarget('hv02', '', {
      ansible_password: SECRET,
      ansible_ssh_extra_args: '-o StrictHostKeyChecking=no',
    });
    const other = readFileSync(`${keygen(join(LAB, `other-${process.pid}`))}.pub`, 'utf8');
    const file = join(LAB, `changed-${process.pid}`);
    writeFileSync(file, `${target.address} ${other}`);
    const tolerant = { ...target, knownHostsFiles: [file] };
    expect(await outcome(tolerant)).toBe('in');
    const refused = await outcome({ ...tolerant, ...keyless });
    expect(refused).toMatchObject({ code: 'auth' });
    expect((refused as ConnectionError).message).not.toContain('password (');
  });
});
