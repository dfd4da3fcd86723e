import { existsSync, readdirSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newConnector } from '../../../src/connection/connector.ts';
import { privateDir } from '../../../src/connection/private_dir.ts';
import { newShared, type Shared } from '../../../src/connection/shared.ts';
import { failure } from '../../unit/connection/connected.ts';
import { closeAll, sshServer } from './servers.ts';

afterEach(closeAll);

/** A host behind a jump host, which counts its logins. */
async function behind() {
  const host = await sshServer((channel) => {
    channel.write('ready\n');
    channel.on('data', (chunk: Buffer) => channel.write(chunk));
  });
  const logins = { begun: 0, open: 0 };
  const jump = await sshServer(
    () => {},
    (client) => {
      logins.begun++;
      logins.open++;
      client.on('close', () => logins.open--);
      client.on('tcpip', (accept, _, { destPort }) => {
        const far = connectTcp(destPort, '127.0.0.1').on('error', () => {});
        const near = accept();
        far.pipe(near).pipe(far);
      });
    },
  );
  return { target: { ...host, jump: { ...jump, host: 'bastion' } }, logins };
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((done) => setTimeout(done, 10));
};

describe('two runs in one process', () => {
  it('log in to the same jump host each for itself, and the end of one is nothing to the other', async () => {
    const { target, logins } = await behind();
    const [one, two] = [newConnector(), newConnector()];
    const [first, second] = await Promise.all([
      Promise.all([one.connect(target), one.connect(target)]),
      two.connect(target),
    ]);
    expect(logins.begun).toBe(2);
    const [mine, others] = [await first[0].open('x'), await second.open('x')];
    one.close();
    one.close();
    await until(() => logins.open === 1);
    expect(await failure(mine.ended)).toMatchObject({ code: 'closed' });
    expect(await failure(first[1].exec('x'))).toMatchObject({ code: 'closed' });
    expect(await failure(one.connect(target))).toMatchObject({ code: 'closed' });
    await others.write('still\n');
    const words: string[] = [];
    for await (const { text } of others.lines) if (words.push(text) === 2) break;
    expect(words).toEqual(['ready', 'still']);
    two.close();
    await until(() => logins.open === 0);
  });

  it('have parts of their own, made when asked for, whose ends come last first', () => {
    const shared = newShared();
    const ends: string[] = [];
    const part = (name: string) => (of: Shared) => {
      of.onClose(() => ends.push(name));
      return { name };
    };
    const [a, b] = [part('a'), part('b')];
    expect(shared.the(a)).toBe(shared.the(a));
    expect(newShared().the(a)).not.toBe(shared.the(a));
    shared.the(b);
    const before = process.listenerCount('exit');
    shared.close();
    shared.close();
    expect(ends).toEqual(['b', 'a']);
    expect(process.listenerCount('exit')).toBe(before - 1);
  });

  it('leave no folder', () => {
    const shared = newShared();
    const dir = shared.the(privateDir);
    expect(readdirSync(dir)).toEqual([]);
    shared.close();
    expect(existsSync(dir)).toBe(false);
    expect(join(dir, '..')).toBe(tmpdir());
  });
});
