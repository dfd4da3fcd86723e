import { getEventListeners } from 'node:events';
import { connect as connectTcp } from 'node:net';
import ssh2, { type ServerChannel } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectionError } from '../../../src/connection/connection.ts';
import { ignoreHostKeyUpdates } from '../../../src/connection/ssh2/tuning.ts';
import { connect, failure, ssh2Session } from '../../unit/connection/connected.ts';
import { targetOf } from '../../unit/connection/fixtures.ts';
import { closeAll, proxy, sshServer, tcpServer } from './servers.ts';

afterEach(closeAll);

interface ChannelInside {
  readonly _client: { readonly _protocol: { exitStatus(id: number, status: number): void } };
  readonly outgoing: { readonly id: number };
}

const SHORT = 300;

function echo(channel: ServerChannel, command: string): void {
  channel.write(`${command}\n`);
  channel.stderr.write('noise\n');
  channel.exit(3);
  channel.end();
}

const ANSWER = { stdout: 'hello\n', stderr: 'noise\n', code: 3 };

describe('a server that is not well', () => {
  it('says nothing: timeout', async () => {
    const port = await tcpServer(() => {});
    const error = await failure(ssh2Session(targetOf({ port, connectTimeoutMs: SHORT })));
    expect(error).toMatchObject({ code: 'timeout', transient: false });
    expect(error.message).toMatch(
      /accepted the connection but did not complete the SSH handshake within 0.3 s/,
    );
  });

  it.each([
    ['a broken SSH greeting', 'SSH-9.9-x\r\n', /handshake .* failed: Invalid identification string/],
    ['no end of line', 'x'.repeat(20_000), /not an SSH server/],
    ['noise after the greeting', `SSH-2.0-x\r\n${'\xff'.repeat(4_000)}`, /handshake .* failed/],
  ])('sends garbage (%s): protocol', async (_, garbage, message) => {
    const port = await tcpServer((socket) => socket.write(Buffer.from(garbage, 'latin1')));
    const error = await failure(ssh2Session(targetOf({ port })));
    expect(error).toMatchObject({ code: 'protocol', transient: false });
    expect(error.message).toMatch(message);
  });

  it('sends some garbage and waits: protocol, once the deadline has passed', async () => {
    const port = await tcpServer((socket) => socket.write('login: '));
    const error = await failure(ssh2Session(targetOf({ port, connectTimeoutMs: SHORT })));
    expect(error).toMatchObject({ code: 'protocol' });
    expect(error.message).toContain('"login:"');
  });

  it('speaks another protocol and hangs up: protocol', async () => {
    const port = await tcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const error = await failure(ssh2Session(targetOf({ port })));
    expect(error).toMatchObject({ code: 'protocol', transient: false });
    expect(error.message).toContain('is not an SSH server: it sent "HTTP/1.1 400 Bad Request"');
  });

  it.each([
    ['', 'without a word'],
    ['Exceeded MaxStartups\r\n', 'because of MaxStartups'],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'after its greeting'],
  ])('hangs up (%j, %s): closed, and worth another try', async (greeting) => {
    const port = await tcpServer((socket) => socket.end(greeting));
    expect(await failure(ssh2Session(targetOf({ port })))).toMatchObject({ code: 'closed', transient: true });
  });

  it('resets the connection: closed, and worth another try', async () => {
    const port = await tcpServer((socket) => socket.resetAndDestroy());
    expect(await failure(ssh2Session(targetOf({ port })))).toMatchObject({ code: 'closed', transient: true });
  });

  it('sheds the first two connections: the third try gets through', async () => {
    const target = await sshServer(echo);
    const through = await proxy(target.port);
    let seen = 0;
    const port = await tcpServer((socket) => {
      if (++seen < 3) return void socket.destroy();
      socket.pipe(connectTcp(through.port, '127.0.0.1')).pipe(socket);
    });
    const connection = await connect({ ...target, port });
    expect(await connection.exec('hello')).toEqual(ANSWER);
    expect(seen).toBe(3);
    connection.close();
  });

  it('is not there: refused', async () => {
    const port = await tcpServer(() => {});
    closeAll();
    expect(await failure(ssh2Session(targetOf({ port })))).toMatchObject({ code: 'refused' });
  });
});

describe('a connection that breaks', () => {
  // From nothing over the greeting, key exchange and login to the answer.
  const cuts = [
    1, 20, 60, 200, 600, 900, 1_100, 1_200, 1_300, 1_350, 1_400, 1_450, 1_500, 1_550, 1_600, 1_700,
  ];

  it.each(cuts)('after %d bytes: the answer whole, or a named error', async (bytes) => {
    const target = await sshServer(echo);
    const { port } = await proxy(target.port, bytes);
    const result = await ssh2Session({ ...target, port })
      .then(async (connection) => connection.exec('hello').finally(() => connection.close()))
      .catch((error: unknown) => error);
    if (result instanceof ConnectionError) expect(['closed', 'protocol']).toContain(result.code);
    else expect(result).toEqual(ANSWER);
  });

  it('is cut in the middle of an answer: closed, not a short answer', async () => {
    const target = await sshServer((channel) => {
      channel.write('x'.repeat(100_000));
      channel.exit(0);
      channel.end();
    });
    const { port } = await proxy(target.port, 50_000);
    const connection = await ssh2Session({ ...target, port });
    expect(await failure(connection.exec('x'))).toMatchObject({ code: 'closed' });
    expect(await failure(connection.exec('again'))).toMatchObject({ code: 'closed' });
    connection.close();
  });

  it('goes quiet while a command runs: exec_timeout', async () => {
    const target = await sshServer((channel) => void channel.write('first\n'));
    const link = await proxy(target.port);
    const connection = await ssh2Session({ ...target, port: link.port, idleTimeoutMs: SHORT });
    const result = failure(connection.exec('x'));
    link.freeze();
    expect(await result).toMatchObject({ code: 'exec_timeout' });
    connection.close();
  });

  it('goes quiet before the channel is open: exec_timeout', async () => {
    const target = await sshServer(echo);
    const link = await proxy(target.port);
    const connection = await ssh2Session({ ...target, port: link.port, idleTimeoutMs: SHORT });
    link.freeze();
    expect(await failure(connection.exec('x'))).toMatchObject({ code: 'exec_timeout' });
    connection.close();
  });

  it('talks for ever: exec_timeout by the total', async () => {
    const target = await sshServer((channel) => {
      const timer = setInterval(() => channel.write('.'), 20);
      channel.on('close', () => clearInterval(timer));
    });
    const connection = await ssh2Session({ ...target, execTimeoutMs: SHORT });
    const error = await failure(connection.exec('x'));
    expect(error).toMatchObject({ code: 'exec_timeout' });
    expect(error.message).toContain('not done after 0.3 s');
    connection.close();
  });
});

describe('a command', () => {
  it('has its output, status and signal', async () => {
    const target = await sshServer((channel, command) => {
      if (command === 'signal') channel.exit('KILL', false, '');
      else if (command !== 'nothing') channel.exit(7);
      channel.end(command);
    });
    const connection = await ssh2Session(target);
    expect(await connection.exec('seven')).toEqual({ stdout: 'seven', stderr: '', code: 7 });
    expect(await connection.exec('signal')).toEqual({
      stdout: 'signal',
      stderr: '',
      code: null,
      signal: 'SIGKILL',
    });
    expect(await connection.exec('nothing')).toEqual({ stdout: 'nothing', stderr: '', code: null });
    connection.close();
  });

  it('has its status although that comes long after the end of its output', async () => {
    const target = await sshServer((channel) => {
      channel.write('done');
      channel.eof();
      setTimeout(() => {
        // channel.exit() sends nothing after the end of the output, though OpenSSH does.
        const { _client, outgoing } = channel as unknown as ChannelInside;
        _client._protocol.exitStatus(outgoing.id, 9);
        channel.close();
      }, 100);
    });
    const connection = await ssh2Session(target);
    expect(await connection.exec('x')).toEqual({ stdout: 'done', stderr: '', code: 9 });
    connection.close();
  });

  it('fails when the connection is closed over it, and after', async () => {
    const target = await sshServer(() => {});
    const connection = await ssh2Session(target);
    const running = failure(connection.exec('x'));
    connection.close();
    connection.close();
    expect(await running).toMatchObject({ code: 'closed' });
    expect(await failure(connection.exec('y'))).toMatchObject({ code: 'closed' });
  });
});

describe('an interrupted run', () => {
  it('ends a connect', async () => {
    const abort = new AbortController();
    const port = await tcpServer(() => abort.abort());
    expect(await failure(ssh2Session(targetOf({ port }), abort.signal))).toMatchObject({ code: 'aborted' });
  });

  it('ends a command, and lets no other begin', async () => {
    const abort = new AbortController();
    const target = await sshServer(() => abort.abort());
    const connection = await ssh2Session(target, abort.signal);
    expect(await failure(connection.exec('x'))).toMatchObject({ code: 'aborted' });
    expect(await failure(connection.exec('y'))).toMatchObject({ code: 'aborted' });
    expect(await failure(ssh2Session(target, abort.signal))).toMatchObject({ code: 'aborted' });
  });
});

describe('many connections', () => {
  it('share one signal without a warning, and leave no listener behind', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    const abort = new AbortController();
    const target = await sshServer(echo);
    const connections = await Promise.all(
      Array.from({ length: 30 }, () => ssh2Session(target, abort.signal)),
    );
    const answers = await Promise.all(connections.map((connection) => connection.exec('hello')));
    expect(answers).toEqual(connections.map(() => ANSWER));
    for (const connection of connections) connection.close();
    await new Promise(setImmediate);
    process.off('warning', listen);
    expect(warnings).toEqual([]);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it('do not answer the host key updates of OpenSSH: ssh2 is as ignoreHostKeyUpdates expects it', async () => {
    const target = await sshServer(echo);
    const client = new ssh2.Client();
    client.on('error', () => {});
    client.connect({ host: target.address, port: target.port, username: 'x' });
    const handlers = (client as unknown as { _protocol: { _handlers: Record<string, unknown> } })._protocol
      ._handlers;
    const before = handlers.GLOBAL_REQUEST;
    ignoreHostKeyUpdates(client);
    expect(before).toBeTypeOf('function');
    expect(handlers.GLOBAL_REQUEST).not.toBe(before);
    client.destroy();
  });
});
