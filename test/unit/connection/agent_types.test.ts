import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConnectionTarget } from '../../../src/connection/connection.ts';
import { agentKeyTypes, typesIn } from '../../../src/connection/keys/agent_types.ts';
import { masterArguments } from '../../../src/connection/openssh/args.ts';
import { isAbout, questionOf } from '../../../src/connection/openssh/askpass.ts';
import { opensshError } from '../../../src/connection/openssh/errors.ts';
import { targetOf } from './fixtures.ts';

function string(data: Buffer | string): Buffer {
  const body = Buffer.from(data as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function answer(types: readonly string[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(types.length);
  const keys = types.map((type) =>
    Buffer.concat([string(Buffer.concat([string(type), Buffer.alloc(9)])), string('comment')]),
  );
  return Buffer.concat([Buffer.from([12]), count, ...keys]);
}

describe('the keys of an agent', () => {
  it('are told by type, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' })), (types) => {
        expect(typesIn(answer(types))).toEqual(types);
      }),
    );
  });

  it('never throw', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void typesIn(Buffer.from(bytes))));
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => void typesIn(Buffer.concat([Buffer.from([12]), bytes]))),
    );
  });

  it('are none where no agent answers', async () => {
    expect(await agentKeyTypes('/no/such/socket')).toEqual([]);
  });
});

describe('the system’s ssh', () => {
  const secret = 'tr0ub4dor';
  const target = targetOf({
    password: () => secret,
    passphrase: () => secret,
    sshArgs: ['-o', 'User=x'],
    sshName: '-oProxyCommand=id',
    privateKeyFile: '/a b/k%h',
  });

  it.each([false, true])(
    'is never given a secret, and no host name as an option (through a jump host: %s)',
    (through) => {
      const args = masterArguments(target, '/s', through);
      expect(args.join(' ')).not.toContain(secret);
      expect(args.indexOf('--')).toBeLessThan(args.indexOf('-oProxyCommand=id'));
      expect(args).toContain('IdentityFile="/a b/k%%h"');
    },
  );

  it('goes through a jump host by a constant command, which no name is part of', () => {
    const proxyCommand = (changes: Partial<ConnectionTarget>) =>
      masterArguments(targetOf(changes), '/s', true).filter((arg) => arg.startsWith('ProxyCommand='));
    fc.assert(
      fc.property(fc.string(), fc.string(), (sshName, address) => {
        expect(proxyCommand({ sshName, address, host: address })).toEqual(proxyCommand({}));
      }),
    );
    expect(proxyCommand({})).toEqual([expect.stringMatching(/^ProxyCommand=ssh [-\w\s="$]+ -- jump$/)]);
    // It never logs in by itself where the shared login is gone.
    expect(proxyCommand({})[0]).toContain('-oControlMaster=no -oBatchMode=yes -oProxyCommand=false');
  });

  it('is not told of the jump host twice, which it refuses', () => {
    const sshArgs = ['-F', '/c', '-J', 'a,b', '-o', 'ProxyJump=c'];
    const args = masterArguments(targetOf({ sshArgs }), '/s', true);
    expect(args).not.toContain('-J');
    expect(args).not.toContain('a,b');
    expect(args.join(' ')).toContain('-F /c -o ProxyJump=c --');
    expect(masterArguments(targetOf({ sshArgs }), '/s', false).join(' ')).toContain('-J a,b');
  });

  it.each([
    ["root@hv1's password: ", 'password'],
    ['(root@hv1) Password: ', 'password'],
    ["Enter passphrase for key '/k': ", 'passphrase'],
    ['Are you sure you want to continue connecting (yes/no/[fingerprint])? ', null],
    ['Enter PIN for ED25519-SK key /k: ', null],
    ['Verification code: ', null],
  ])('asks %j: about %s', (prompt, kind) => {
    expect(questionOf(prompt)).toBe(kind);
  });

  it.each([
    ["root@hv1's password: ", {}, true],
    ["root@bastion's password: ", {}, false],
    ['(root@bastion) Password: ', {}, false],
    ["other@hv1's password: ", {}, false],
    ['Password: ', {}, true],
    ["root@hv1's password: ", { address: 'HV1' }, true],
    ["root@alias's password: ", { hostKeyAlias: 'alias' }, true],
    ["root@hv1's password: ", { hostKeyAlias: 'alias' }, false],
  ])('asks %j of a host with %j: its password is the answer: %s', (prompt, changes, its) => {
    expect(isAbout(targetOf({ address: 'hv1', ...changes }), prompt)).toBe(its);
  });

  it('is not asked to log in again where the connection ended after a password: that might lock the account', () => {
    const said = 'Connection closed by 1.2.3.4 port 22';
    expect(opensshError(targetOf(), said, 255)).toMatchObject({ code: 'closed', transient: true });
    expect(opensshError(targetOf(), said, 255, true)).toMatchObject({ code: 'closed', transient: false });
  });

  it.each([
    ['ssh: connect to host h port 22: Connection refused', 'refused', false],
    ['ssh: connect to host h port 22: Connection timed out', 'timeout', false],
    ['ssh: connect to host h port 22: No route to host', 'unreachable', false],
    ['ssh: Could not resolve hostname h: Name or service not known', 'dns', false],
    ['ssh: Could not resolve hostname h: Temporary failure in name resolution', 'dns', true],
    ['root@h: Permission denied (publickey,password).', 'auth', false],
    ['Received disconnect from 1.2.3.4 port 22:2: Too many authentication failures', 'auth', false],
    [
      'No ED25519 host key is known for h and you have requested strict checking.\r\nHost key verification failed.',
      'host_key_unknown',
      false,
    ],
    [
      '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nOffending ED25519 key in /kh:3\nHost key verification failed.',
      'host_key_changed',
      false,
    ],
    ['@ WARNING: REVOKED HOST KEY DETECTED! @\nHost key verification failed.', 'host_key_revoked', false],
    ['kex_exchange_identification: Connection closed by remote host', 'closed', true],
    ['kex_exchange_identification: read: Connection reset by peer', 'closed', true],
    ['Unable to negotiate with 1.2.3.4 port 22: no matching cipher found. Their offer: x', 'protocol', false],
    ['Timeout, server h not responding.', 'timeout', false],
    [
      'Stdio forwarding request failed: Session open refused by peer\nkex_exchange_identification: Connection closed by remote host',
      'unreachable',
      false,
    ],
    [
      'Control socket connect(/x/c1): Connection refused\nConnection closed by UNKNOWN port 65535',
      'jump_host',
      true,
    ],
    ['', 'closed', false],
    ['something new', 'closed', false],
  ])('says %j: %s', (stderr, code, transient) => {
    expect(opensshError(targetOf(), stderr, 255)).toMatchObject({ code, transient });
  });
});
