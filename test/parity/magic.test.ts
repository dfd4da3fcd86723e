import { join } from 'node:path';
import { afterAll, expect, inject, it } from 'vitest';
import { loadProject } from '../../src/project/project.ts';
import { NO_FACTS } from '../../src/project/run_facts.ts';
import { createVault } from '../../src/project/vault.ts';
import { ansibleCommand } from './ansible.ts';
import { writeCases } from './cases.ts';

const ASKED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...['inventory_dir', 'inventory_file', 'inventory_hostname', 'inventory_hostname_short', 'group_names'],
      ...['playbook_dir', 'ansible_check_mode', 'ansible_diff_mode', 'ansible_forks', 'ansible_verbosity'],
      ...[
        'ansible_limit',
        'ansible_run_tags',
        'ansible_skip_tags',
        'ansible_inventory_sources',
        'role_names',
      ],
      ...[
        'ansible_play_batch',
        'ansible_play_hosts',
        'ansible_play_hosts_all',
        'play_hosts',
        'ansible_play_name',
      ],
      ...['ansible_play_role_names', 'ansible_role_names', 'ansible_dependent_role_names'],
    ].map((name) => [name, name]),
  ),
  other: "hostvars['hv2.net'].inventory_file",
  groups: "groups['web']",
  version: 'ansible_version | length > 0',
  all: "vars['n' ~ 1]",
  looked: "lookup('vars', 'n1')",
  several: "query('vars', 'n1', 'n2')",
  file: "lookup('file', 'f')",
  env: "lookup('env', 'VIRTUNE_NOT_SET')",
  unsafe: 'u',
  nested: 'n3',
};
const EXPRESSION = `{{ {${Object.entries(ASKED)
  .map(([name, text]) => `"${name}": ${text}`)
  .join(', ')}} | to_json }}`;
const play = (task: string) =>
  `- name: a play\n  hosts: "{{ ansible_limit | default('nobody') }}"\n  gather_facts: false\n  serial: 1\n  vars: {text: '${EXPRESSION.replaceAll("'", "''")}'}\n  tasks: [{${task}, tags: [t]}]\n`;

const removals: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const remove of removals) await remove();
});

it.skipIf(inject('ansibleMissing') !== null)('templates have the names that Ansible has', async () => {
  const vars = 'ansible_connection: local\nn1: 5\nn2: "{{ n1 }}"\nu: !unsafe "{{ n1 }} {{"\nn3: "{{ u }}"\n';
  const files = {
    one: '[web]\nhv1.net\n',
    'two/hosts': '[web]\nhv2.net\n',
    'group_vars/all.yml': vars,
    'two/group_vars/all.yml': vars,
    'files/f': 'in files\n',
    'p.yml': play('debug: {msg: "<{{ text }}>"}'),
    'v.yml': play('nic_limits: {rules: [{name: "{{ text }}", domain: x, rate: 1 Mbit/s}]}').replace(
      '  gather_facts: false\n',
      '',
    ),
  };
  const { dirs, remove } = await writeCases([{ files, sources: [], patterns: [] }]);
  removals.push(remove);
  const dir = dirs[0] ?? '';
  const sources = [join(dir, 'one'), join(dir, 'two')];
  const options = ['-l', 'web', '-f', '7', '-t', 't', '--skip-tags', 's', '--check'];
  const printed = await ansibleCommand('ansible-playbook', [
    ...sources.flatMap((source) => ['-i', source]),
    ...options,
    join(dir, 'p.yml'),
  ]);
  // Without the brackets around it Ansible would make a map of the text again.
  const theirs = [...printed.matchAll(/"msg": "<(.*)>"/g)].map(([, text]) =>
    JSON.parse(JSON.parse(`"${text}"`)),
  );
  const { plays } = await loadProject(
    { playbooks: [join(dir, 'v.yml')] },
    {
      inventory: sources,
      limit: ['web'],
      facts: {
        ...NO_FACTS,
        ...{
          checkMode: true,
          forks: 7,
          limit: 'web',
          tags: ['t'],
          skipTags: ['s'],
          inventorySources: sources,
        },
      },
      tags: { only: ['t'], skip: ['s'] },
      vault: createVault([], () => Promise.reject(new Error('nobody was to be asked'))),
      connection: { localUser: 'me', home: dir },
      askSecrets: async () => ({ become: {} }),
    },
  );
  const args = plays.flatMap(({ batches }) =>
    batches.flat().flatMap(({ tasks }) => tasks.map((task) => task.args)),
  );
  const ours = (args as { rules: { name: string }[] }[]).map(({ rules }) => JSON.parse(rules[0]?.name ?? ''));
  expect(theirs).toHaveLength(2);
  expect(ours).toEqual(theirs);
});
