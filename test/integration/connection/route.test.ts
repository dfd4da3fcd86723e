import { closeSync, openSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectionError, type ConnectionTarget } from '../../../src/connection/connection.ts';
import { newConnector } from '../../../src/connection/connector.ts';
import { hostTurns } from '../../../src/engine/turns.ts';
import { connect, connector, opensshSession, ssh2Session } from '../../unit/connection/connected.ts';
import { targetOf } from '../../unit/connection/fixtures.ts';
import { closeAll, proxy, sshServer, tcpServer } from './servers.ts';

afterEach(closeAll);

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'no error', String);

describe('a host behind a jump host', () => {
  it('whose known_hosts can’t be read keeps its turn: connecting to it says so', async () => {
    const target = targetOf({ knownHostsFiles: [tmpdir()], jump: targetOf({ host: 'bastion' }) });
    const leave = await connector.waitForJump(target, new AbortController().signal);
    leave();
    const turns = hostTurns(connector, 1, new AbortController().signal);
    await expect(turns.visit(target, () => connect(target))).rejects.toMatchObject({ code: 'known_hosts' });
  });
});

describe('a host in the queue at its jump host', () => {
  it('is not late for those before it that do not answer', async () => {
    const target = await sshServer((channel) => {
      channel.exit(0);
      channel.end('done');
    });
    const bastion = await sshServer(
      () => {},
      (client) =>
        client.on('tcpip', (accept, _, { destPort }) => {
          // Of a sick one nobody hears again.
          if (destPort !== target.port) return;
          const far = connectTcp(destPort, '127.0.0.1').on('error', () => {});
          far.pipe(accept()).pipe(far);
        }),
    );
    const jump = { ...bastion, host: 'bastion' };
    const patience = { connectTimeoutMs: 1_500, handshakeTimeoutMs: 20_000, authTimeoutMs: 20_000 };
    const abort = new AbortController();
    const sick = Array.from({ length: 40 }, (_, index) =>
      ssh2Session(targetOf({ port: index + 1, jump, connectTimeoutMs: 20_000 }), abort.signal).catch(
        () => {},
      ),
    );
    const connection = await ssh2Session({ ...target, jump, ...patience });
    expect(await connection.exec('x')).toMatchObject({ stdout: 'done' });
    connection.close();
    abort.abort();
    await Promise.all(sick);
  });
});

describe('a machine that runs out of something', () => {
  it('has a host’s outcome of it, whatever is thrown', async () => {
    const broken = async () => async () => {
      throw new Error('ENOSPC: no space left on device');
    };
    const transports = { ssh: broken, openssh: broken, local: broken };
    const error = await newConnector({ transports })
      .connect(targetOf())
      .catch((one: unknown) => one);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({
      code: 'unreachable',
      message: 'hv1 was not contacted: ENOSPC: no space left on device',
    });
  });

  it.each<[string, (target: ConnectionTarget) => Promise<unknown>]>([
    ['a proxy command', (target) => ssh2Session({ ...target, proxyCommand: 'cat' })],
    ['the ssh of the system', (target) => opensshSession(target)],
    ['the ssh of the system, by the usual way', (target) => connect({ ...target, kind: 'openssh' })],
  ])('says so where it can’t start %s', async (_, start) => {
    await failure(opensshSession(targetOf({ privateKeyFile: '/no/such/key' })));
    const held: number[] = [];
    try {
      for (;;) held.push(openSync('/dev/null', 'r'));
    } catch {
      // No file more can be opened now.
    }
    const outcome = failure(start(targetOf()));
    await new Promise((done) => setTimeout(done, 50));
    for (const fd of held) closeSync(fd);
    expect(await outcome).toMatch(/EMFILE/);
  });
});

describe('a proxy command', () => {
  /** Passes everything on, and ends with the connection as it is told to. */
  const relay = (port: number, end: string) =>
    `${process.execPath} -e 'const s=require("net").connect(${port},"127.0.0.1");process.stdin.pipe(s).pipe(process.stdout);s.on("close",()=>{${end}})'`;
  const complains = 'console.error("it hung up");process.exit(255)';

  it.each([
    ['quietly', ''],
    ['with a complaint', complains],
  ])('that ends %s after the login: the connection was lost, and may be opened again', async (_, end) => {
    const target = await sshServer(() => closeAll());
    const { port } = await proxy(target.port);
    const connection = await ssh2Session({ ...target, port, proxyCommand: relay(port, end) });
    const error = await connection.exec('x').catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'closed', transient: true });
    connection.close();
  });

  it.each([
    ['quietly', '', 'process.exit(0)'],
    ['with a complaint', 'Exceeded MaxStartups\r\n', complains],
  ])('that ends %s since sshd sheds load: worth another try', async (_, greeting, end) => {
    const port = await tcpServer((socket) => socket.end(greeting));
    const error = await ssh2Session(targetOf({ proxyCommand: relay(port, end) })).catch(
      (one: unknown) => one,
    );
    expect(error).toMatchObject({ code: 'closed', transient: true });
  });

  it('is named by its first word alone when it fails: it may hold a password', async () => {
    const proxyCommand = 'sh -c "echo no way >&2; exit 3; hunter2"';
    const error = await ssh2Session(targetOf({ proxyCommand })).catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'proxy_command', message: expect.stringContaining('no way') });
    expect(JSON.stringify(error)).toMatch(/begins with: sh"/);
    expect(inspect(error)).not.toContain('hunter2');
  });
});

describe('a host whose key has changed, where that is tolerated', () => {
  it.each([
    ['virtune’s own client', ssh2Session],
    ['the ssh of the system', opensshSession],
  ])('gets commands from %s, and no input: that may be a password', async (_, open) => {
    const target = await sshServer((channel) => {
      channel.exit(0);
      channel.end('done');
    });
    const other = await sshServer(() => {});
    const { knownHostsFiles } = other;
    const connection = await open({ ...target, knownHostsFiles, tolerateChangedHostKeys: true });
    expect(await connection.exec('x')).toMatchObject({ stdout: 'done' });
    const error = await connection.exec('x', 'hunter2').catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'host_key_changed' });
    connection.close();
  });
});
