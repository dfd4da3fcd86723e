import type { CorpusCase } from './case.ts';

const LIST =
  '{"web": {"hosts": ["b", "a"], "vars": {"v": 1}}, "db": ["a", "c"], "site": {"children": ["web", "db"]}, "_meta": {"hostvars": {"a": {"w": 2}, "elsewhere": {"x": 1}}}}';
const program = (text: string) => `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`;

/** Files, folders, lists of hosts and programs, one or several. */
export const SOURCES: readonly CorpusCase[] = [
  {
    name: 'two files',
    files: {
      '1.yml': 'web: {hosts: {a: {v: 1, w: 1}}, vars: {x: 1}}',
      '2.yml': 'web: {hosts: {b: , a: {v: 2}}, vars: {x: 2}}',
    },
    sources: ['1.yml', '2.yml'],
  },
  {
    name: 'the other way round',
    files: {
      '1.yml': 'web: {hosts: {a: {v: 1, w: 1}}, vars: {x: 1}}',
      '2.yml': 'web: {hosts: {b: , a: {v: 2}}, vars: {x: 2}}',
    },
    sources: ['2.yml', '1.yml'],
  },
  {
    name: 'a group that gets a parent later',
    files: {
      '1.yml': 'web: {hosts: {a: }, vars: {v: web}}\naaa: {hosts: {a: }, vars: {v: aaa}}',
      '2.yml': 'site: {children: {web: }}',
    },
    sources: ['1.yml', '2.yml'],
  },
  {
    name: 'a host that gets a group later',
    files: { '1.yml': 'all: {hosts: {a: , b: }}', '2.yml': 'web: {hosts: {a: }}' },
    sources: ['1.yml', '2.yml'],
  },
  {
    name: 'a list of hosts',
    files: {},
    sources: ['b,a,c:22,10.0.0.1,fe80::1'],
    patterns: ['a', 'b,a', '!c'],
  },
  { name: 'a list with blanks', files: {}, sources: [' a , b,,'] },
  { name: 'one host', files: {}, sources: ['a,'] },
  {
    name: 'a list after a file',
    files: { 'h.yml': 'web: {hosts: {a: , "b:22": }}\nall: {hosts: {z: }}' },
    sources: ['h.yml', 'b:23,a,z,new'],
  },
  {
    name: 'a list before a file',
    files: { 'h.yml': 'web: {hosts: {a: , "b:22": }}' },
    sources: ['b:23,a,new', 'h.yml'],
  },
  {
    name: 'a folder',
    files: {
      'inv/2.yml': 'w: {hosts: {b: }, vars: {v: 2}}',
      'inv/1.yaml': 'w: {hosts: {a: }, vars: {v: 1}}',
      'inv/10.json': '{"w": {"hosts": {"c": {}}}}',
      'inv/noext': 'x:\n  hosts:\n    d:\n',
      'inv/.hidden.yml': 'w: {hosts: {no: }}',
      'inv/old.yml~': 'w: {hosts: {no: }}',
      'inv/README.md': 'no',
      'inv/ansible.cfg': '[defaults]',
      'inv/x.orig': 'no',
      'inv/y.retry': 'no',
      'inv/plugin.ini': '[no]',
      'inv/group_vars/w.yml': 'v: 3\ny: 1',
      'inv/host_vars/a.yml': 'z: 1',
    },
    sources: ['inv'],
  },
  {
    name: 'folders in a folder',
    files: {
      'inv/b/1.yml': 'w: {hosts: {b: }}',
      'inv/a/2.yml': 'w: {hosts: {a: }}',
      'inv/a/group_vars/w.yml': 'v: not read here',
      'inv/c.yml': 'x: {hosts: {c: }}',
    },
    sources: ['inv'],
  },
  {
    name: 'a folder of all kinds',
    files: {
      'inv/1.sh': program(LIST),
      'inv/2.yml': 'web: {hosts: {y: }}\nsite: {hosts: {s: }}',
      'inv/3': program('{"late": ["a"], "_meta": {"hostvars": {"a": {"w": 3}}}}'),
    },
    sources: ['inv', 'a,q'],
    undefinedOrder: true,
  },
  {
    name: 'the same folder twice, and others between',
    files: {
      'a/1.yml': 'w: {hosts: {h: }}',
      'a/2.yml': 'w: {hosts: {i: }}',
      'a/group_vars/w.yml': 'v: a',
      'b/1.yml': 'w: {hosts: {j: }}',
      'b/group_vars/w.yml': 'v: b\nu: b',
      'b/host_vars/h.yml': 'v: bh',
    },
    sources: ['a/1.yml', 'b/1.yml', 'a/2.yml'],
  },
  {
    name: 'groups of a folder win over later files of another',
    files: {
      'a/h.yml': 'w: {hosts: {h: }, vars: {v: a}}\nx: {hosts: {h: }}',
      'a/group_vars/x.yml': 'v: ax\nu: ax',
      'b/h.yml': 'w: {vars: {v: b}}',
      'b/group_vars/w.yml': 'v: bw\nu: bw',
    },
    sources: ['a/h.yml', 'b'],
  },
  {
    name: 'a JSON file',
    files: { 'h.json': '{"web": {"hosts": {"h[1:2]": {"v": 1e3, "w": "a\\/b", "x": -0.5}}}}' },
    sources: ['h.json'],
  },
  { name: 'JSON without extension', files: { h: '{"web": {"hosts": {"a": null}}}' }, sources: ['h'] },
  {
    name: 'a program',
    files: { inv: program(LIST) },
    sources: ['inv'],
    patterns: ['web', 'site', 'db[0]', 'site:!web'],
    undefinedOrder: true,
  },
  { name: 'a program named like YAML', files: { 'inv.yml': program(LIST) }, sources: ['inv.yml'] },
  {
    name: 'a program that is asked for each host',
    files: {
      inv: '#!/bin/sh\nif [ "$1" = --list ]; then echo \'{"web": ["a", "b"], "db": {"hosts": ["b"], "vars": {"v": 1}}}\'; else echo "{\\"me\\": \\"$2\\"}"; fi\n',
    },
    sources: ['inv'],
  },
  {
    name: 'short forms that programs may print',
    files: {
      inv: program(
        '{"one": ["a"], "two": {"ansible_host": "10.0.0.2"}, "three": {}, "four": {"children": ["one"]}, "_meta": {"hostvars": {}}}',
      ),
    },
    sources: ['inv'],
  },
  {
    name: 'names of programs are taken as they are',
    files: {
      inv: program('{"one": ["h[1:2]", "a:22", "[::1]:22"], "_meta": {"hostvars": {"a:22": {"v": 1}}}}'),
    },
    sources: ['inv'],
  },
  {
    name: 'priority from a program',
    files: {
      inv: program(
        '{"a": {"hosts": ["h"], "vars": {"v": "a", "ansible_group_priority": 5}}, "b": {"hosts": ["h"], "vars": {"v": "b"}}, "_meta": {"hostvars": {}}}',
      ),
    },
    sources: ['inv'],
  },
  {
    name: 'group_vars beside a program',
    files: { 'inv.sh': program(LIST), 'group_vars/db.yml': 'w: db\nq: db', 'host_vars/c.yml': 'q: c' },
    sources: ['inv.sh'],
  },
  {
    name: 'YAML that begins like a program',
    files: { 'h.yml': '# no program\nweb: {hosts: {a: }}' },
    sources: ['h.yml'],
  },
];
