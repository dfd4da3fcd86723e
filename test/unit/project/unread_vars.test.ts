import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/model/diagnostic.ts';
import { MODULES } from '../../../src/modules/index.ts';
import { loadProject } from '../../../src/project/project.ts';
import { createVault } from '../../../src/project/vault.ts';
import { tree } from './tree.ts';

const SHIPPED = readFileSync(resolve(import.meta.dirname, '../../../playbooks/limits.yml'), 'utf8');

/** What is said of variables of a group, and how many tasks its hosts have. */
async function load(vars: string, playbook: string, ...extraVars: string[]) {
  const dir = await tree({
    'hosts.yml': 'web: {hosts: {hv1: , hv2: }}\n',
    'group_vars/web.yml': vars,
    'p.yml': playbook,
  });
  try {
    const { plays, warnings } = await loadProject(
      { playbooks: [join(dir, 'p.yml')] },
      {
        inventory: [join(dir, 'hosts.yml')],
        extraVars,
        tags: { only: [], skip: playbook.includes('[other]') ? ['other'] : [] },
        vault: createVault([], () => Promise.reject(new Error('nobody was to be asked'))),
        connection: { localUser: 'me', home: dir },
        askSecrets: async () => ({ become: {} }),
      },
    );
    const said = warnings.map(
      ({ severity, message, hint, place }) =>
        `${place?.file.split('/').at(-1)}:${place?.line}: ${severity}: ${message}; ${hint}`,
    );
    return { said, tasks: plays.flatMap(({ batches }) => batches.flat().flatMap((job) => job.tasks)).length };
  } catch (error) {
    if (error instanceof InputError)
      return { said: error.diagnostics.map(({ message }) => message), tasks: 0 };
    throw error;
  }
}

const rules = (text: string, more = '') =>
  `- hosts: web\n${more}  tasks:\n    - nic_limits: {rules: "${text}"}\n`;
const LIST = '[{domain: x, rate: 1 Mbit/s}]';
const meant = (line: number, name: string, other: string) =>
  `web.yml:${line}: warning: nothing reads the variable ${name} (host hv1 and 1 more); did you mean ${other}?`;

describe('a variable that is nearly called as one that a play asks for', () => {
  it.each([
    ['nic_limts', '{{ nic_limits | default([]) }}', 'nic_limits'],
    ['nic_limit', '{{ (nic_limits | default([])) + more }}', 'nic_limits'],
    // What the inventory's own templates ask for.
    ['web_rules', '{{ more + some }}', 'web_rule'],
  ])('%s in %s', async (name, text, other) => {
    const { said } = await load(
      `${name}: ${LIST}\nmore: []\nsome: "{{ web_rule | default([]) }}"\n`,
      rules(text),
    );
    expect(said).toEqual([meant(1, name, other)]);
  });

  it('is told where a condition, a loop or a keyword asks for it', async () => {
    const play = rules('{{ all_rules }}').replace('}\n', '}\n      when: virtualized | default(true)\n');
    const { said } = await load(`all_rules: ${LIST}\nvirtualised: false\n`, play);
    expect(said).toEqual([meant(2, 'virtualised', 'virtualized')]);
  });

  it.each([
    // Both are there: each is what it is.
    ['nic_limts: 1\nnic_limits: []\n', '{{ nic_limits }}'],
    // It is read, if only by its name in a text.
    ['nic_limts: []\n', "{{ nic_limits | default(vars['nic_limts']) }}"],
    ['nic_limts: []\nsome: "{{ nic_limts }}"\n', '{{ nic_limits | default(some) }}'],
    // What a template or a loop sets is no variable.
    ['items: []\nmore: []\n', '{{ more }}'],
    ['rulez: 1\n', '{% set rules = [] %}{{ rules }}'],
    ['lookups: 1\nmore: []\n', "{{ more or lookup('env', 'X') }}"],
  ])('is none of %j in %j', async (vars, text) => {
    const { said } = await load(vars, rules(text).replace(/\n$/, '\n      loop: [1]\n'));
    expect(said.filter((one) => one.includes('did you mean'))).toEqual([]);
  });

  it('is none that a task, a play or its files set', async () => {
    const play = rules('{{ our_rules }}', '  vars: {my_rules: 1}\n').replace(
      '- nic_limits',
      `- vars: {our_rules: ${LIST}}\n      nic_limits`,
    );
    expect((await load('our_rule: 1\n', play)).said).toEqual([]);
  });
});

describe('rules of a module that no task is for', () => {
  const hint =
    'no task reads it: add one of disk_limits, or run playbooks/limits.yml of the package, which has one for each module';

  it('are a warning with -e, and a note in an inventory', async () => {
    const extra = await load('a: 1\n', rules('{{ [] }}'), '{"disk_limits": [1], "cpu_limits": []}');
    expect(extra.said).toEqual([
      `--extra-vars:1: warning: nothing reads the variable disk_limits (host hv1 and 1 more); ${hint}`,
    ]);
    const inventory = await load('disk_limits: [1]\ncpu_limits: []\n', rules('{{ [] }}'));
    expect(inventory.said).toEqual([
      `web.yml:1: note: nothing reads the variable disk_limits (host hv1 and 1 more); ${hint}`,
    ]);
  });

  it('are none of an inventory where a task of the module has rules of its own, and told with -e', async () => {
    const own = `- hosts: web\n  tasks:\n    - nic_limits: {rules: ${LIST}}\n`;
    expect((await load('nic_limits: [1]\n', own)).said).toEqual([]);
    expect((await load('a: 1\n', own, '{"nic_limits": [1]}')).said).toEqual([
      '--extra-vars:1: warning: nothing reads the variable nic_limits (host hv1 and 1 more); the tasks of nic_limits have other rules: "{{ nic_limits }}" reads it',
    ]);
  });

  it('are read by a task that tags leave out', async () => {
    const play = `${rules('{{ [] }}')}    - disk_limits: {rules: "{{ disk_limits }}"}\n      tags: [other]\n`;
    expect((await load('disk_limits: [1]\n', play)).said).toEqual([]);
  });

  it('are all read by the playbook for all modules, which needs none of them', async () => {
    expect(await load('a: 1\n', SHIPPED)).toEqual({ said: [], tasks: 0 });
    const all: Readonly<Record<string, string>> = {
      nic_limits: 'rate: 1 Mbit/s',
      disk_limits: 'total_iops_sec: 100',
      cpu_limits: 'cpu_shares: 100',
      memory_limits: 'soft_limit: 1 GiB',
      block_limits: 'device: /dev/sda, read_iops_sec: 100',
    };
    expect(Object.keys(all).sort()).toEqual(MODULES.map(({ name }) => name).sort());
    const vars = Object.entries(all).map(([name, limit]) => `${name}: [{domain: "x*", ${limit}}]\n`);
    expect(await load(vars.join(''), SHIPPED)).toEqual({ said: [], tasks: 2 * MODULES.length });
  });
});
