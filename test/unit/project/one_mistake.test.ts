import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/model/diagnostic.ts';
import { parseTags } from '../../../src/playbook/task_schema.ts';
import { loadProject } from '../../../src/project/project.ts';
import { createVault } from '../../../src/project/vault.ts';
import { parseVaultSource } from '../../../src/project/vault_passwords.ts';
import { tree } from './tree.ts';

/** Every stage depends on those before it. With one mistake in one of them, nothing untrue is said by the others. */

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'vault', name), 'utf8');

/** A project in which each file needs the others. */
const FILES: Readonly<Record<string, string>> = {
  'inv/hosts.yml': [
    'all:',
    '  children:',
    '    compute:',
    '      hosts:',
    '        hv1: { uplink: 1 Gbit/s }',
    '        hv2: { uplink: 1 Gbit/s }',
    '    spare:',
    '      hosts: { hv3: {} }',
    '      vars: { uplink: 2 Gbit/s }',
    '',
  ].join('\n'),
  'inv/group_vars/all.yml': [
    'ansible_ssh_common_args: -o StrictHostKeyChecking=no',
    'ansible_user: "{{ login }}"',
    'login: ops',
    'ansible_port: "{{ ssh_port }}"',
    'ssh_port: 2222',
    'ansible_become: true',
    '',
  ].join('\n'),
  'inv/group_vars/compute.yml': 'web_rate: "{{ uplink }}"\nlimit_of: { db: 10 Mbit/s }\n',
  'inv/group_vars/spare.yml': 'web_rate: 5 Mbit/s\nlimit_of: { db: 10 Mbit/s }\n',
  'inv/host_vars/hv1.yml': 'first: true\nhost_rate: 1 Mbit/s\n',
  'inv/host_vars/hv2.yml': 'host_rate: 2 Mbit/s\n',
  'inv/host_vars/hv3.yml': 'host_rate: 3 Mbit/s\n',
  'inv/group_vars/secret.yml': 'unused: 1\n',
  'group_vars/all.yml': 'beside: 3 Mbit/s\n',
  'vars/more.yml': 'burst: 64 KiB\n',
  'extra.yml': 'floor: 1 Mbit/s\n',
  pw: 'correct horse\n',
  ssh_config: '',
  'p.yml': [
    '- name: limits',
    '  hosts: compute:spare',
    '  vars: { here: 4 Mbit/s }',
    '  vars_files: [vars/more.yml]',
    '  tasks:',
    '    - name: all of them',
    '      tags: [limits]',
    '      nic_limits:',
    '        rules:',
    '          - { domain: "web-*", inbound: { average: "{{ web_rate }}", burst: "{{ burst }}" } }',
    '          - { domain: "db-*", inbound: "{{ limit_of.db }}", outbound: "{{ beside }}" }',
    '          - { domain: "x-*", inbound: "{{ here }}", outbound: "{{ floor }}" }',
    '          - { domain: "y-*", inbound: "{{ host_rate }}" }',
    '          - { domain: "z-*", inbound: "{{ hostvars[groups.compute[0]].uplink }}" }',
    '      when: login == "ops"',
    '',
  ].join('\n'),
};

interface Mistake {
  /** Files that are other than above; null for one that is missing. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly limit?: string;
  readonly tags?: string;
  readonly extra?: string;
  readonly vault?: string;
}

const edit = (file: string, from: string, to: string): Mistake => {
  const text = FILES[file] as string;
  expect(text).toContain(from);
  return { files: { [file]: text.replace(from, to) } };
};

const append = (file: string, text: string): Mistake => ({ files: { [file]: FILES[file] + text } });

async function errorsOf({ files = {}, limit, tags, extra, vault }: Mistake): Promise<readonly string[]> {
  const all = Object.entries({ ...FILES, ...files }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const dir = await tree(Object.fromEntries(all.map(([name, text]) => [name, text.replaceAll('$DIR', '.')])));
  const in_ = (word: string) => word.replace('$DIR', dir);
  const sources = vault === undefined ? [] : [await parseVaultSource(in_(vault))];
  try {
    await loadProject(
      { playbooks: [join(dir, 'p.yml')] },
      {
        inventory: [join(dir, 'inv')],
        limit: [in_(limit ?? 'compute')],
        tags: { only: parseTags(tags ?? 'limits'), skip: [] },
        extraVars: [`@${join(dir, 'extra.yml')}`, ...(extra === undefined ? [] : [in_(extra)])],
        vault: createVault(sources, () => Promise.reject(new Error('nobody was to be asked'))),
        connection: { localUser: 'me', home: dir },
        askSecrets: async () => ({ become: {} }),
      },
    );
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ message, place }) => `${place?.file.replace(`${dir}/`, '') ?? '-'}: ${message.split('\n')[0]}`);
  }
  return [];
}

const MISTAKES: readonly (readonly [string, () => Mistake, RegExp])[] = [
  ['inventory: syntax', () => append('inv/hosts.yml', '   x: [\n'), /hosts\.yml/],
  ['inventory: key twice', () => append('inv/hosts.yml', 'all: {}\n'), /hosts\.yml.*twice|duplicate|unique/i],
  ['inventory: a list for a map', () => edit('inv/hosts.yml', '{ hv3: {} }', '[hv3]'), /hosts\.yml/],
  ['inventory: unknown key of a group', () => edit('inv/hosts.yml', '      vars: {', '      var: {'), /var/],
  ['inventory: range', () => edit('inv/hosts.yml', 'hv3: {}', '"hv[3:1]": {}'), /hv\[3:1\]/],
  [
    'inventory: circle',
    () =>
      edit(
        'inv/hosts.yml',
        '      hosts: { hv3: {} }',
        '      hosts: { hv3: {} }\n      children: { spare: {} }',
      ),
    /spare/,
  ],
  ['group_vars: syntax', () => append('inv/group_vars/all.yml', 'x: [\n'), /group_vars\/all\.yml/],
  ['group_vars: key twice', () => append('inv/group_vars/all.yml', 'login: ops\n'), /group_vars\/all\.yml/],
  ['group_vars: no map', () => ({ files: { 'inv/group_vars/compute.yml': '- a\n' } }), /compute\.yml/],
  ['host_vars: syntax', () => append('inv/host_vars/hv1.yml', '"\n'), /host_vars\/hv1\.yml/],
  ['host_vars: key twice', () => append('inv/host_vars/hv1.yml', 'first: false\n'), /host_vars\/hv1\.yml/],
  [
    'group_vars beside the playbook',
    () => append('group_vars/all.yml', 'beside: 1\n'),
    /group_vars\/all\.yml/,
  ],
  [
    'vault: no password for a file',
    () => ({ files: { 'inv/group_vars/compute.yml': fixture('plain_id.yml') } }),
    /encrypted/,
  ],
  [
    'vault: a wrong password',
    () => ({ files: { 'inv/group_vars/compute.yml': fixture('dev_id.yml') }, vault: '$DIR/pw' }),
    /does not open/,
  ],
  [
    'vault: password file missing',
    () => ({ files: { 'inv/group_vars/compute.yml': fixture('plain_id.yml') }, vault: '$DIR/nowhere' }),
    /nowhere/,
  ],
  [
    'vault: no password for a value',
    () => ({
      files: {
        'inv/group_vars/compute.yml': `${fixture('value.yml')}\nweb_rate: "{{ token }}"\nlimit_of: { db: 1 Mbit/s }\n`,
      },
    }),
    /encrypted/,
  ],
  [
    'vault: no password for a value of the connection',
    () => append('inv/group_vars/all.yml', fixture('value.yml').replace('token:', 'ansible_host:')),
    /ansible_host/,
  ],
  ['rules: a misspelt selector', () => edit('p.yml', '{ domain: "y-*"', '{ nic: { bridg: br0 }'), /bridg/],
  [
    'block: unknown keyword',
    () =>
      edit(
        'p.yml',
        '    - name: all of them',
        '    - blok: [{ nic_limits: { rules: "{{ web_rate }}" } }]\n    - name: all of them',
      ),
    /blok/,
  ],
  ['-e: JSON', () => ({ extra: '{"a": ' }), /-e|extra/i],
  ['-e: file missing', () => ({ files: { 'extra.yml': null } }), /extra\.yml/],
  ['-e: file with a key twice', () => append('extra.yml', 'floor: 2\n'), /extra\.yml/],
  ['playbook: syntax', () => append('p.yml', '  x: [\n'), /p\.yml/],
  ['playbook: missing', () => ({ files: { 'p.yml': null } }), /p\.yml/],
  ['playbook: key twice', () => append('p.yml', '      when: true\n'), /p\.yml/],
  ['playbook: unknown keyword of a play', () => edit('p.yml', '  vars_files:', '  var_files:'), /var_files/],
  ['playbook: unknown keyword of a task', () => edit('p.yml', '      tags:', '      tag:'), /tag/],
  ['playbook: unknown module', () => edit('p.yml', 'nic_limits:', 'nic_limit:'), /nic_limit/],
  ['playbook: no hosts', () => edit('p.yml', '  hosts: compute:spare\n', ''), /hosts/],
  ['playbook: vars is a list', () => edit('p.yml', '{ here: 4 Mbit/s }', '[here]'), /vars/],
  ['playbook: hosts names nothing', () => edit('p.yml', 'compute:spare', 'compute:spear'), /spear/],
  ['playbook: template in a keyword', () => append('p.yml', '  serial: "{{ nowhere }}"\n'), /nowhere/],
  ['playbook: when', () => edit('p.yml', 'login == "ops"', 'login =='), /p\.yml/],
  ['vars_files: missing', () => ({ files: { 'vars/more.yml': null } }), /more\.yml/],
  ['vars_files: key twice', () => append('vars/more.yml', 'burst: 1 KiB\n'), /more\.yml/],
  [
    'rules: variables that stand for each other',
    () => ({
      files: {
        'inv/group_vars/compute.yml':
          'web_rate: "{{ a }}"\na: "{{ b }}"\nb: "{{ a }}"\nlimit_of: { db: 1 Mbit/s }\n',
      },
    }),
    /stand for each other/,
  ],
  ['rules: an octal number', () => edit('p.yml', 'here: 4 Mbit/s', 'here: 010'), /010 is 8/],
  ['rules: an alias', () => edit('p.yml', '"y-*"', '*y'), /no anchor/],
  ['rules: a tag', () => edit('p.yml', '"y-*"', '!y'), /the tag "!y"/],
  ['rules: a word for a NIC', () => edit('p.yml', '"y-*",', '"y-*", nic: vnet1,'), /"nic" must be/],
  ['rules: a rate', () => edit('p.yml', 'here: 4 Mbit/s', 'here: 4 mbps'), /mbps/],
  ['rules: an unknown key', () => edit('p.yml', '{ domain: "y-*"', '{ domian: "y-*"'), /domian/],
  ['rules: a variable that is not there', () => edit('p.yml', 'host_rate', 'hostrate'), /hostrate/],
  ['limit: names nothing', () => ({ limit: 'computer' }), /computer/],
  ['limit: file missing', () => ({ limit: '@$DIR/retry' }), /retry/],
  ['tags: name nothing', () => ({ tags: 'limit' }), /tag/],
  ['connection: port', () => edit('inv/group_vars/all.yml', '2222', 'ssh'), /ansible_port/],
  ['connection: user', () => edit('inv/group_vars/all.yml', 'login: ops', 'login: "-ops"'), /ansible_user/],
  [
    'connection: template',
    () => edit('inv/group_vars/all.yml', '{{ ssh_port }}', '{{ sshport }}'),
    /sshport/,
  ],
  ['connection: kind', () => append('inv/group_vars/all.yml', 'ansible_connection: docker\n'), /docker/],
  [
    'connection: ssh arguments',
    () => edit('inv/group_vars/all.yml', '-o StrictHostKeyChecking=no', '-W x'),
    /-W/,
  ],
  [
    'connection: ssh_config',
    () => edit('inv/group_vars/all.yml', '-o StrictHostKeyChecking=no', '-o Nonsense=no'),
    /onsense/,
  ],
  ['become: method', () => append('inv/group_vars/all.yml', 'ansible_become_method: su\n'), /su/],
  ['libvirt_uri', () => append('inv/group_vars/all.yml', 'libvirt_uri: nonsense\n'), /nonsense/],
  [
    'ansible_libvirt_uri',
    () => append('inv/group_vars/all.yml', 'ansible_libvirt_uri: nonsense\n'),
    /ansible_libvirt_uri "nonsense"/,
  ],
  [
    'libvirt_virsh',
    () => append('inv/group_vars/all.yml', 'libvirt_virsh: docker exec -it x virsh\n'),
    /asks for a terminal/,
  ],
];

describe('one mistake is one error', () => {
  it('and none is none', async () => {
    expect(await errorsOf({})).toEqual([]);
  });

  it.each(MISTAKES)('%s', async (_, mistake, says) => {
    const errors = await errorsOf(mistake());
    expect(errors).toEqual([expect.stringMatching(says)]);
  });
});
