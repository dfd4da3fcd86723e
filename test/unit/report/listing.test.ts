import { expect, it } from 'vitest';
import type { Play } from '../../../src/model/playbook.ts';
import { parsePlaybook } from '../../../src/playbook/parse.ts';
import { listPlays } from '../../../src/report/listing.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';

const YAML = `- name: one
  hosts: [web, db]
  tags: [site]
  tasks:
    - name: first
      tags: [b, a]
      nic_limits: { rules: [] }
    - nic_limits: { rules: [] }
- hosts: all
  tasks:
    - name: other
      nic_limits: { rules: [] }
`;

function plays(file: string): readonly Play[] {
  const { plays: found, diagnostics } = parsePlaybook(parseYaml(YAML, file).value, file, ['nic_limits']);
  expect(diagnostics).toEqual([]);
  return found;
}

const listed = plays('site.yml').map((play) => ({ play, hosts: ['h1', 'h\u001b2'] }));

// The expected texts are what ansible-playbook 2.14 prints, except for the escape.
it('lists tasks with their tags', () => {
  expect(listPlays(listed, { hosts: false, tasks: true, tags: false })).toBe(
    `
playbook: site.yml

  play #1 (web,db): one\tTAGS: [site]
    tasks:
      first\tTAGS: [a, b, site]
      nic_limits\tTAGS: [site]

  play #2 (all): all\tTAGS: []
    tasks:
      other\tTAGS: []
`,
  );
});

it('lists tags, and hosts', () => {
  expect(listPlays(listed, { hosts: true, tasks: false, tags: true })).toBe(
    `
playbook: site.yml

  play #1 (web,db): one\tTAGS: [site]
    pattern: ['web,db']
    hosts (2):
      h1
      h\\x1b2
      TASK TAGS: [a, b, site]

  play #2 (all): all\tTAGS: []
    pattern: ['all']
    hosts (2):
      h1
      h\\x1b2
      TASK TAGS: []
`,
  );
});

it('names each playbook once, and counts its plays anew', () => {
  const two = [...plays('a.yml'), ...plays('b.yml')].map((play) => ({ play, hosts: [] }));
  const text = listPlays(two, { hosts: false, tasks: false, tags: false });
  expect(text.match(/playbook: .*|play #\d/g)).toEqual([
    'playbook: a.yml',
    'play #1',
    'play #2',
    'playbook: b.yml',
    'play #1',
    'play #2',
  ]);
});
