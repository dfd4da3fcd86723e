import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../unit/connection/connected.ts';
import { sshdBinary, startSshd, type TestSshd } from './sshd.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe.skipIf(sshdBinary() === null && !process.env.CI)('accept-new', () => {
  let sshd: TestSshd;
  const many = Array.from({ length: 12 }, (_, index) => `127.0.1.${index + 1}`);
  beforeAll(async () => {
    sshd = await startSshd(['MaxStartups 500'], ['ed25519'], many);
  });
  afterAll(async () => sshd?.stop());

  it('of four processes with twelve hosts each: every line is whole, and OpenSSH knows every host', async () => {
    const file = sshd.file('shared', '# no newline at the end');
    const target = sshd.target({ knownHostsFiles: [file], acceptNewHostKeys: true });
    const script = `
      import { newConnector } from ${JSON.stringify(join(ROOT, 'src/connection/connector.ts'))};
      const { connect } = newConnector();
      const target = ${JSON.stringify(target)};
      await Promise.all(${JSON.stringify(many)}.map(async (address) => (await connect({ ...target, address })).close()));`;
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        cwd: ROOT,
        stdio: 'inherit',
      }),
    );
    const codes = await Promise.all(children.map((child) => new Promise((done) => child.once('exit', done))));
    expect(codes).toEqual([0, 0, 0, 0]);
    const key = readFileSync(sshd.file('host_ed25519.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    for (const line of readFileSync(file, 'utf8').split('\n').slice(1)) {
      if (line !== '')
        expect(line).toMatch(
          new RegExp(`^\\[127\\.0\\.1\\.\\d+\\]:${sshd.port} ${key.replaceAll('+', '\\+')}$`),
        );
    }
    for (const address of many)
      expect(
        execFileSync('ssh-keygen', ['-F', `[${address}]:${sshd.port}`, '-f', file], { encoding: 'utf8' }),
      ).toContain(key);
  });

  it('hashes names where ssh_config says so (HashKnownHosts), as OpenSSH reads them', async () => {
    const file = sshd.file('hashed', '');
    const target = sshd.target({ knownHostsFiles: [file], acceptNewHostKeys: true, hashKnownHosts: true });
    (await connect(target)).close();
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|\S+\|\S+ ssh-ed25519 \S+\n$/);
    execFileSync('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.port}`, '-f', file]);
    (await connect({ ...target, acceptNewHostKeys: false })).close();
  });
});
