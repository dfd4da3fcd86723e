import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/model/diagnostic.ts';
import { loadProject } from '../../../src/project/project.ts';
import { NO_FACTS, type RunFacts } from '../../../src/project/run_facts.ts';
import { createVault } from '../../../src/project/vault.ts';
import { tree } from '../../unit/project/tree.ts';

interface Job {
  readonly host: string;
  readonly names: readonly (string | undefined)[];
  readonly domains: readonly string[];
  readonly target: Readonly<Record<string, unknown>>;
  readonly password: string | undefined;
}

/** A project of these files, with what its jobs have of templates; or its mistakes. */
async function load(
  files: Readonly<Record<string, string>>,
  facts: Partial<RunFacts> = {},
  prepare: (dir: string) => unknown = () => undefined,
) {
  const dir = await tree({ 'hosts.yml': 'web: {hosts: {hv1: , hv2: }}\n', ...files });
  await prepare(dir);
  const inventory = [join(dir, 'hosts.yml')];
  try {
    const { plays } = await loadProject(
      { playbooks: [join(dir, 'p.yml')] },
      {
        inventory,
        facts: { ...NO_FACTS, inventorySources: inventory, ...facts },
        tags: { only: [], skip: [] },
        vault: createVault([], () => Promise.reject(new Error('nobody was to be asked'))),
        connection: { localUser: 'me', home: dir },
        askSecrets: async () => ({ become: {} }),
      },
    );
    const jobs = plays.flatMap(({ batches }) =>
      batches.flat().map(({ name, target, tasks }): Job => {
        const rules = tasks.flatMap(
          ({ args }) => (args as { rules: { name?: string; domain: { include: string[] } }[] }).rules,
        );
        const secret = (target as { password?: () => string }).password;
        return {
          host: name,
          names: rules.map((rule) => rule.name?.replaceAll(dir, 'DIR')),
          domains: rules.flatMap((rule) => rule.domain.include),
          target: target as unknown as Job['target'],
          password: secret?.(),
        };
      }),
    );
    return { dir, jobs, mistakes: [], places: [] };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return {
      dir,
      jobs: [],
      mistakes: error.diagnostics.map(({ message }) => message.replaceAll(dir, 'DIR')),
      places: error.diagnostics.map(({ place }) =>
        `${place?.file}:${place?.line}:${place?.column}`.replaceAll(dir, 'DIR'),
      ),
    };
  }
}

const play = (rule: string, more = '') =>
  `- hosts: web\n${more}  tasks: [{nic_limits: {rules: [{domain: x, rate: 1 Mbit/s, name: '${rule}'}]}}]\n`;
/** The same with the domain alone. */
const names = async (
  rule: string,
  ...rest: [Partial<RunFacts>?, string?, Readonly<Record<string, string>>?]
) => {
  const [facts, more, files] = rest;
  const { jobs, mistakes } = await load({ 'p.yml': play(rule, more), ...files }, facts);
  return mistakes.length > 0 ? mistakes : jobs.map((job) => job.names.join());
};

describe('variables that nobody reads', () => {
  it('harm nothing, whatever is in them', async () => {
    const vars = [
      'ansible_python_interpreter: "{{ ansible_playbook_python }}"',
      'ansible_winrm_transport: "{{ nobody_knows }}"',
      "ansible_winrm_server_cert_validation: \"{{ lookup('pipe', 'id') }}\"",
      'ansible_tower: {url: "{{ }}", token: "{{ lookup(\'hashi_vault\', \'x\') }}"}',
      'ansible_become_password: "{{ not_needed }}"',
      'virtune_mine: "{{ a",',
      'own: "{{ undefined_thing | no_such_filter }}"',
    ];
    const { jobs, mistakes } = await load({
      'p.yml': play('n'),
      'group_vars/all.yml': `${vars.filter((line) => !line.endsWith(',')).join('\n')}\n`,
    });
    expect(mistakes).toEqual([]);
    expect(jobs).toHaveLength(2);
  });

  const TAGS = [
    '!!binary aGVsbG8=',
    '!!set {a, b}',
    '!!omap [a: 1]',
    '!!pairs [a: 1]',
    '!!python/tuple [1, 2]',
    '!!python/object/apply:os.system [id]',
    '!!timestamp soon',
    '!!int many',
    '!!str [a]',
    '!mine {a: {b: 1}}',
    '!mine text',
    '!vault [a]',
    '{!mine key: 1}',
    '{a: [{<<: !mine {c: 1}}]}',
  ];

  it.each([
    ['the inventory', (tag: string) => ({ 'hosts.yml': `web: {hosts: {hv1: {t: ${tag}}, hv2: }}\n` })],
    [
      'a group within',
      (tag: string) => ({
        'hosts.yml': `all: {children: {web: {hosts: {hv1: , hv2: }, vars: {t: ${tag}}}}}\n`,
      }),
    ],
    ['group_vars', (tag: string) => ({ 'group_vars/web.yml': `t: ${tag}\n` })],
    ['host_vars', (tag: string) => ({ 'host_vars/hv2.yml': `t: ${tag}\n` })],
    ['a play', (tag: string) => ({ 'p.yml': play('n', `  vars: {t: ${tag}}\n`) })],
    [
      'vars_files',
      (tag: string) => ({ 'v.yml': `t: ${tag}\n`, 'p.yml': play('n', '  vars_files: [v.yml]\n') }),
    ],
    ['a task', (tag: string) => ({ 'p.yml': play('n').replace('[{', `[{vars: {t: ${tag}}, `) })],
    [
      'a block',
      (tag: string) => ({
        'p.yml': play('n').replace('[{', `[{vars: {t: ${tag}}, block: [{`).replace(/\]\n$/, ']}]\n'),
      }),
    ],
  ])('may have any tag: %s', async (_where, files) => {
    for (const tag of TAGS) {
      const { jobs, mistakes } = await load({ 'p.yml': play('n'), ...files(tag) });
      expect([tag, mistakes, jobs.length]).toEqual([tag, [], 2]);
    }
  });

  it.each(TAGS)('a tag is told where it is read: %s', async (tag) => {
    const files = { 'p.yml': play('{{ t | string }}'), 'group_vars/web.yml': `\nt: ${tag}\n` };
    const { mistakes, places } = await load(files);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(
      /^(?:the tag "!|this is not a value of the tag "!!|"!vault" is for a text|a key cannot have a tag)/,
    );
    expect(places[0]).toMatch(/^DIR\/group_vars\/web\.yml:2:\d+$/);
  });

  it('a tag anywhere else is told at once', async () => {
    for (const files of [
      { 'hosts.yml': 'web: {hosts: !mine {hv1: , hv2: }}\n' },
      { 'hosts.yml': 'web: {hosts: {hv1: !mine {}, hv2: }}\n' },
      { 'hosts.yml': 'web: {hosts: {hv1: , hv2: }, vars: !mine {}}\n' },
      { 'group_vars/all.yml': '!mine {a: 1}\n' },
      { 'group_vars/all.yml': '!mine a: 1\n' },
      { 'p.yml': play('n').replace('hosts: web', 'hosts: !mine web') },
      { 'p.yml': play('n').replace('rules: [', 'rules: !mine [') },
    ]) {
      const { mistakes, places } = await load({ 'p.yml': play('n'), ...files });
      expect([files, mistakes[0]]).toEqual([files, expect.stringMatching(/tag.*!mine/)]);
      expect(places[0]).toMatch(/:1:\d+$|p\.yml:\d+:\d+$/);
    }
  });

  it('those that are read are told as ever', async () => {
    const vars = 'ansible_user: "{{ who }}"\nansible_port: "{{ which }}"\nansible_password: "{{ secret }}"\n';
    const { mistakes } = await load({ 'p.yml': play('n'), 'group_vars/all.yml': vars });
    expect(mistakes).toEqual([
      'the variable "which" is not defined (host hv1 and 1 more)',
      'the variable "who" is not defined (host hv1 and 1 more)',
      'the variable "secret" is not defined (host hv1 and 1 more)',
    ]);
  });
});

describe('what templates know of the run', () => {
  it("are Ansible's names", async () => {
    const facts = { checkMode: true, forks: 7, verbosity: 1, limit: 'web', tags: ['t'], skipTags: ['s'] };
    expect(
      await names(
        '{{ ansible_check_mode }} {{ ansible_diff_mode }} {{ ansible_forks }} {{ ansible_verbosity }} {{ ansible_limit }} {{ ansible_run_tags }} {{ ansible_skip_tags }} {{ ansible_version.major }}',
        facts,
      ),
    ).toEqual(Array(2).fill("True False 7 1 web ['t'] ['s'] 2"));
    expect(await names('{{ ansible_run_tags }} {{ ansible_limit is defined }} {{ role_names }}')).toEqual(
      Array(2).fill("['all'] False []"),
    );
  });

  it('say where things lie', async () => {
    expect(await names('{{ playbook_dir }} {{ inventory_dir }} {{ inventory_file }}')).toEqual(
      Array(2).fill('DIR DIR DIR/hosts.yml'),
    );
    const { jobs } = await load({
      'p.yml': play('n'),
      'group_vars/all.yml': 'ansible_ssh_private_key_file: "{{ inventory_dir }}/keys/id"\n',
    });
    expect(jobs[0]?.target.privateKeyFile).toMatch(/^\/.*\/keys\/id$/);
  });

  it('tell the hosts of the play and of each batch', async () => {
    const text = '{{ ansible_play_batch }} {{ play_hosts | length }} {{ ansible_play_hosts_all }}';
    expect(await names(text, {}, '  serial: 1\n')).toEqual([
      "['hv1'] 1 ['hv1', 'hv2']",
      "['hv2'] 1 ['hv1', 'hv2']",
    ]);
  });

  it('hold in keywords and in names of vars_files too', async () => {
    const { jobs, mistakes } = await load(
      {
        'p.yml':
          '- hosts: "{{ ansible_limit | default(\'nobody\') }}"\n  vars_files: ["{{ playbook_dir }}/v.yml"]\n  tasks: [{nic_limits: {rules: [{domain: "{{ d }}", rate: 1 Mbit/s}]}}]\n',
        'v.yml': 'd: from-file\n',
      },
      { limit: 'hv2' },
    );
    expect(mistakes).toEqual([]);
    expect(jobs.map(({ host, domains }) => [host, ...domains])).toEqual([['hv2', 'from-file']]);
  });

  it('know of files of variables what Ansible does: below those of a task, and in no hostvars', async () => {
    const text =
      '{{ rate }} {{ other }} {{ hostvars.hv2.rate }} {{ hostvars.hv1.rate }} {{ hostvars.hv1.other is defined }}';
    const { jobs, mistakes } = await load({
      // The task says once more what the play says.
      'p.yml': `- hosts: hv1\n  vars: {rate: play, other: play}\n  vars_files: [v.yml]\n  tasks: [{nic_limits: {rules: [{domain: x, rate: 1 Mbit/s, name: '${text}'}]}, vars: {rate: play}}]\n`,
      'v.yml': 'rate: file\nother: file\n',
      'host_vars/hv1.yml': 'rate: inv1\n',
      'host_vars/hv2.yml': 'rate: inv2\n',
    });
    expect(mistakes).toEqual([]);
    expect(jobs.flatMap(({ names }) => names)).toEqual(['play file inv2 inv1 False']);
  });

  it('give all variables by their names', async () => {
    const files = { 'group_vars/all.yml': 'a_web: "{{ b }}"\nb: 5\n' };
    expect(await names('{{ vars["a_" + group_names[0]] }} {{ vars.b }}', {}, '', files)).toEqual([
      '5 5',
      '5 5',
    ]);
    expect(await names('{{ vars["c"] }}', {}, '', files)).toEqual([
      '"vars.c" is not defined (host hv1 and 1 more)',
    ]);
  });
});

describe('!unsafe', () => {
  it('is a text that is never a template, through other variables too', async () => {
    const { jobs, mistakes } = await load({
      'p.yml':
        '- hosts: web\n  vars: {d: "{{ vm }}", l: !unsafe ["{{ a }}", {k: "{% b"}]}\n  tasks: [{nic_limits: {rules: [{domain: "{{ d }}", rate: 1 Mbit/s, name: "{{ l[0] }} {{ l[1].k }} {{ vm }}"}]}}]\n',
      'group_vars/all.yml': 'ansible_password: !unsafe "a{{b"\nvm: !unsafe "vm-{{x}}"\n',
    });
    expect(mistakes).toEqual([]);
    expect(jobs[0]).toMatchObject({
      password: 'a{{b',
      domains: ['vm-{{x}}'],
      names: ['{{ a }} {% b vm-{{x}}'],
    });
  });
});

describe('lookups', () => {
  it('read the environment that the run was given', async () => {
    expect(
      await names(
        '{{ lookup("env", "VIRTUNE_WHO") }} {{ query("ansible.builtin.env", "VIRTUNE_WHO", "VIRTUNE_NONE") }} {{ lookup("env", "VIRTUNE_NONE") | default("d", true) }} {{ lookup("env", "VIRTUNE_NONE", default="e") }}',
        { env: { VIRTUNE_WHO: 'ops' } },
      ),
    ).toEqual(Array(2).fill("ops ['ops', ''] d e"));
  });

  it('read variables by a name that is made', async () => {
    const files = { 'group_vars/all.yml': 'a_web: "{{ b }}"\nb: [1]\n' };
    const text =
      '{{ lookup("vars", "a_" + group_names[0])[0] }} {{ lookup("vars", "z", default=3) }} {{ query("vars", "b", "b") }}';
    expect(await names(text, {}, '', files)).toEqual(Array(2).fill('1 3 [[1], [1]]'));
    expect(await names('{{ lookup("vars", "bb") }}', {}, '', files)).toEqual([
      'the variable "bb" is not defined (host hv1 and 1 more)',
    ]);
  });

  it('read files beside the playbook and the inventory, and no others', async () => {
    const files = { 'files/a': 'in files\n\n', a: 'beside\n', b: 'beside b\n' };
    const text =
      '{{ lookup("file", "a") }}, {{ lookup("file", playbook_dir ~ "/b", rstrip=false) | length }}';
    expect(await names(text, {}, '', files)).toEqual(Array(2).fill('in files, 9'));
    for (const [path, told] of [
      ['/etc/passwd', 'the file "/etc/passwd" may not be read by a template'],
      [
        '../../../../../../../etc/passwd',
        'the file "../../../../../../../etc/passwd" may not be read by a template',
      ],
      ['gone', 'the file "gone" does not exist'],
      ['files', 'the file "files" is no ordinary file'],
    ])
      expect(await names(`{{ lookup("file", "${path}") }}`, {}, '', files)).toEqual([
        `${told} (host hv1 and 1 more)`,
      ]);
  });

  it('follow no link out, wait for no pipe, and read nothing large', async () => {
    const prepare = async (dir: string) => {
      await symlink('/etc/passwd', join(dir, 'link'));
      execFileSync('mkfifo', [join(dir, 'pipe')]);
    };
    for (const [path, told] of [
      ['link', 'may not be read by a template'],
      ['pipe', 'is no ordinary file'],
      ['large', 'is larger than 1 MiB'],
    ]) {
      const files = { 'p.yml': play(`{{ lookup("file", "${path}") }}`), large: 'x'.repeat(1024 * 1024 + 1) };
      const { mistakes } = await load(files, {}, prepare);
      expect(mistakes).toEqual([`the file "${path}" ${told} (host hv1 and 1 more)`]);
    }
  });

  it('of other kinds are refused where they are read', async () => {
    expect(await names('{{ lookup("pipe", "id") }}')).toEqual([
      'the lookup "pipe" is not supported by virtune (host hv1 and 1 more)',
    ]);
  });
});
