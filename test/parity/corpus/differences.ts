import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CorpusCase, yaml } from './case.ts';

const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../unit/project/vault', name), 'utf8');

/** Encrypted files. `--list` shows single values as they are, encrypted; virtune opens them where they are used. */
export const VAULT: readonly CorpusCase[] = [
  {
    name: 'encrypted group_vars',
    files: {
      'hosts.yml': 'web: {hosts: {a: }}',
      'group_vars/web/vault.yml': fixture('plain_id.yml'),
      pw: 'correct horse\n',
    },
    vault: 'pw',
  },
  {
    name: 'an encrypted value',
    files: {
      'hosts.yml': 'web: {hosts: {a: }}',
      'host_vars/a.yml': fixture('value.yml'),
      pw: 'correct horse\n',
    },
    vault: 'pw',
  },
  {
    name: 'an encrypted value, and no password that fits',
    files: { 'hosts.yml': 'web: {hosts: {a: }}', 'host_vars/a.yml': fixture('value.yml'), pw: 'wrong\n' },
    vault: 'pw',
  },
  {
    name: 'format 1.2 and a program that prints the password',
    files: {
      'hosts.yml': 'web: {hosts: {a: }}',
      'host_vars/a.yml': fixture('dev_id.yml'),
      pw: '#!/bin/sh\necho other\n',
    },
    vault: 'pw',
  },
  {
    name: 'an encrypted inventory',
    files: {
      'hosts.yml': 'all: {hosts: {b: }}',
      'x.json': '{"web": {"hosts": {"a": null}}}',
      'group_vars/all': fixture('plain_id.yml'),
      pw: 'correct horse',
    },
    sources: ['hosts.yml', 'x.json'],
    vault: 'pw',
  },
];

/** Where virtune is not like Ansible on purpose: in most of these Ansible warns and goes on, so that hosts are missed. */
export const DIFFERENCES: readonly CorpusCase[] = [
  yaml('a key twice', 'web: {hosts: {a: }}\nweb: {hosts: {b: }}', {
    differs: {
      why: 'Ansible takes the last one: hosts are lost',
      ansible: ['b'],
      virtune: 'duplicate key "web"',
    },
  }),
  yaml('an unknown key', 'web: {hosts: {a: }, host: {b: }}', {
    differs: {
      why: 'Ansible warns: a slip loses hosts',
      ansible: ['a'],
      virtune: 'unknown key "host" in the group "web"',
    },
  }),
  yaml('a group that is no map', 'web: {hosts: {a: }}\ndb: x', {
    differs: {
      why: 'Ansible warns: a slip loses hosts',
      ansible: ['a'],
      virtune: 'the group "db" must be a map',
    },
  }),
  yaml('hosts in a list of YAML', 'web: {hosts: [a, b]}', {
    differs: {
      why: 'both refuse it; virtune says how to write it',
      ansible: null,
      virtune: '"hosts" must be a map, found a list',
    },
  }),
  yaml('groups that contain each other', 'a: {children: {b: {children: {a: }}}, hosts: {h: }}', {
    differs: { why: 'both refuse it', ansible: null, virtune: 'groups contain each other: a > b > a' },
  }),
  yaml('a group in itself', 'a: {children: {a: }, hosts: {h: }}', {
    differs: { why: 'both refuse it', ansible: null, virtune: 'groups contain each other: a > a' },
  }),
  yaml('ungrouped below a group', 'web: {children: {ungrouped: {hosts: {a: }}}, hosts: {b: }}', {
    differs: {
      why: 'Ansible takes its hosts out of every group: none is left to run on',
      ansible: ['b'],
      virtune: 'the group "ungrouped" cannot be below "web"',
    },
  }),
  yaml('a number as the name of a host', 'web: {hosts: {10: }}', {
    differs: {
      why: 'Ansible wants quotes around it; what is meant is clear',
      ansible: null,
      virtune: ['10'],
    },
  }),
  yaml('a number as the name of a group', '2024: {hosts: {a: }}', {
    differs: { why: 'Ansible wants quotes around it; what is meant is clear', ansible: null, virtune: ['a'] },
  }),
  yaml('a range that holds nothing', 'web: {hosts: {"a[5:1]": , b: }}', {
    differs: {
      why: 'Ansible makes no host of it, without a word',
      ansible: ['b'],
      virtune: 'the range in "a[5:1]" "[5:1]" ends before it begins',
    },
  }),
  yaml('a range that is half read', 'web: {hosts: {"a[ab:de]": }}', {
    differs: {
      why: 'Ansible reads it as [a:d]',
      ansible: ['aa', 'ab', 'ac', 'ad'],
      virtune: 'the range in "a[ab:de]" "[ab:de]" must go',
    },
  }),
  yaml('a name with a blank', 'web: {hosts: {"a b": , c: }}', {
    differs: { why: 'it was meant to be two', ansible: ['a b', 'c'], virtune: '"a b" is not a host name' },
  }),
  yaml('numbers of base 60, and dates', 'a: {hosts: {h: {mac: 12:30:45, day: 2026-11-22}}}', {
    differs: {
      why: 'YAML 1.1 makes a number of a time or of some MACs, and a date of what looks like one',
      ansible: ['h'],
      virtune: ['h'],
      vars: ['h', { mac: 45045, day: '2026-11-22' }, { mac: '12:30:45', day: '2026-11-22' }],
    },
  }),
  yaml('words as keys', 'a: {hosts: {h: {m: {yes: 1, 2: 2}}}}', {
    differs: {
      why: 'keys are texts, as they are written',
      ansible: ['h'],
      virtune: ['h'],
      vars: ['h', { m: { true: 1, '2': 2 } }, { m: { yes: 1, '2': 2 } }],
    },
  }),
  {
    ...yaml('an empty file', ''),
    differs: { why: 'Ansible reads it as an empty INI file', ansible: [], virtune: 'the inventory is empty' },
  },
  yaml('no hosts', 'web: {vars: {v: 1}}', {
    differs: {
      why: 'Ansible warns; a run on nothing would pass for a good one',
      ansible: [],
      virtune: 'the inventory has no hosts',
    },
  }),
  {
    name: 'a broken file among others',
    files: { '1.yml': 'web: {hosts: {a: }}', '2.yml': 'web: {hosts: [' },
    sources: ['1.yml', '2.yml'],
    differs: { why: 'Ansible warns and goes on with the rest', ansible: ['a'], virtune: '"[" is not closed' },
  },
  {
    name: 'what ansible-inventory --list prints, as a file',
    files: { 'h.json': '{"_meta": {"hostvars": {"a": {"v": 1}}}, "web": {"hosts": ["b", "a"]}}' },
    sources: ['h.json'],
    differs: { why: 'Ansible takes it from programs only', ansible: null, virtune: ['b', 'a'] },
  },
  {
    name: 'ranges in a list of hosts',
    files: {},
    sources: ['h[1:2],x'],
    differs: {
      why: 'Ansible needs another plugin (advanced_host_list) for it',
      ansible: ['h[1:2]', 'x'],
      virtune: ['h1', 'h2', 'x'],
    },
  },
  {
    name: 'a program that fails',
    files: { '1.yml': 'web: {hosts: {a: }}', '2.sh': '#!/bin/sh\necho no >&2\nexit 1\n' },
    sources: ['1.yml', '2.sh'],
    differs: {
      why: 'Ansible warns and goes on with the rest',
      ansible: ['a'],
      virtune: 'the inventory program DIR/2.sh --list ended with status 1: no',
    },
  },
];
