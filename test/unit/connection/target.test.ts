import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ConnectionOptions } from '../../../src/connection/target/options.ts';
import { connectionTarget } from '../../../src/connection/target/target.ts';

const OPTIONS: ConnectionOptions = { localUser: 'me', home: '/home/me' };

function target(vars: Record<string, unknown>, options: Partial<ConnectionOptions> = {}, host = 'hv1') {
  return connectionTarget(host, vars, { ...OPTIONS, ...options });
}

describe('connectionTarget', () => {
  it('has defaults for everything', () => {
    expect(target({}, { agentSocket: '/agent' })).toEqual({
      diagnostics: [],
      target: {
        kind: 'ssh',
        host: 'hv1',
        address: 'hv1',
        sshName: 'hv1',
        port: 22,
        user: 'me',
        agentSocket: '/agent',
        identityFiles: ['/home/me/.ssh/id_ed25519', '/home/me/.ssh/id_ecdsa', '/home/me/.ssh/id_rsa'],
        identitiesOnly: false,
        certificateFiles: [],
        authMethods: ['publickey', 'keyboard-interactive', 'password'],
        knownHostsFiles: [
          '/home/me/.ssh/known_hosts',
          '/home/me/.ssh/known_hosts2',
          '/etc/ssh/ssh_known_hosts',
          '/etc/ssh/ssh_known_hosts2',
        ],
        acceptNewHostKeys: false,
        tolerateChangedHostKeys: false,
        hashKnownHosts: false,
        algorithms: {},
        attempts: 1,
        compress: false,
        gssapi: false,
        needsOpenssh: [],
        connectTimeoutMs: 20_000,
        idleTimeoutMs: 90_000,
        execTimeoutMs: 1_800_000,
      },
    });
  });

  it.each<[Record<string, unknown>, Record<string, unknown>]>([
    [{ ansible_host: '10.0.0.1' }, { address: '10.0.0.1', host: 'hv1' }],
    [{ ansible_host: '2001:db8::1' }, { address: '2001:db8::1' }],
    [{ ansible_host: 'fe80::1%br0' }, { address: 'fe80::1%br0' }],
    [{ ansible_host: 'bücher.example' }, { address: 'bücher.example' }],
    [{ ansible_host: 'a', ansible_ssh_host: 'b' }, { address: 'b' }],
    [{ ansible_host: null }, { address: 'hv1' }],
    [{ ansible_port: 2201 }, { port: 2201 }],
    [{ ansible_port: '2201' }, { port: 2201 }],
    [{ ansible_ssh_port: 2202, ansible_port: 1 }, { port: 2202 }],
    [{ ansible_user: 'root' }, { user: 'root' }],
    [{ ansible_user: 'CORP\\admin' }, { user: 'CORP\\admin' }],
    [{ ansible_ssh_user: 'admin@corp' }, { user: 'admin@corp' }],
    [{ ansible_ssh_private_key_file: '~/k' }, { privateKeyFile: '/home/me/k' }],
    [{ ansible_private_key_file: 'rel/k' }, { privateKeyFile: 'rel/k' }],
    [{ ansible_connection: 'local' }, { kind: 'local' }],
    [{ ansible_connection: 'ansible.builtin.ssh' }, { kind: 'ssh' }],
    [{ ansible_connection: 'smart' }, { kind: 'ssh' }],
    [{ ansible_connection: 'openssh' }, { kind: 'openssh' }],
    [{ virtune_host_timeout: 90 }, { hostTimeoutMs: 90_000 }],
    [
      { virtune_handshake_timeout: 4, virtune_auth_timeout: '6' },
      { handshakeTimeoutMs: 4_000, authTimeoutMs: 6_000 },
    ],
    [{ virtune_exec_timeout: 30 }, { execTimeoutMs: 30_000 }],
    [{ ansible_ssh_retries: 2 }, { attempts: 3 }],
    [{ ansible_private_key_file: '/k' }, { privateKeyFile: '/k', identityFiles: [] }],
    [{ ansible_timeout: 5 }, { connectTimeoutMs: 5_000 }],
    [{ ansible_ssh_timeout: '2.5', ansible_timeout: 5 }, { connectTimeoutMs: 2_500 }],
    [{ ansible_command_timeout: 3600 }, { idleTimeoutMs: 3_600_000, execTimeoutMs: 3_600_000 }],
    [{ virtune_known_hosts_file: '~/kh' }, { knownHostsFiles: ['/home/me/kh'] }],
    [{ ansible_become: false, ansible_become_user: 'x' }, { user: 'me' }],
    [{ ansible_become: 'yes', ansible_user: 'root' }, { user: 'root' }],
    [{ ansible_host_key_checking: true }, { kind: 'ssh' }],
    [{ ansible_shell_type: 'fish' }, { kind: 'ssh' }],
    [{ ansible_ssh_common_args: '' }, { kind: 'ssh' }],
    [
      { ansible_connection: 'local', ansible_become: true, ansible_ssh_common_args: '-J x' },
      { kind: 'local' },
    ],
  ])('%j', (vars, expected) => {
    const result = target(vars);
    expect(result.diagnostics).toEqual([]);
    expect(result.target).toMatchObject(expected);
  });

  it('takes flags where the variables say nothing', () => {
    const flags = {
      user: 'u',
      privateKeyFile: '~/f',
      timeoutSeconds: 3,
      knownHostsFile: '~/kh',
      acceptNewHostKeys: true,
    };
    expect(target({}, flags).target).toMatchObject({
      user: 'u',
      privateKeyFile: '/home/me/f',
      connectTimeoutMs: 3_000,
      knownHostsFiles: ['/home/me/kh'],
      acceptNewHostKeys: true,
    });
    const vars = {
      ansible_user: 'v',
      ansible_ssh_private_key_file: '/v',
      ansible_timeout: 9,
      virtune_known_hosts_file: '/w',
    };
    expect(target(vars, flags).target).toMatchObject({
      user: 'v',
      privateKeyFile: '/v',
      connectTimeoutMs: 9_000,
      knownHostsFiles: ['/w'],
    });
  });

  it('takes the password that was asked for where the variables have none', () => {
    const asked = { password: () => 'asked' };
    expect(target({}, asked).target?.password?.()).toBe('asked');
    expect(target({ ansible_ssh_pass: 'own' }, asked).target?.password?.()).toBe('own');
    expect(target({}).target?.password).toBeUndefined();
  });

  it('takes a localhost of the inventory for ssh, as Ansible does', () => {
    expect(target({}, {}, 'localhost').target).toMatchObject({ kind: 'ssh', address: 'localhost' });
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ ansible_host: '-oProxyCommand=x' }, /ansible_host .* starts with a dash/],
    [{ ansible_host: 'a b' }, /not a host name/],
    [{ ansible_host: 'a\nb' }, /not a host name/],
    [{ ansible_host: '' }, /is empty/],
    [{ ansible_host: '{{ip}}' }, /template/],
    [{ ansible_host: 'root@hv1' }, /holds a user.*ansible_user/],
    [{ ansible_host: 'hv1:22' }, /holds a port.*ansible_port/],
    [{ ansible_host: '[::1]' }, /brackets/],
    [{ ansible_host: 10.1 }, /must be a string.*quotes/],
    [{ ansible_host: ['a'] }, /must be a string, not a list/],
    [{ ansible_port: 0 }, /ansible_port must be a whole number from 1 to 65535/],
    [{ ansible_port: 65_536 }, /ansible_port/],
    [{ ansible_port: 22.5 }, /ansible_port/],
    [{ ansible_port: '0x16' }, /ansible_port/],
    [{ ansible_port: true }, /ansible_port/],
    [{ ansible_user: '-x' }, /ansible_user .* dash/],
    [{ ansible_user: 'a b' }, /ansible_user/],
    [{ ansible_user: 'a\u0007' }, /ansible_user/],
    [{ ansible_user: 1000 }, /ansible_user must be a string/],
    [{ ansible_ssh_private_key_file: '~you/k' }, /another user's home/],
    [{ ansible_ssh_private_key_file: 'a\u001b' }, /control characters/],
    [{ ansible_connection: 'paramiko' }, /"paramiko" is not supported.*ssh, openssh, local/],
    [{ virtune_host_timeout: 0 }, /virtune_host_timeout must be a number of seconds/],
    [{ ansible_timeout: 0 }, /ansible_timeout must be a number of seconds/],
    [{ ansible_timeout: 'soon' }, /ansible_timeout/],
    [{ ansible_command_timeout: -1 }, /ansible_command_timeout/],
    [{ ansible_password: 'a\nb' }, /ansible_password must be a string of one line/],
    [{ ansible_ssh_pass: ['x'] }, /ansible_ssh_pass/],
    [{ ansible_ssh_private_key: 'x' }, /ssh-agent/],
    [{ ansible_ssh_common_args: '-o "ProxyJump=b' }, /has a " without its end/],
    [{ ansible_ssh_common_args: 'other-host' }, /"other-host", which virtune can't pass on/],
    [{ ansible_ssh_common_args: '-W %h:%p' }, /can't pass on/],
    [{ ansible_ssh_extra_args: 7 }, /must be a string/],
    [{ ansible_host_key_checking: 'perhaps' }, /true or false/],
    [{ ansible_shell_type: 'powershell' }, /powershell is not supported/],
    [{ ansible_ssh_executable: '/x' }, /finds in PATH/],
  ])('refuses %j', (vars, expected) => {
    const { target: none, diagnostics } = target(vars);
    expect(none).toBeNull();
    expect(diagnostics.map(({ message, hint }) => `${message}. ${hint}`).join('\n')).toMatch(expected);
  });

  it('says that there is no OpenSSH client only where that is known', () => {
    const vars = { ansible_ssh_common_args: '-o ProxyJump=b' };
    expect(target(vars).diagnostics).toEqual([]);
    const { target: none, diagnostics } = target(vars, { noOpenssh: true });
    expect(none).toBeNull();
    expect(diagnostics[0]?.message).toMatch(/only an OpenSSH client can tell/);
  });

  it('never repeats a secret', () => {
    const secret = 'tr0ub4dor';
    const vars = { ansible_password: secret, ansible_ssh_private_key_passphrase: secret };
    const { target: good } = target(vars);
    expect([good?.password?.(), good?.passphrase?.()]).toEqual([secret, secret]);
    expect(JSON.stringify(good) + inspect(good, { depth: 9 })).not.toContain(secret);
    for (const wrong of [[secret], { [secret]: secret }, `${secret}\n`]) {
      const { target: none, diagnostics } = target({ ansible_ssh_pass: wrong });
      expect(none).toBeNull();
      expect(JSON.stringify(diagnostics)).not.toContain(secret);
    }
  });

  it('refuses a host whose name can be no address, unless it has one', () => {
    expect(target({}, {}, 'my host').target).toBeNull();
    expect(target({ ansible_host: '10.0.0.1' }, {}, 'my host').target).toMatchObject({ address: '10.0.0.1' });
    expect(target({ ansible_connection: 'local' }, {}, 'my host').target).toMatchObject({ kind: 'local' });
  });

  it('reports every mistake with its place', () => {
    const vars = { ansible_port: 'x', ansible_user: '-y' };
    const placeOf = (container: object, key?: string) =>
      container === vars ? { file: 'inv.yml', line: key === 'ansible_port' ? 3 : 4, column: 5 } : undefined;
    const { diagnostics } = target(vars, { placeOf });
    expect(diagnostics.map(({ severity, place }) => [severity, place?.line])).toEqual([
      ['error', 3],
      ['error', 4],
    ]);
  });
});
