import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { virtune } from './lab.ts';

/** Playbooks through the built command line, as far as it goes without a host. */
describe('playbooks on the command line', () => {
  let dir = '';
  const file = (name: string) => join(dir, name);

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-playbooks-'));
    const files: Record<string, string> = {
      'hosts.yml':
        'all:\n  children:\n    compute:\n      hosts:\n        hv[1:3]:\n      vars: {tier: gold, rates: {gold: 1 Gbit/s}}\n',
      'limits/gold.yml': 'rules: [{domain: "web-*", inbound: "{{ rates[tier] }}"}]\n',
      'good.yml':
        '- hosts: "{{ target | default(\'compute\') }}"\n  vars_files: ["limits/{{ tier }}.yml"]\n  tasks:\n' +
        '    - name: one\n      nic_limits: {rules: "{{ rules }}"}\n      tags: a\n' +
        '    - name: two\n      nic_limits: {rules: "{{ rules }}"}\n      tags: b\n      when: inventory_hostname == "hv2"\n',
      'bad.yml':
        '- hosts: compute\n  roles: [x]\n  tasks:\n    - nic_limits: {rules: "{{ of_role }}"}\n' +
        '- hosts: compute\n  tasks:\n    - nic_limits: {rules: "{{ rulse }}"}\n      when: tire == 1\n' +
        '- hosts: compute\n  tasks:\n    - nic_limits: {rules: [{domain: a, inbound: "{{ rates.gold }}x"}]}\n',
    };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(file(name)), { recursive: true });
      writeFileSync(file(name), text);
    }
  });

  afterAll(() => rmSync(dir, { recursive: true }));

  const run = (...args: readonly string[]) => virtune([...args, '-i', file('hosts.yml')]);

  it('a right one is valid', async () => {
    expect(await run('validate', file('good.yml'))).toMatchObject({
      code: 0,
      stdout: 'valid: 1 playbook, 1 play, 3 hosts\n',
    });
  });

  it('all that is wrong is told at once', async () => {
    const { code, stderr } = await run('validate', file('bad.yml'));
    expect(code).toBe(1);
    for (const message of [
      '"roles" is not supported',
      '"rates"',
      'x" is',
      'the variable "tire" is not defined',
    ])
      expect(stderr).toContain(message);
    expect(stderr).toContain('did you mean "tier"?');
    // The role may have held it.
    expect(stderr).not.toContain('of_role');
    expect(stderr).toMatch(/ {2}from: the variable "rates", \S+hosts\.yml:6:\d+/);
  });

  it('--tags and --skip-tags choose tasks', async () => {
    const tasks = async (...args: string[]) =>
      (await run('run', file('good.yml'), '--list-tasks', ...args)).stdout;
    expect(await tasks('--tags', 'a')).toMatch(/one(?!.*two)/s);
    expect(await tasks('--skip-tags', 'a')).toMatch(/^(?!.*one).*two/s);
    const { code, stderr } = await run('run', file('good.yml'), '--list-tasks', '--tags', 'aa');
    expect([code, stderr]).toEqual([1, expect.stringContaining('no task has the tag "aa"')]);
  });

  it('templates in keywords see -e', async () => {
    const { code, stdout } = await run('run', file('good.yml'), '--list-hosts', '-e', 'target=hv2');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^(?!.*hv1).*hv2/s)]);
  });
});
