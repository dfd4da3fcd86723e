import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { demoFleet } from '../../../src/sim/demo_fleet.ts';
import { simHost } from '../../../src/sim/model.ts';
import type { SshFaults } from '../../../src/sim/ssh_faults.ts';
import type { SimFleet, SimServer } from '../../../src/sim/sshd.ts';
import { startSimFleet } from '../../../src/sim/sshd.ts';
import { connect, exec, runOnce } from './client.ts';

let fleet: SimFleet | undefined;
afterEach(() => fleet?.close());

async function one(faults: Partial<SshFaults> = {}): Promise<{ fleet: SimFleet; server: SimServer }> {
  fleet = await startSimFleet([simHost('hv')], { faults: { hv: faults } });
  const [server] = fleet.hosts;
  if (server === undefined) throw new Error('no server');
  return { fleet, server };
}

describe('a simulated host behind SSH', () => {
  it('runs commands, and counts', async () => {
    const { fleet, server } = await one();
    const client = await connect(fleet, server);
    expect(await exec(client, 'echo hello')).toMatchObject({ stdout: 'hello\n', stderr: '', code: 0 });
    expect(await exec(client, 'exit 7')).toMatchObject({ code: 7 });
    client.end();
    expect(server.counts).toEqual({ connections: 1, execs: 2 });
  });

  it('has a host key that known_hosts can hold, one for all unless told otherwise', async () => {
    for (const ownHostKeys of [false, true]) {
      const fleet = await startSimFleet(demoFleet(), { ownHostKeys });
      const keys = fleet.hosts.map((host) => host.knownHosts[0]?.split(' ')[2]);
      expect(new Set(keys).size).toBe(ownHostKeys ? 3 : 1);
      expect(fleet.hosts[0]?.knownHosts[0]).toMatch(/^\[127\.0\.0\.1\]:\d+ ssh-ed25519 AAAA[\w+/=]+$/);
      await fleet.close();
    }
  });

  it('offers the algorithms that it is told and no others', async () => {
    fleet = await startSimFleet([simHost('hv')], {
      algorithms: { cipher: ['chacha20-poly1305@openssh.com'] },
    });
    const [server] = fleet.hosts;
    const login = (cipher: 'chacha20-poly1305@openssh.com' | 'aes128-gcm@openssh.com') =>
      connect(fleet as SimFleet, server as SimServer, undefined, cipher);
    await expect(login('aes128-gcm@openssh.com')).rejects.toThrow(/no matching .*cipher/);
    (await login('chacha20-poly1305@openssh.com')).end();
  });

  it('lets nobody else in', async () => {
    const { fleet, server } = await one();
    const stranger = (await one()).fleet.privateKey;
    await expect(connect(fleet, server, stranger)).rejects.toThrow('authentication methods failed');
  });
});

describe('faults of SSH', () => {
  it('refuse', async () => {
    const { fleet, server } = await one({ connect: 'refuse' });
    await expect(connect(fleet, server)).rejects.toThrow('ECONNREFUSED');
  });

  it.each([
    [{ connect: 'silent' }, /Timed out/],
    [{ connect: 'garbage' }, /./],
    [{ connect: 'close' }, /./],
    [{ closeAfterBytes: 1 }, /./],
    [{ closeAfterBytes: 1000 }, /./],
    [{ rejectKeys: true }, /authentication methods failed/],
  ] satisfies [Partial<SshFaults>, RegExp][])('%j', async (faults, message) => {
    const { fleet, server } = await one(faults);
    await expect(connect(fleet, server)).rejects.toThrow(message);
  });

  it('says something that is not SSH', async () => {
    const { server } = await one({ connect: 'garbage' });
    const socket = createConnection(server.port, server.address);
    const [line] = await new Promise<[Buffer]>((resolve) => socket.once('data', (data) => resolve([data])));
    expect(line.toString()).toBe('220 mail.example.net ESMTP ready\r\n');
  });

  it('banner and profile noise', async () => {
    const { fleet, server } = await one({ banner: 'Beware\n', noise: { stdout: 'hi\n', stderr: 'oh\n' } });
    expect(await runOnce(fleet, server, 'echo x')).toMatchObject({
      stdout: 'hi\nx\n',
      stderr: 'oh\n',
      code: 0,
    });
  });

  it('execs one by one: corrupt, refused, by signal', async () => {
    const corrupt = (text: string) => text.toUpperCase();
    const { fleet, server } = await one({ execs: [{ corrupt }, { refuse: true }, { signal: 'KILL' }] });
    const client = await connect(fleet, server);
    expect(await exec(client, 'echo x')).toMatchObject({ stdout: 'X\n' });
    await expect(exec(client, 'echo x')).rejects.toThrow('Unable to exec');
    expect(await exec(client, 'echo x')).toMatchObject({ stdout: 'x\n', code: null });
    client.end();
  });

  it('drops the connection midway', async () => {
    const { fleet, server } = await one({ execs: [{ cut: { afterBytes: 3, how: 'drop' } }] });
    await expect(runOnce(fleet, server, 'echo abcdef')).rejects.toThrow('connection closed');
  });

  it('hangs midway', async () => {
    const { fleet, server } = await one({ execs: [{ cut: { afterBytes: 3, how: 'hang' } }] });
    const client = await connect(fleet, server);
    const answer = exec(client, 'echo abcdef').catch(() => 'closed');
    expect(await Promise.race([answer, delay(100, 'still waiting')])).toBe('still waiting');
    client.destroy();
    expect(await answer).toBe('closed');
  });
});
