import { type CorpusCase, yaml } from './case.ts';

/** Which of several values a host has, and how values are read. */
export const VARIABLES: readonly CorpusCase[] = [
  yaml('a block of text at the end', 'a:\n  hosts:\n    h:\n      v: |\n        x\n        y'),
  yaml('a folded one that is kept', 'a:\n  hosts:\n    h:\n      v: >+\n        x\n        y'),
  yaml(
    'host before group before all',
    'all: {vars: {v: all, w: all, x: all}}\nweb: {hosts: {h: {x: h}}, vars: {w: web, x: web}}',
  ),
  yaml(
    'deeper groups win',
    'top: {vars: {v: top, w: top}, children: {mid: {vars: {v: mid}, children: {low: {hosts: {h: }}}}}}',
  ),
  yaml(
    'names decide among equals',
    'b: {hosts: {h: }, vars: {v: b}}\na: {hosts: {h: }, vars: {v: a}}\nB: {hosts: {h: }, vars: {v: B}}',
  ),
  yaml(
    'priority',
    'a: {hosts: {h: , i: }, vars: {v: a, ansible_group_priority: 10}}\nb: {hosts: {h: }, vars: {v: b}}\nc: {hosts: {i: }, vars: {v: c, ansible_group_priority: "11"}}',
  ),
  yaml(
    'priority below one',
    'a: {hosts: {h: }, vars: {v: a}}\nb: {hosts: {h: }, vars: {v: b, ansible_group_priority: 0}}\nc: {hosts: {h: }, vars: {v: c, ansible_group_priority: -3}}',
  ),
  yaml(
    'depth before priority',
    'p: {children: {c: }, vars: {v: p, ansible_group_priority: 99}}\nc: {hosts: {h: }, vars: {v: c}}',
  ),
  yaml(
    'the longest way counts',
    'x: {children: {y: {children: {z: }}}}\nz: {hosts: {h: }, vars: {v: z}}\na: {children: {z: }}\nq: {children: {r: {hosts: {h: }, vars: {v: r}}}}',
  ),
  yaml(
    'all variables of all',
    'all: {vars: {v: 1}, children: {a: {hosts: {h: }, vars: {v: 2}}}, hosts: {i: }}',
  ),
  yaml(
    'whole values are replaced',
    'a: {hosts: {h: {m: {y: 1}}}, vars: {m: {x: 1}, l: [1]}}\nb: {hosts: {h: {l: [2]}}}',
  ),
  yaml('a host written twice', 'a: {hosts: {h: {v: 1, w: 1}}}\nb: {hosts: {h: {v: 2}}}'),
  yaml('maps written twice', 'a: {hosts: {h: {m: {x: 1}}}}\nb: {hosts: {h: {m: {y: 2}}}}'),
  yaml(
    'words and numbers',
    'a: {hosts: {h: {a: yes, b: Off, c: "yes", d: 010, e: 0x1F, f: 1_000, g: 1e3, h: 1.5, i: ~, j: null, k: 0b11, l: -7, m: +3, n: .5, o: "007", p: 0o7, q: y, r: 1., s: 1.5e+3, t: 0.0, u: 08}}}',
  ),
  yaml(
    'tags',
    'a: {hosts: {h: {a: !!timestamp 2001-12-14, b: 2001-12-14, c: !!str 12, d: !!int "0x10", e: !!bool yes, f: !!null "", !!str g: 1}}}',
  ),
  yaml(
    'texts of several lines',
    'a:\n  hosts:\n    h:\n      folded: >\n        one\n        two\n\n        three\n      literal: |\n        one\n         two\n      kept: |+\n        x\n\n      cut: >-\n        y\n',
  ),
  yaml(
    'quotes and escapes',
    'a: {hosts: {h: {a: "x\\ty\\u00e9\\n", b: \'it\'\'s\', c: "\\x41", d: \'\\n\', e: "a\\\n      b"}}}',
  ),
  yaml(
    'anchors and merge keys',
    'web: {hosts: {h: {<<: {c: 3, d: 4}, c: 5}}, vars: &v {p: 1}}\ndb: {hosts: {i: {<<: [{a: 1}, {a: 2, b: 2}]}}, vars: {<<: *v, q: 2}}',
  ),
  yaml(
    'lists of maps',
    'a: {hosts: {h: {rules: [{domain: "web-*", rate: 1}, {nic: [1, 2]}]}}, vars: {empty: [], none: {}}}',
  ),
  yaml('templates are not touched', 'a: {hosts: {h: {v: "{{ w }}", w: "{% if x %}y{% endif %}"}}}'),
  yaml(
    'comments and documents',
    '---\n# one\na: # two\n  hosts: # three\n    h: # four\n      v: "#five" # six\n...\n',
  ),
  {
    name: 'group_vars and host_vars',
    files: {
      'hosts.yml': 'all: {vars: {v: i, a: i}}\nweb: {hosts: {h: {b: i}, i: }, vars: {v: i, c: i}}',
      'group_vars/all.yml': 'v: all\na: all\nd: all\n',
      'group_vars/web.yaml': 'v: web\nd: web\ne: web\nb: web',
      'group_vars/ungrouped.json': '{"v": "ungrouped"}',
      'host_vars/h.json': '{"e": "h", "f": 1e3}',
      'host_vars/i': 'e: i\n',
    },
  },
  {
    name: 'folders of variables',
    files: {
      'hosts.yml': 'web: {hosts: {h: }}',
      'group_vars/web/b.yml': 'v: b\nw: b',
      'group_vars/web/a.yml': 'v: a\nx: a',
      'group_vars/web/c/d': 'w: d',
      'group_vars/web/.hidden.yml': 'v: hidden',
      'group_vars/web/old.yml~': 'v: old',
      'group_vars/web/note.txt': 'v: note',
      'group_vars/web/e.d/f.yml': 'v: f',
      'group_vars/web.yml': 'v: file beside the folder',
      'host_vars/h/x.json': '{"y": 1}',
      'host_vars/h/y.yaml': 'y: 2',
    },
  },
  {
    name: 'which file of several',
    files: {
      'hosts.yml': 'web: {hosts: {h: , i: , j.yml: }}',
      'host_vars/h.yaml': 'v: yaml',
      'host_vars/h.yml': 'v: yml',
      'host_vars/h.json': '{"v": "json"}',
      'host_vars/i.yaml': 'v: yaml',
      'host_vars/i.json': '{"v": "json"}',
      'host_vars/j.yml': 'v: j',
    },
  },
  {
    name: 'a file for two hosts',
    files: { 'hosts.yml': 'w: {hosts: {a: , a.yml: }}', 'host_vars/a.yml': 'v: 1' },
  },
  {
    name: 'empty files of variables',
    files: {
      'hosts.yml': 'w: {hosts: {a: }}',
      'group_vars/w.yml': '',
      'host_vars/a.yml': '---\n',
      'group_vars/all': '# no\n',
    },
  },
  {
    name: 'levels of group_vars',
    files: {
      'hosts.yml':
        'top: {children: {low: {hosts: {h: }}}}\nside: {hosts: {h: }, vars: {ansible_group_priority: 5}}',
      'group_vars/top.yml': 'v: top\nw: top',
      'group_vars/low.yml': 'v: low',
      'group_vars/side.yml': 'v: side\nw: side\nansible_group_priority: 9',
    },
  },
];
