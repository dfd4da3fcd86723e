import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { ConnectionError, type ConnectionTarget } from '../../src/connection/connection.ts';
import { privateDir } from '../../src/connection/private_dir.ts';
import { closeAll, tcpServer } from '../integration/connection/servers.ts';
import { LONG } from '../long.ts';
import { connect, connector, shared } from '../unit/connection/connected.ts';
import { address, countSince, labTarget, sshdLog } from './connection/lab_ssh.ts';
import { LAB, lab, MAIN } from './lab.ts';

/** Hosts behind jump hosts by the system's ssh. Each on its own machine, as far as sshd is concerned. */

const ACCEPTED = /Accepted publickey/;

/** Hosts: each is a login that costs both its ends. */
const MANY = LONG ? 30 : 8;
const SOME = LONG ? 20 : 8;

afterEach(closeAll);

/** An ssh_config that knows the lab's hosts, with more before that. */
function config(text: string): string {
  const hosts = ['hv01', 'hv02', 'hv03'].map((name) => `Host ${name}\n  HostName ${address(name)}`);
  const all = `Host *\n  User root\n  IdentityFile ${join(LAB, 'id_ed25519')}\n  IdentitiesOnly yes
  UserKnownHostsFile ${join(LAB, 'known_hosts')}`;
  const file = join(mkdtempSync(join(tmpdir(), 'virtune-jumps-')), 'config');
  writeFileSync(file, [text, ...hosts, all].join('\n'));
  return file;
}

/** Many names for one host of the lab, as different hosts would be. */
const aliases = (host: string, jump: string): string =>
  `Host ${host}-alias-*\n  HostName ${address(host)}\n  ProxyJump ${jump}`;

const targets = (
  names: readonly string[],
  file: string,
  vars: Record<string, unknown> = {},
): Promise<ConnectionTarget[]> =>
  Promise.all(
    names.map((name) =>
      labTarget(name, '', { ansible_connection: 'openssh', ansible_ssh_common_args: `-F ${file}`, ...vars }),
    ),
  );

const aliasNames = (count: number, host: string): string[] =>
  Array.from({ length: count }, (_, index) => `${host}-alias-${index + 1}`);

const fleet = (count: number, host: string, jump: string, more = ''): Promise<ConnectionTarget[]> =>
  targets(aliasNames(count, host), config(`${more}\n${aliases(host, jump)}`));

async function whoami(target: ConnectionTarget): Promise<string> {
  const connection = await connect(target);
  try {
    return (await connection.exec('hostname; echo $SSH_CONNECTION')).stdout;
  } finally {
    connection.close();
  }
}

async function failure(work: Promise<unknown>): Promise<ConnectionError> {
  const error = await work.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectionError);
  return error as ConnectionError;
}

const logLengths = () => ({
  hv01: sshdLog('hv01').length,
  hv02: sshdLog('hv02').length,
  hv03: sshdLog('hv03').length,
});

/** Ahead of all others in sshd's configuration, or away again. */
async function sshdSetting(host: string, line: string, on: boolean): Promise<void> {
  const [name] = line.split(' ');
  // Of MaxStartups the last one wins, unlike all others.
  const edit = on ? `s/^${name} .*/#was &/; 1i${line} #test` : `/#test$/d; s/^#was //`;
  await lab(['exec', host, 'sed', '-i', edit, '/etc/ssh/sshd_config']);
  await lab(['exec', host, 'sh', '-c', 'kill -HUP $(cat /run/sshd.pid)']);
  // Until it listens again; and until no test before has a login left there.
  await new Promise((done) => setTimeout(done, 1_500));
}

/** Ends what is logged in to a host, as a reboot of it would. */
const cutSessions = (host: string) =>
  lab(['exec', host, 'sh', '-c', 'pkill -P $(cat /run/sshd.pid) || true']);

/** Processes that have a folder in their arguments or their environment. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      try {
        const [args, env] = ['cmdline', 'environ'].map((file) =>
          readFileSync(`/proc/${pid}/${file}`, 'utf8'),
        );
        const found = args?.includes(folder) || env?.includes(`=${folder}`);
        return found && !/ZN/.test(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] ?? '')
          ? [`${pid} ${args?.replaceAll('\0', ' ')}`]
          : [];
      } catch {
        return [];
      }
    });
}

/** Waits until a condition holds; the test's own limit ends the wait. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 20));
}

const nothingLeft = () => until(() => processesOf(shared.the(privateDir)).length === 0);

describe.skipIf(inject('lab') === '')('jump hosts of the system’s ssh', () => {
  it(`share one login: ${MANY} hosts behind one`, async () => {
    const all = await fleet(MANY, 'hv02', 'hv01');
    const before = logLengths();
    const answers = await Promise.all(all.map(whoami));
    for (const answer of answers) expect(answer).toMatch(new RegExp(`^hv02\n${address('hv01')} `));
    expect(countSince('hv01', before.hv01, ACCEPTED)).toBe(1);
    expect(countSince('hv02', before.hv02, ACCEPTED)).toBe(MANY);
    await nothingLeft();
  });

  it.each([
    ['by one ProxyJump', 'hv01,hv02', ''],
    ['by the settings of each', 'hv02', 'Host hv02\n  ProxyJump hv01'],
  ])('two hops, %s: one login each', async (_, jump, more) => {
    const all = await fleet(SOME, 'hv03', jump, more);
    const before = logLengths();
    const answers = await Promise.all(all.map(whoami));
    for (const answer of answers) expect(answer).toMatch(new RegExp(`^hv03\n${address('hv02')} `));
    expect(countSince('hv01', before.hv01, ACCEPTED)).toBe(1);
    expect(countSince('hv02', before.hv02, ACCEPTED)).toBe(1);
    await nothingLeft();
  });

  it('of a mixed fleet: one login for each transport', async () => {
    const own = await fleet(5, 'hv02', 'hv01');
    const all = [...own, ...own.map((target) => ({ ...target, kind: 'ssh' as const }))];
    const before = logLengths();
    const answers = await Promise.all(all.map(whoami));
    expect(new Set(answers.map((answer) => answer.split('\n')[0]))).toEqual(new Set(['hv02']));
    expect(countSince('hv01', before.hv01, ACCEPTED)).toBe(2);
  });

  it('with a ProxyCommand of its own, which only ssh_config knows', async () => {
    const way = `ssh -F ${config('')} -W %h:%p hv01`;
    const all = await fleet(5, 'hv03', 'hv02', `Host hv02\n  ProxyCommand ${way}`);
    const before = logLengths();
    const answers = await Promise.all(all.map(whoami));
    for (const answer of answers) expect(answer).toMatch(/^hv03\n/);
    expect(countSince('hv01', before.hv01, ACCEPTED)).toBe(1);
    expect(countSince('hv02', before.hv02, ACCEPTED)).toBe(1);
  });

  it('is the user’s own connection where there is one, and that stays', async () => {
    const socket = join(mkdtempSync(join(tmpdir(), 'virtune-own-')), 'own');
    const more = `Host hv01\n  ControlPath ${socket}`;
    const all = await fleet(5, 'hv02', 'hv01', more);
    const args = ['-F', config(more), '-oControlMaster=yes', '-N', 'hv01'];
    const master = spawn('ssh', args, { stdio: 'ignore' });
    const over = new Promise((done) => master.once('close', done));
    try {
      await until(() => existsSync(socket));
      const before = logLengths();
      for (const answer of await Promise.all(all.map(whoami))) expect(answer).toMatch(/^hv02\n/);
      expect(countSince('hv01', before.hv01, ACCEPTED)).toBe(0);
      await nothingLeft();
      expect(master.exitCode).toBeNull();
    } finally {
      master.kill();
      await over;
    }
    // Its socket is gone: a login of virtune's own.
    const after = logLengths();
    expect(await whoami(all[0]!)).toMatch(/^hv02\n/);
    expect(countSince('hv01', after.hv01, ACCEPTED)).toBe(1);
  });

  it('asks once for the passphrase of the key to it and the hosts behind', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'virtune-asked-'));
    const key = join(dir, 'key');
    copyFileSync(join(LAB, 'id_ed25519'), key);
    chmodSync(key, 0o600);
    execFileSync('ssh-keygen', ['-q', '-p', '-N', 'a secret', '-f', key]);
    const program = join(dir, 'askpass');
    writeFileSync(program, `#!/bin/sh\necho "$1" >> ${join(dir, 'asked')}\necho 'a secret'\n`, {
      mode: 0o700,
    });
    const before = { ...process.env };
    Object.assign(process.env, { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force' });
    try {
      const all = await fleet(10, 'hv02', 'hv01', `Host hv01 hv02-alias-*\n  IdentityFile ${key}`);
      for (const answer of await Promise.all(all.map(whoami))) expect(answer).toMatch(/^hv02\n/);
      expect(readFileSync(join(dir, 'asked'), 'utf8').split('\n')).toHaveLength(2);
    } finally {
      process.env = before;
    }
  });

  it('that shed load, as do the hosts (MaxStartups 2:50:4): all get through', async () => {
    const names = ['hv01', 'hv02'];
    for (const host of names) await sshdSetting(host, 'MaxStartups 2:50:4', true);
    try {
      const behind = await fleet(MANY, 'hv02', 'hv01');
      const direct = await targets(
        aliasNames(SOME, 'hv01'),
        config(`Host hv01-alias-*\n  HostName ${address('hv01')}`),
      );
      const before = logLengths();
      // As a run does: hosts that pause before another try do not give up the jump host.
      const leave = await connector.waitForJump(behind[0]!, new AbortController().signal);
      const answers = await Promise.all([...behind, ...direct].map(whoami));
      leave();
      expect(answers.filter((answer) => answer.startsWith('hv02\n'))).toHaveLength(MANY);
      expect(answers.filter((answer) => answer.startsWith('hv01\n'))).toHaveLength(SOME);
      expect(countSince('hv01', before.hv01, ACCEPTED)).toBe(SOME + 1);
      for (const host of ['hv01', 'hv02'] as const)
        expect(countSince(host, before[host], /drop connection|MaxStartups/)).toBeGreaterThan(0);
      const tries = countSince('hv02', before.hv02, /Connection from|drop connection/);
      console.info(`${MANY} logins behind at MaxStartups 2:50:4: ${tries} connections`);
      expect(tries).toBeLessThan(MANY * 4);
    } finally {
      for (const host of names) await sshdSetting(host, 'MaxStartups 2:50:4', false);
    }
  });

  it('that hang up before the login are tried again, once for all', async () => {
    let connections = 0;
    const port = await tcpServer((near) => {
      if (++connections <= 2) return void near.destroy();
      const far = connectTcp(22, address('hv01'));
      near.pipe(far).pipe(near);
      near.on('close', () => far.destroy());
      far.on('error', () => near.destroy());
    });
    const shy = `Host shy\n  HostName 127.0.0.1\n  Port ${port}\n  HostKeyAlias ${address('hv01')}`;
    const all = await fleet(10, 'hv02', 'shy', shy);
    for (const answer of await Promise.all(all.map(whoami))) expect(answer).toMatch(/^hv02\n/);
    expect(connections).toBe(3);
  });

  it('that are lost under commands: each host is told, and the next ones log in again', async () => {
    const all = await fleet(10, 'hv02', 'hv01');
    const open = await Promise.all(all.map((target) => connect(target)));
    const running = open.map((connection) => failure(connection.exec('sleep 1000')));
    await cutSessions('hv01');
    for (const error of await Promise.all(running))
      expect(error).toMatchObject({ code: 'closed', transient: true });
    for (const connection of open) connection.close();
    const before = logLengths();
    for (const answer of await Promise.all(all.map(whoami))) expect(answer).toMatch(/^hv02\n/);
    expect(countSince('hv01', before.hv01, ACCEPTED)).toBe(1);
    await nothingLeft();
  });

  it('that are lost under logins: every host ends, and the next ones log in again', async () => {
    const all = await fleet(SOME, 'hv02', 'hv01');
    const before = logLengths();
    const outcomes = Promise.allSettled(all.map(whoami));
    await until(() => countSince('hv02', before.hv02, /Connection from/) > 3);
    await cutSessions('hv01');
    for (const outcome of await outcomes) {
      if (outcome.status === 'fulfilled') expect(outcome.value).toMatch(/^hv02\n/);
      else expect(['closed', 'jump_host']).toContain((outcome.reason as ConnectionError).code);
    }
    for (const answer of await Promise.all(all.map(whoami))) expect(answer).toMatch(/^hv02\n/);
    await nothingLeft();
  });

  it('whose own errors are those of the hosts behind, from one login', async () => {
    const cases = [
      ['Host hv01\n  PubkeyAuthentication no', 'auth', /^hv02-alias-1 is behind hv01: .*Permission denied/],
      ['Host hv01\n  UserKnownHostsFile /dev/null', 'host_key_unknown', /^hv02-alias-1 is behind hv01: /],
      ['Host hv01\n  Port 1', 'refused', /^hv02-alias-1 is behind hv01: .*Connection refused/],
    ] as const;
    for (const [more, code, message] of cases) {
      const all = await fleet(5, 'hv02', 'hv01', more);
      const before = logLengths();
      const errors = await Promise.all(all.map((target) => failure(whoami(target))));
      expect(errors[0]?.message).toMatch(message);
      for (const error of errors) expect(error).toMatchObject({ code });
      expect(countSince('hv01', before.hv01, /Connection from/)).toBeLessThanOrEqual(1);
      // Remembered: no further connection is tried.
      expect(await failure(whoami(all[0]!))).toMatchObject({ code });
      expect(countSince('hv01', before.hv01, /Connection from/)).toBeLessThanOrEqual(1);
    }
    await nothingLeft();
  });

  it('and hosts behind them that are not there: named, and no other waits for them', async () => {
    const more = `Host hv02-alias-1\n  Port 1\nHost hv02-alias-2\n  HostName no-such-host.invalid`;
    const [refused, nameless, fine, other] = await fleet(4, 'hv02', 'hv01', more);
    const before = logLengths();
    const connection = await connect(fine!);
    const [first, second, answer] = await Promise.all([
      failure(whoami(refused!)),
      failure(whoami(nameless!)),
      whoami(other!),
    ]);
    expect(answer).toMatch(/^hv02/);
    // To ask for the reason has done the login to the jump host no harm.
    expect(await whoami(other!)).toMatch(/^hv02/);
    expect((await connection.exec('hostname')).stdout).toBe('hv02\n');
    connection.close();
    expect(countSince('hv01', before.hv01, ACCEPTED)).toBe(1);
    expect(first).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(
        /^hv01 could not connect to hv02-alias-1 .* port 1\): Connection refused/,
      ),
    });
    expect(second).toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/^hv01 could not connect to hv02-alias-2 \(no-such-host\.invalid/),
    });
  });

  it('that forbid forwarding: named', async () => {
    await sshdSetting('hv01', 'AllowTcpForwarding no', true);
    try {
      const [target] = await fleet(1, 'hv02', 'hv01');
      const error = await failure(whoami(target!));
      expect(error).toMatchObject({ code: 'jump_host', hint: expect.stringContaining('AllowTcpForwarding') });
    } finally {
      await sshdSetting('hv01', 'AllowTcpForwarding no', false);
    }
  });

  it('leave no process when the login to a host behind fails, crashes or is given up', async () => {
    const more = 'Host hv02-alias-1\n  PubkeyAuthentication no';
    const [denied, crashing] = await fleet(2, 'hv02', 'hv01', more);
    expect(await failure(whoami(denied!))).toMatchObject({ code: 'auth' });
    const connection = await connect(crashing!);
    const running = failure(connection.exec('sleep 1000'));
    const masters = processesOf(shared.the(privateDir)).filter((line) => line.includes('hv02-alias-2'));
    expect(masters).toHaveLength(1);
    process.kill(Number(masters[0]?.split(' ')[0]), 'SIGKILL');
    expect(await running).toMatchObject({ code: 'closed' });
    const port = await tcpServer(() => {});
    const silent = `Host sick\n  HostName 127.0.0.1\n  Port ${port}`;
    const [waiting] = await fleet(1, 'hv02', 'sick', silent);
    const abort = new AbortController();
    const given = failure(connect(waiting!, abort.signal));
    setTimeout(() => abort.abort(), 100);
    expect(await given).toMatchObject({ code: 'aborted' });
    const timed = { ...waiting!, hostTimeoutMs: 300 };
    expect(await failure(connect(timed))).toMatchObject({ code: 'host_timeout' });
    await nothingLeft();
    expect(readdirSync(shared.the(privateDir)).filter((name) => /^c\d/.test(name))).toEqual([]);
  });

  it.each([
    'hv02;touch$IFSMARK',
    '$(touch$IFSMARK)',
    '`touch$IFSMARK`',
    '"\';touch$IFSMARK;\'"',
    '-oProxyCommand=touch$IFSMARK',
  ])('never take a name for a command: %s', async (name) => {
    const mark = join(mkdtempSync(join(tmpdir(), 'virtune-mark-')), 'mark');
    const [target] = await fleet(1, 'hv02', 'hv01');
    const hostile = { ...target!, address: name.replace('MARK', mark) };
    expect(await failure(whoami(hostile))).toMatchObject({ code: 'unreachable' });
    const behind = { ...target!, jump: { ...target!.jump!, sshName: name.replace('MARK', mark) } };
    await failure(whoami(behind));
    expect(existsSync(mark)).toBe(false);
  });

  it.each(['sh', 'bash', 'fish', 'tcsh'])('work whatever the user’s shell is: %s', async (shell) => {
    const path = `/bin/${shell}`;
    if (!existsSync(path)) return;
    const before = process.env.SHELL;
    process.env.SHELL = path;
    try {
      const [target] = await fleet(1, 'hv02', 'hv01');
      expect(await whoami(target!)).toMatch(/^hv02\n/);
    } finally {
      process.env.SHELL = before;
    }
  });

  it('Ctrl-C twice: the report is written, and no ssh is left', async () => {
    const folder = mkdtempSync('/tmp/vt-');
    const file = config(
      [aliases('hv02', 'hv01'), 'Host hv01', '  ServerAliveInterval 5', 'Host stuck', '  HostName hv02'].join(
        '\n',
      ),
    );
    // A login that never ends: the host behind waits in its own login program.
    const port = await tcpServer(() => {});
    writeFileSync(
      join(folder, 'inventory.yml'),
      JSON.stringify({
        all: {
          vars: { ansible_connection: 'openssh', ansible_ssh_common_args: `-F ${file}` },
          hosts: { 'hv02-alias-1': {}, silent: { ansible_host: '127.0.0.1', ansible_port: port } },
        },
      }),
    );
    // The read of the first hangs, so that its connection lasts.
    await lab(['exec', 'hv02', 'sh', '-c', 'kill -STOP $(cat /run/libvirtd.pid)']);
    let child: ChildProcess | undefined;
    try {
      const report = join(folder, 'report.json');
      child = spawn(
        process.execPath,
        [MAIN, 'show', '-i', join(folder, 'inventory.yml'), '--report', `json=${report}`],
        { env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'ignore', 'pipe'] },
      );
      let stderr = '';
      child.stderr?.on('data', (chunk) => {
        stderr += chunk;
      });
      const ended = new Promise((done) => child?.once('close', done));
      // The bastion's, the host's, and the silent one's.
      await until(() => processesOf(`${folder}/virtune-`).filter((line) => / -M /.test(line)).length === 3);
      await until(() => processesOf(`${folder}/virtune-`).some((line) => / -W /.test(line)));
      child.kill('SIGINT');
      await until(() => /Interrupted/.test(stderr));
      child.kill('SIGINT');
      expect(await ended).toBe(130);
      const { hosts } = JSON.parse(readFileSync(report, 'utf8'));
      expect(hosts.map((host: { errorCode: string }) => host.errorCode)).toEqual(['aborted', 'aborted']);
      await until(() => processesOf(`${folder}/virtune-`).length === 0);
      expect(readdirSync(folder).filter((name) => name.startsWith('virtune-'))).toEqual([]);
    } finally {
      child?.kill('SIGKILL');
      await lab(['exec', 'hv02', 'sh', '-c', 'kill -CONT $(cat /run/libvirtd.pid)']);
    }
  });
});
