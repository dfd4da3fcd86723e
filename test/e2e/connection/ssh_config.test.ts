import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunSsh, sshAsker } from '../../../src/connection/config/ask_ssh.ts';
import { askWithJumps } from '../../../src/connection/config/jumps.ts';
import { parseSettings } from '../../../src/connection/config/settings.ts';
import { connectionTarget, sshQuestion } from '../../../src/connection/target/target.ts';

const missing = spawnSync('ssh', ['-V']).status !== 0;
/** What differs between hosts by nature, or is virtune's own. */
const OWN = new Set(['controlpath', 'requesttty', 'loglevel']);

describe.skipIf(missing)('ssh_config, as OpenSSH itself resolves it', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-config-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  function config(text: string, name = 'config'): string {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  }

  async function resolve(text: string, hosts: readonly string[], vars: Record<string, unknown> = {}) {
    const asker = sshAsker();
    const options = { localUser: 'me', home: '/home/me', sshConfigs: asker.configs };
    const all = { ansible_ssh_common_args: `-F ${config(text)}`, ...vars };
    await askWithJumps(
      asker,
      hosts.flatMap((host) => sshQuestion(host, all, options) ?? []),
    );
    return { runs: asker.runs(), results: hosts.map((host) => connectionTarget(host, all, options)) };
  }

  it('gives each host what ssh -G says, whatever the configuration, however it is asked', async () => {
    const host = fc.constantFrom('hv1', 'hv2', 'db1', 'HV1', 'x.example.net', '10.0.0.1');
    const pattern = fc.constantFrom('*', 'hv*', 'hv?', '!hv1', 'db1', 'HV*', '*.net', '10.*', 'hv1.in');
    const patterns = fc.array(pattern, { minLength: 1, maxLength: 3 });
    const block = fc.oneof(
      patterns.map((list) => `Host ${list.join(' ')}`),
      patterns.map((list) => `Match host ${list.join(',')}`),
      patterns.map((list) => `Match originalhost ${list.join(',')} user root`),
      fc.constant('Match all'),
      fc.constant('Match exec "test %h = hv1"'),
    );
    const line = fc.constantFrom(
      '  HostName %h.in',
      '  HostName hv1.in',
      '  HostName 10.0.0.9',
      '  User root',
      '  User bob',
      '  Port 2200',
      '  IdentityFile ~/k_%h',
      '  ProxyJump b1,b2',
      '  UserKnownHostsFile /k/%h',
      '  HostKeyAlias one',
      '  ConnectTimeout 7',
    );
    const text = fc
      .array(fc.tuple(block, fc.array(line, { minLength: 1, maxLength: 3 })), { maxLength: 4 })
      .map((blocks) => blocks.map(([head, lines]) => [head, ...lines].join('\n')).join('\n'));
    await fc.assert(
      fc.asyncProperty(text, fc.uniqueArray(host, { minLength: 3, maxLength: 4 }), async (written, hosts) => {
        const args = ['-F', config(written, 'random')];
        const asker = sshAsker();
        const questions = hosts.map((name, at) => ({
          host: name,
          args,
          ...(at % 2 === 1 ? { user: 'root' } : {}),
          ...(at > 1 ? { port: 99 } : {}),
        }));
        await asker.ask(questions);
        for (const question of questions) {
          const flags = [
            ...('user' in question ? ['-l', 'root'] : []),
            ...('port' in question ? ['-p', '99'] : []),
          ];
          const expected = parseSettings(
            execFileSync('ssh', ['-G', ...flags, ...args, '--', question.host], {
              encoding: 'utf8',
              stdio: 'pipe',
            }),
            new Set(),
          );
          const answer = asker.configs(question);
          if (answer === undefined || 'problem' in answer) throw new Error(`no answer for ${question.host}`);
          const plain = (values: ReadonlyMap<string, readonly string[]>) =>
            Object.fromEntries([...values].filter(([name]) => !OWN.has(name)));
          expect(plain(answer.values)).toEqual(plain(expected.values));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('runs ssh twice for a thousand hosts of one kind behind a bastion', async () => {
    const hosts = Array.from({ length: 1_000 }, (_, index) => `hv${index}`);
    const { runs, results } = await resolve(
      'Host hv*\n  HostName %h.example.net\n  User root\n  ProxyJump bastion\n',
      hosts,
    );
    expect(runs).toBe(2);
    expect(results[999]?.target).toMatchObject({ host: 'hv999', address: 'hv999.example.net', user: 'root' });
  });

  it('reads Include, several keys with tokens, and all that counts for a connection', async () => {
    config('Host hv1\n  IdentityFile ~/.ssh/%r@%h\n  IdentityFile "/with blank/%n"\n', 'included');
    const { results } = await resolve(
      `Include ${join(dir, 'included')}
       Host hv1
         HostName 10.0.0.7
         User admin
         Port 2201
         IdentitiesOnly yes
         IdentityAgent ~/agent
         UserKnownHostsFile ~/.ssh/a /b
         GlobalKnownHostsFile /c
         HostKeyAlias one
         StrictHostKeyChecking accept-new
         ConnectTimeout 7
         ServerAliveInterval 3
         ServerAliveCountMax 2
         Ciphers aes256-ctr,aes128-ctr
         KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256
         ConnectionAttempts 3
         AddressFamily inet
         Compression yes
         PreferredAuthentications password,publickey`,
      ['hv1'],
    );
    const { home } = { home: process.env.HOME ?? '' };
    expect(results[0]).toMatchObject({
      diagnostics: [],
      target: {
        address: '10.0.0.7',
        user: 'admin',
        port: 2201,
        identitiesOnly: true,
        identityFiles: ['/home/me/.ssh/admin@10.0.0.7', '/with blank/hv1'],
        agentSocket: expect.stringMatching(/\/agent$/),
        knownHostsFiles: [`${home}/.ssh/a`, '/b', '/c'],
        hostKeyAlias: 'one',
        acceptNewHostKeys: true,
        connectTimeoutMs: 7_000,
        keepaliveMs: 3_000,
        keepaliveCount: 2,
        attempts: 3,
        addressFamily: 4,
        compress: true,
        algorithms: { cipher: ['aes256-ctr', 'aes128-ctr'], kex: ['curve25519-sha256'] },
        authMethods: ['password', 'publickey'],
        needsOpenssh: [],
      },
    });
  });

  it('lets variables and arguments win over the file', async () => {
    const text =
      'Host *\n  User cfg\n  Port 1\n  ConnectTimeout 9\n  StrictHostKeyChecking accept-new\n  IdentityFile /cfg\n';
    const vars = {
      ansible_user: 'var',
      ansible_port: 2,
      ansible_timeout: 3,
      ansible_private_key_file: '/var',
      ansible_ssh_extra_args: '-o StrictHostKeyChecking=yes',
    };
    expect((await resolve(text, ['h'], vars)).results[0]?.target).toMatchObject({
      user: 'var',
      port: 2,
      connectTimeoutMs: 3_000,
      privateKeyFile: '/var',
      identityFiles: ['/cfg'],
      acceptNewHostKeys: false,
    });
    expect((await resolve(text, ['h'])).results[0]?.target).toMatchObject({
      user: 'cfg',
      port: 1,
      acceptNewHostKeys: true,
    });
  });

  it.each([
    ['PKCS11Provider /x.so', 'PKCS11Provider'],
    ['KnownHostsCommand /bin/x', 'KnownHostsCommand'],
    ['RevokedHostKeys /x', 'RevokedHostKeys'],
    ['KexAlgorithms sntrup761x25519-sha512@openssh.com', 'KexAlgorithms'],
    ['PreferredAuthentications gssapi-with-mic,publickey', 'GSSAPIAuthentication'],
  ])('leaves %s to the system’s ssh', async (line, reason) => {
    expect((await resolve(`Host *\n  ${line}\n`, ['h'])).results[0]?.target?.needsOpenssh).toEqual([reason]);
  });

  it('names StrictHostKeyChecking no, and says what is wrong with a file', async () => {
    const off = await resolve('StrictHostKeyChecking no\n', ['h']);
    expect(off.results[0]).toMatchObject({
      target: { acceptNewHostKeys: true, tolerateChangedHostKeys: true },
      diagnostics: [
        { severity: 'warning', message: expect.stringContaining('any machine that answers is trusted') },
      ],
    });
    const bad = await resolve('Nonsense 1\n', ['h']);
    expect(bad.results[0]).toMatchObject({
      target: null,
      diagnostics: [{ message: expect.stringMatching(/OpenSSH can't use its configuration/) }],
    });
  });

  it('does without an OpenSSH client', async () => {
    const none: RunSsh = async () => null;
    const asker = sshAsker(none);
    await asker.ask([{ host: 'h', args: [] }]);
    expect([asker.missing(), asker.configs({ host: 'h', args: [] })]).toEqual([true, undefined]);
  });
});
