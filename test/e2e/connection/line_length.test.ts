import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, failure } from '../../unit/connection/connected.ts';
import { DROPBEAR } from './servers.ts';
import type { TestSshd } from './sshd.ts';

const missing = DROPBEAR.missing();

describe.skipIf(missing !== null && !process.env.CI)('dropbear', () => {
  let server: TestSshd;
  beforeAll(async () => {
    expect(missing).toBe(null);
    server = await DROPBEAR.start();
  });
  afterAll(async () => server?.stop());

  it('takes command lines of 9,000 characters, and is sent no longer ones, which would end the connection', async () => {
    const session = await connect(server.target({ kind: 'ssh' }));
    const line = (length: number) => 'echo ok; #'.padEnd(length, 'x');
    expect((await session.exec(line(9_000))).stdout).toBe('ok\n');
    expect(await failure(session.exec(line(9_001)))).toMatchObject({
      code: 'line_too_long',
      message: expect.stringMatching(/^hv1 takes no command line of 9001 characters, .*dropbear/),
      transient: false,
    });
    expect((await session.exec('echo still')).stdout).toBe('still\n');
    session.close();
  });
});
