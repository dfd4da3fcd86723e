import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, failure } from '../../unit/connection/connected.ts';
import { read } from './channels.ts';
import { sshdBinary, startSshd, type TestSshd } from './sshd.ts';

describe.skipIf(sshdBinary() === null && !process.env.CI)('a host with MaxSessions 1', () => {
  let sshd: TestSshd;
  beforeAll(async () => {
    sshd = await startSshd(['MaxSessions 1'], ['ed25519']);
  });
  afterAll(async () => sshd?.stop());

  it.each(['ssh', 'openssh'] as const)('has room for one program by %s, and is said to', async (kind) => {
    const session = await connect(sshd.target({ kind }), undefined, { onRepeat: () => {} });
    const channel = await session.open('echo ready; cat');
    expect(await read(channel, 1)).toEqual(['ready']);
    for (const more of [() => session.exec('true'), () => session.open('true')]) {
      expect(await failure(more())).toMatchObject({
        code: 'max_sessions',
        message: 'hv1 runs no more than 1 program at once on one connection',
        transient: false,
      });
    }
    await channel.write('still\n');
    expect(await read(channel, 1)).toEqual(['still']);
    channel.end();
    await channel.ended;
    // sshd has the room again a moment after it has closed a session.
    await new Promise((done) => setTimeout(done, 500));
    expect((await session.exec('echo again')).stdout).toBe('again\n');
    session.close();
  });
});
