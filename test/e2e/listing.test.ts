import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { virtune } from './lab.ts';

/** Commands that read files and nothing else. */
const dir = mkdtempSync(join(tmpdir(), 'virtune-listing-'));
const hosts = join(dir, 'hosts.yml');
const playbook = join(dir, 'site.yml');
writeFileSync(
  hosts,
  `all:
  vars: { nic_limits: [{ name: early, domain: web-01, rate: 1 MB/s }, { name: late, domain: "web-*", rate: 2 MB/s }] }
  children: { compute: { hosts: { "hv[01:03]": } } }
`,
);
writeFileSync(
  playbook,
  `- name: Enforce
  hosts: compute
  tags: [site]
  tasks:
    - name: limits
      tags: nics
      nic_limits: { rules: "{{ nic_limits }}" }
`,
);

describe('without connecting', () => {
  it('run --list-hosts --list-tasks --list-tags, as in Ansible', async () => {
    const ran = await virtune([
      'run',
      playbook,
      '-i',
      hosts,
      '-l',
      'hv01',
      '--list-hosts',
      '--list-tasks',
      '--list-tags',
    ]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toBe(
      `
playbook: ${playbook}

  play #1 (compute): Enforce\tTAGS: [site]
    pattern: ['compute']
    hosts (1):
      hv01
    tasks:
      limits\tTAGS: [nics, site]
      TASK TAGS: [nics, site]
`,
    );
  });

  it('run --syntax-check, also where there is no inventory', async () => {
    const right = await virtune(['run', playbook, '-i', '/nowhere', '--syntax-check']);
    expect([right.code, right.stdout]).toEqual([0, `\nplaybook: ${playbook}\n`]);
    const bad = join(dir, 'bad.yml');
    writeFileSync(bad, '- hosts: all\n  task: []\n');
    const wrong = await virtune(['run', bad, '--syntax-check']);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('did you mean "tasks"?')]);
  });

  it('inventory --list, --graph, --host and --yaml', async () => {
    const list = await virtune(['inventory', '--list', '-i', hosts]);
    expect(JSON.parse(list.stdout)).toMatchObject({
      all: { children: ['ungrouped', 'compute'] },
      compute: { hosts: ['hv01', 'hv02', 'hv03'] },
      _meta: { hostvars: { hv02: { nic_limits: [{ name: 'early' }, { name: 'late' }] } } },
    });
    const graph = await virtune(['inventory', '--graph', 'compute', '-i', hosts]);
    expect(graph.stdout).toBe('@compute:\n  |--hv01\n  |--hv02\n  |--hv03\n');
    const host = await virtune(['inventory', '--host', 'hv03', '-i', hosts, '-e', 'x=1']);
    expect(JSON.parse(host.stdout)).toMatchObject({ x: '1', nic_limits: [{}, {}] });
    const yaml = await virtune(['inventory', '--list', '--yaml', '-i', hosts]);
    expect(yaml.stdout).toMatch(/^all:\n {2}children:\n {4}compute:\n {6}hosts:\n {8}hv01:\n/);
    for (const wrong of [[], ['--list', '--graph'], ['--host', 'compute'], ['--graph', 'computer']]) {
      const ran = await virtune(['inventory', ...wrong, '-i', hosts]);
      expect([ran.code, ran.stdout]).toEqual([1, '']);
    }
  });

  it('validate gives advice on the rules once for all hosts, with and without a playbook', async () => {
    for (const args of [[], [playbook]]) {
      const ran = await virtune(['validate', ...args, '-i', hosts]);
      expect(ran.code, ran.stderr).toBe(0);
      const [first, ...others] = ran.stderr.split('\n').filter((line) => line.includes('warning:'));
      expect(first).toContain(`${hosts}:2:`);
      expect(first).toMatch(/warning: rule "early" can never win: rule "late" .* \(host hv01 and 2 more\)$/);
      expect(others).toEqual([]);
    }
  });
});
