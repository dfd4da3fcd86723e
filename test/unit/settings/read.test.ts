import { describe, expect, it } from 'vitest';
import { parseCfg } from '../../../src/settings/cfg.ts';
import { readSettings } from '../../../src/settings/read.ts';
import { placeOf } from '../../../src/yaml/places.ts';

const read = (text: string | null, env: Record<string, string> = {}) =>
  readSettings(text === null ? null : parseCfg(text, '/etc/ansible/ansible.cfg').cfg, {
    env,
    home: '/home/me',
    cwd: '/work',
  });

describe('settings', () => {
  it('nothing is set where nothing is said', () => {
    const none = { options: {}, vars: {}, anyErrorsFatal: false, unread: [], diagnostics: [] };
    expect(read(null)).toEqual(none);
    expect(read('[defaults]\nroles_path = x\n[galaxy]\nserver = y\n', { ANSIBLE_FORKS: '' })).toEqual(none);
  });

  it.each<[string, Record<string, string>, object]>([
    ['[defaults]\nforks = 7', {}, { forks: 7 }],
    ['[defaults]\nforks = 7', { ANSIBLE_FORKS: '8' }, { forks: 8 }],
    ['[defaults]\nremote_user = "ops"', {}, { user: 'ops' }],
    ['[defaults]\nprivate_key_file = ../keys/id', {}, { privateKey: '/etc/keys/id' }],
    ['[defaults]\nprivate_key_file = ~/.ssh/id', {}, { privateKey: '/home/me/.ssh/id' }],
    [`[defaults]\nprivate_key_file = $K/$\{K}/$no`, { K: '/k' }, { privateKey: '/k/k/$no' }],
    ['', { ANSIBLE_PRIVATE_KEY_FILE: 'keys/id' }, { privateKey: '/work/keys/id' }],
    [
      '[defaults]\ninventory = a.yml, /b/,{{CWD}}/c,',
      {},
      { inventory: ['/etc/ansible/a.yml', '/b', '/work/c'] },
    ],
    ['[defaults]\ntimeout = 5\n[ssh_connection]\ntimeout = 6', {}, { timeout: 6 }],
    ['[ssh_connection]\ntimeout = 6', { ANSIBLE_TIMEOUT: '7' }, { timeout: 7 }],
    ['', { ANSIBLE_TIMEOUT: '7', ANSIBLE_SSH_TIMEOUT: '8' }, { timeout: 8 }],
    ['[privilege_escalation]\nbecome = yes\nbecome_user = a', {}, { become: true, becomeUser: 'a' }],
    ['[sudo_become_plugin]\nuser = b\n[privilege_escalation]\nbecome_user = a', {}, { becomeUser: 'b' }],
    ['[defaults]\nvault_identity_list = a@~/p, b@q', {}, { vaultId: ['a@/home/me/p', 'b@q'] }],
    ['[defaults]\nvault_password_file = p', {}, { vaultPasswordFile: '/etc/ansible/p' }],
    ['[tags]\nrun = a, "b"\nskip = c', {}, { tags: ['a', 'b'], skipTags: ['c'] }],
    ['[diff]\nalways = On', {}, { diff: true }],
  ])('%j with %j', (text, env, options) => {
    expect(read(text, env)).toMatchObject({ options, diagnostics: [], unread: [] });
  });

  it('of connections stand for variables, and know where they were written', () => {
    const { vars, anyErrorsFatal } = read(
      '[defaults]\nhost_key_checking = true\nany_errors_fatal = 1\n[ssh_connection]\nhost_key_checking = no\nretries = 3\nssh_args = -o A=b',
      { ANSIBLE_SSH_ARGS: '-o C=d' },
    );
    expect([vars, anyErrorsFatal]).toEqual([
      { ansible_host_key_checking: false, ansible_retries: 3, ansible_ssh_args: '-o C=d' },
      true,
    ]);
    expect(placeOf(vars, 'ansible_retries')).toEqual({
      file: '/etc/ansible/ansible.cfg',
      line: 6,
      column: 1,
    });
    expect(placeOf(vars, 'ansible_ssh_args')?.file).toContain('ANSIBLE_SSH_ARGS');
  });

  it.each([
    ['[defaults]\nforks = many', 'forks must be a whole number'],
    ['[defaults]\nforks = -1', 'forks must be a whole number'],
    ['[defaults]\nhost_key_checking = False # no', 'host_key_checking must be true or false'],
  ])('refuses %j', (text, message) => {
    expect(read(text).diagnostics).toMatchObject([{ severity: 'error', message, place: { line: 2 } }]);
  });

  it('names what changes a run and is not read, and nothing that means nothing here', () => {
    const text = `[defaults]
hash_behaviour = merge
error_on_undefined_vars = True
gathering = smart
stdout_callback = yaml
remote_usr = ops
[inventory]
enable_plugins = ini
[ssh_connection]
pipelining = True
control_path = x
ssh_executable = /opt/ssh
[our_tool]
key = value
`;
    const env = {
      ANSIBLE_VAULT_ID_MATCH: '1',
      ANSIBLE_HASH_BEHAVIOUR: 'merge',
      ANSIBLE_OURS: 'x',
      ANSIBLE_NO_LOG: '0',
    };
    expect(read(text, env).unread).toEqual([
      'hash_behaviour',
      'remote_usr',
      '[inventory] enable_plugins',
      '[ssh_connection] ssh_executable',
      'ANSIBLE_VAULT_ID_MATCH',
    ]);
  });
});
