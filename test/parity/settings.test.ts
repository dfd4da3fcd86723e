import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { findConfigFile } from '../../src/project/config_file.ts';
import { parseCfg } from '../../src/settings/cfg.ts';
import { readSettings, type Settings } from '../../src/settings/read.ts';
import { type AnsibleSettings, ansibleSettings } from './ansible.ts';

type Case = readonly [text: string | null, env?: Readonly<Record<string, string>>];

const CASES: readonly Case[] = [
  [null],
  [null, { ANSIBLE_FORKS: '9', ANSIBLE_REMOTE_USER: 'ops' }],
  [
    '[defaults]\ninventory = hosts, ../other/hosts.yml\nremote_user = ops\nprivate_key_file = keys/id\nforks=20\n',
  ],
  ['[defaults]\ninventory: /a\n\t, /b ; two\nTIMEOUT = 30\nhost_key_checking = False'],
  ['[defaults]\nprivate_key_file = ~/k\nvault_password_file = $HOME/v\nvault_identity_list = a@x, b@prompt'],
  [`[defaults]\nprivate_key_file = $\{NO}/k\nremote_user = 'a b'\nvault_identity_list = "a@x"`],
  [
    '[defaults]\nremote_user = "a\nask_pass = y\nask_vault_pass = off\nany_errors_fatal = true\nverbosity = 2',
  ],
  [
    '[defaults]\nremote_port = 2222\ntransport = local\ntimeout = 3\n[ssh_connection]\ntimeout = 4\nretries = 5',
  ],
  [
    '[connection]\nretries = 2\n[ssh_connection]\nssh_args = -o A=b -o "C=d"\nssh_common_args =\nssh_extra_args = %h',
  ],
  ['[defaults]\nhost_key_checking = no\n[ssh_connection]\nhost_key_checking = yes'],
  ['[defaults]\nhost_key_checking = no', { ANSIBLE_HOST_KEY_CHECKING: 'yes' }],
  [null, { ANSIBLE_HOST_KEY_CHECKING: 'yes', ANSIBLE_SSH_HOST_KEY_CHECKING: 'no', ANSIBLE_SSH_RETRIES: '3' }],
  ['[privilege_escalation]\nbecome = True\nbecome_method = sudo\nbecome_user = ops\nbecome_ask_pass = 1'],
  [
    '[privilege_escalation]\nbecome_user = a\nbecome_exe = /opt/sudo\nbecome_flags = -H -n\n[sudo_become_plugin]\nuser = b',
  ],
  ['[sudo_become_plugin]\nexecutable = s\nflags = "-S"\npassword = p', { ANSIBLE_BECOME_EXE: 't' }],
  [
    null,
    { ANSIBLE_BECOME_PASS: 'a', ANSIBLE_SUDO_PASS: 'b', ANSIBLE_BECOME_USER: 'c', ANSIBLE_SUDO_USER: 'd' },
  ],
  ['[defaults]\nconnection_password_file = pw/ssh\nbecome_password_file = ~/b'],
  [null, { ANSIBLE_CONNECTION_PASSWORD_FILE: '/x', ANSIBLE_BECOME_PASSWORD_FILE: '/y' }],
  ['[tags]\nrun = a, b\nskip = "c",d\n[diff]\nalways = true'],
  ['[tags]\nrun = a', { ANSIBLE_RUN_TAGS: 'x,y', ANSIBLE_DIFF_ALWAYS: 'no' }],
  ['[DEFAULT]\nforks = 3\n[defaults]\nremote_user = x'],
  ['[DEFAULT]\nforks = 3'],
  ['[Defaults]\nforks = 3'],
  ['  [defaults]\n  forks = 3\n    # no\n  timeout = 4'],
  ['[defaults] ; comment\nforks = 3 ; comment\ntimeout = 4;5', {}],
  ['[defaults]\nremote_user = a # b'],
  ['\ufeff[defaults]\nforks = 3'],
  ['[defaults]\r\nforks = 3\r\nremote_user = x\r\n'],
  ['[defaults]\nforks = 3\nforks = 4'],
  ['[defaults]\nforks = 3\n[defaults]\ntimeout = 4'],
  ['forks = 3'],
  ['[defaults]\nforks'],
  ['[defaults]\nforks = many'],
  ['[defaults]\nforks = 1.5'],
  ['[defaults]\nforks = 3 # three'],
];

/** Settings of Ansible's by the name that they have in virtune. */
const OF_OPTIONS = {
  inventory: 'DEFAULT_HOST_LIST',
  user: 'DEFAULT_REMOTE_USER',
  privateKey: 'DEFAULT_PRIVATE_KEY_FILE',
  forks: 'DEFAULT_FORKS',
  askPass: 'DEFAULT_ASK_PASS',
  connectionPasswordFile: 'CONNECTION_PASSWORD_FILE',
  becomePasswordFile: 'BECOME_PASSWORD_FILE',
  askVaultPass: 'DEFAULT_ASK_VAULT_PASS',
  vaultPasswordFile: 'DEFAULT_VAULT_PASSWORD_FILE',
  vaultId: 'DEFAULT_VAULT_IDENTITY_LIST',
  become: 'DEFAULT_BECOME',
  becomeMethod: 'DEFAULT_BECOME_METHOD',
  askBecomePass: 'DEFAULT_BECOME_ASK_PASS',
  verbose: 'DEFAULT_VERBOSITY',
  diff: 'DIFF_ALWAYS',
  tags: 'TAGS_RUN',
  skipTags: 'TAGS_SKIP',
} as const;
const OF_PLUGINS = {
  timeout: 'timeout',
  becomeUser: 'become_user',
  ansible_host_key_checking: 'host_key_checking',
  ansible_ssh_args: 'ssh_args',
  ansible_ssh_common_args: 'ssh_common_args',
  ansible_ssh_extra_args: 'ssh_extra_args',
  ansible_ssh_pkcs11_provider: 'pkcs11_provider',
  ansible_retries: 'reconnection_retries',
  ansible_port: 'port',
  ansible_become_exe: 'become_exe',
  ansible_become_flags: 'become_flags',
  ansible_become_password: 'become_pass',
} as const;

const HOME = '/home/somebody';

describe.skipIf(inject('ansibleMissing') !== null)("parity with Ansible's settings", () => {
  let dir = '';
  let answers: readonly AnsibleSettings[] = [];
  const file = (index: number) => join(dir, String(index), 'ansible.cfg');

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'virtune-settings-'));
    const empty = join(dir, 'empty.cfg');
    await writeFile(empty, '');
    for (const [index, [text]] of CASES.entries()) {
      if (text === null) continue;
      await mkdir(join(dir, String(index)));
      await writeFile(file(index), text);
    }
    answers = await ansibleSettings(
      CASES.map(([text, env = {}], index) => ({
        file: text === null ? empty : file(index),
        env: { HOME, ...env },
      })),
    );
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it.each(CASES.map(([text, env], index) => [text, env, index] as const))('%j %j', (text, env, index) => {
    const theirs = answers[index];
    const parsed = text === null ? null : parseCfg(text.replace(/^\ufeff/, ''), file(index));
    const ours = readSettings(parsed?.cfg ?? null, { env: { HOME, ...env }, home: HOME, cwd: process.cwd() });
    const wrong = [...(parsed?.diagnostics ?? []), ...ours.diagnostics];
    // A byte order mark, as editors leave it, does no harm here.
    if (text?.startsWith('\ufeff')) expect([theirs?.error, wrong]).toEqual([expect.any(String), []]);
    else if (theirs?.error !== undefined) expect(wrong, theirs.error).not.toEqual([]);
    else {
      expect(wrong).toEqual([]);
      expect(known(ours)).toEqual(translated(theirs));
    }
  });
});

/** Which of three folders has a file; whether anybody may write into the working folder; ANSIBLE_CONFIG. */
type Search = readonly [here: boolean, home: boolean, isPublic: boolean, named: string | null];

const SEARCHES: readonly Search[] = [true, false].flatMap((here) =>
  [true, false].flatMap((home) =>
    [true, false].flatMap((isPublic) =>
      [
        null,

        'ansible.cfg',
        '../other',
        '../other/mine.cfg',
        '~/.ansible.cfg',
        '../nowhere.cfg',
        '$OTHER/mine.cfg',
      ].map((named): Search => [here, home, isPublic, named]),
    ),
  ),
);

describe.skipIf(inject('ansibleMissing') !== null)('parity with where Ansible looks for its settings', () => {
  it('the same file, and the same warning', async () => {
    const root = await mkdtemp(join(tmpdir(), 'virtune-search-'));
    const cases = [];
    for (const [index, [here, home, isPublic, named]] of SEARCHES.entries()) {
      const dir = (name: string) => join(root, String(index), name);
      for (const name of ['here', 'home', 'other']) await mkdir(dir(name), { recursive: true });
      for (const name of ['other/ansible.cfg', 'other/mine.cfg']) await writeFile(dir(name), '');
      if (here) await writeFile(dir('here/ansible.cfg'), '');
      if (home) await writeFile(dir('home/.ansible.cfg'), '');
      if (isPublic) await chmod(dir('here'), 0o777);
      const env = {
        HOME: dir('home'),
        OTHER: dir('other'),
        ...(named === null ? {} : { ANSIBLE_CONFIG: named }),
      };
      cases.push({ cwd: dir('here'), env });
    }
    const theirs = await ansibleSettings(cases);
    for (const [index, { cwd, env }] of cases.entries()) {
      const { path, warnings } = await findConfigFile({ env, home: env.HOME, cwd });
      const ours = { found: path, passedOver: warnings.length > 0 };
      expect(ours, JSON.stringify(SEARCHES[index])).toEqual(theirs[index]);
    }
    await rm(root, { recursive: true });
  });
});

function known({ options, vars, anyErrorsFatal }: Settings): object {
  const { ansible_connection: transport, ...others } = vars;
  const more = {
    ...(transport === undefined ? {} : { transport }),
    ...(anyErrorsFatal ? { anyErrorsFatal } : {}),
  };
  return { ...options, ...others, ...more };
}

function translated(theirs: AnsibleSettings | undefined): object {
  const { values = {}, plugins = {} } = theirs ?? {};
  const pick = (names: Readonly<Record<string, string>>, from: Readonly<Record<string, unknown>>) =>
    Object.entries(names).flatMap(([ours, name]): [string, unknown][] =>
      // An empty value is none here.
      from[name] === undefined || from[name] === '' ? [] : [[ours, from[name]]],
    );
  return Object.fromEntries([
    ...pick(OF_OPTIONS, values),
    ...pick(OF_PLUGINS, plugins),
    ...pick({ transport: 'DEFAULT_TRANSPORT', anyErrorsFatal: 'ANY_ERRORS_FATAL' }, values),
  ]);
}
