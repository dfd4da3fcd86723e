import { describe, expect, it } from 'vitest';
import { ConnectionError } from '../../../src/connection/connection.ts';
import { newConnector } from '../../../src/connection/connector.ts';
import type { ExecResult } from '../../../src/connection/session.ts';
import type { Transport } from '../../../src/connection/transport.ts';
import { scripted } from './connected.ts';
import { targetOf } from './fixtures.ts';

const lost = new ConnectionError('closed', 'the connection to hv1 was lost', undefined, true);
const answer: ExecResult = { stdout: 'answer', stderr: '', code: 0 };

/** Each login in turn: an error that ends it, or what becomes of the commands on it. */
type Login = ConnectionError | readonly (ConnectionError | ExecResult)[];

async function host(logins: readonly Login[], repeat = true) {
  const events: string[] = [];
  const during = { pause: (): void => {} };
  const left = [...logins];
  const open = async (): Promise<Transport> => {
    const login = left.shift() ?? new Error('one login too many');
    if (login instanceof Error) throw login;
    const outcomes = [...login];
    events.push('open');
    return scripted(
      (command, stdin) => {
        events.push([command, stdin].join(''));
        return outcomes.shift() ?? answer;
      },
      () => void events.push('close'),
    );
  };
  const connector = newConnector({
    transports: { ssh: async () => open, openssh: async () => open, local: async () => open },
    sleep: async (ms) => {
      events.push(`${ms} ms`);
      during.pause();
    },
    random: () => 0,
  });
  const connection = await connector.connect(
    targetOf(),
    repeat ? { onRepeat: (error) => void events.push(error.message) } : {},
  );
  return { connection, events, during };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: ConnectionError) => error,
  );

describe('a connection that is lost under a command', () => {
  it('is opened again after a pause, the command is repeated with its input, and the loss is told', async () => {
    const { connection, events } = await host([[answer, lost], []]);
    expect(await connection.exec('read')).toEqual(answer);
    expect(await connection.exec('write', ' secret')).toEqual(answer);
    connection.close();
    const told = ['close', '250 ms', 'open', lost.message];
    expect(events).toEqual(['open', 'read', 'write secret', ...told, 'write secret', 'close']);
  });

  it('is opened again twice in its life, no more', async () => {
    const { connection, events } = await host([[lost], [answer, lost], [lost]]);
    expect(await connection.exec('read')).toEqual(answer);
    expect(await failure(connection.exec('write'))).toBe(lost);
    expect(events.filter((event) => event.endsWith(' ms'))).toEqual(['250 ms', '500 ms']);
  });

  it('is not opened again where a command failed otherwise, or may not be repeated', async () => {
    const hung = new ConnectionError('exec_timeout', 'hv1 sent nothing for 90 s');
    const one = await host([[hung]]);
    expect(await failure(one.connection.exec('read'))).toBe(hung);
    const two = await host([[lost]], false);
    expect(await failure(two.connection.exec('read'))).toBe(lost);
  });

  it('says why it could not be opened again', async () => {
    const refused = new ConnectionError(
      'refused',
      'hv1 (127.0.0.1:22) refused the connection',
      'is sshd up?',
    );
    const { connection } = await host([[lost], refused]);
    expect(await failure(connection.exec('read'))).toMatchObject({
      code: 'closed',
      message:
        'the connection to hv1 was lost; it could not be opened again: (127.0.0.1:22) refused the connection',
      hint: 'is sshd up?',
    });
  });

  it('leaves a sentence that has the host in its middle whole', async () => {
    const second = new ConnectionError('auth', 'ssh could not log in to hv1 (127.0.0.1:22) as root: no');
    const { connection } = await host([[lost], second]);
    expect(await failure(connection.exec('read'))).toMatchObject({
      message: expect.stringMatching(
        /opened again: ssh could not log in to hv1 \(127.0.0.1:22\) as root: no$/,
      ),
    });
  });

  it('leaves the word to an interruption', async () => {
    const aborted = new ConnectionError('aborted', 'the run was interrupted');
    const { connection } = await host([[lost], aborted]);
    expect(await failure(connection.exec('read'))).toBe(aborted);
  });

  it('is not opened again for one that was closed in the pause', async () => {
    const { connection, events, during } = await host([[lost], []]);
    during.pause = () => connection.close();
    expect(await failure(connection.exec('read'))).toBe(lost);
    expect(events.filter((event) => event === 'open')).toHaveLength(1);
  });

  it('stays closed once it was closed', async () => {
    const { connection, events } = await host([[lost], []]);
    const running = failure(connection.exec('read'));
    connection.close();
    expect(await running).toBe(lost);
    expect(events.filter((event) => event === 'open')).toHaveLength(1);
  });
});
