import { type CorpusCase, yaml } from './case.ts';

/** Groups, hosts, and how names stand for several. */
export const STRUCTURE: readonly CorpusCase[] = [
  yaml('one host below all', 'all: {hosts: {a: }}'),
  yaml('one host below ungrouped', 'ungrouped: {hosts: {a: }}'),
  yaml('hosts and groups below all', 'all: {hosts: {z: , a: }, children: {web: {hosts: {m: }}}}'),
  yaml('a host in all and in a group', 'all: {hosts: {a: , b: }}\nweb: {hosts: {a: }}'),
  yaml('a host in ungrouped and in a group', 'ungrouped: {hosts: {a: , b: }}\nweb: {hosts: {a: }}'),
  yaml('several groups of a host', 'w: {hosts: {a: , b: }}\nd: {hosts: {b: , c: }}\nx: {hosts: {a: , c: }}', {
    patterns: ['d,w', 'w:&d', 'x:!w', 'd:x'],
  }),
  yaml(
    'groups named later than used',
    'site: {children: {web: , db: }}\ndb: {hosts: {d: }}\nweb: {hosts: {w: }}',
  ),
  yaml('children in place', 'site: {children: {web: {hosts: {w: }}, db: {hosts: {d: }}}, hosts: {s: }}', {
    patterns: ['site', 'site[0]', 'site[-1]'],
  }),
  yaml('hosts after children', 'site: {children: {web: {hosts: {w: , x: }}}, hosts: {w: , s: }}', {
    patterns: ['site', 'site[1:]'],
  }),
  yaml(
    'a chain of groups',
    'a: {children: {b: {children: {c: {children: {d: {hosts: {h: }}}}}}}, hosts: {i: }}',
    {
      patterns: ['a', 'b', 'd', 'c,a'],
    },
  ),
  yaml(
    'a diamond',
    't: {children: {l: , r: }}\nl: {children: {b: }}\nr: {children: {b: }}\nb: {hosts: {h: }}',
    {
      patterns: ['t', 'l:&r'],
    },
  ),
  yaml(
    'several groups of a level with children',
    's1: {children: {a1: {hosts: {x: }}, a2: {hosts: {y: }}}}\ns2: {children: {b1: {hosts: {z: }}, a2: }, hosts: {q: }}',
    { undefinedOrder: true, patterns: ['s1,s2', 's*', '*2'] },
  ),
  yaml(
    'a group on two levels',
    't: {children: {deep: , l: {children: {deep: {hosts: {d: }}, m: {hosts: {e: }}}}}, hosts: {f: }}',
    { patterns: ['t', 'l'] },
  ),
  yaml('children of all', 'all: {children: {b: {hosts: {b1: }}, a: {hosts: {a1: }}}}\nc: {hosts: {c1: }}', {
    patterns: ['[abc]', 'a,b', 'c,a'],
  }),
  yaml('children of ungrouped', 'ungrouped: {children: {web: {hosts: {a: }}}, hosts: {b: }}', {
    patterns: ['web', '!web'],
  }),
  yaml('empty groups', 'web:\ndb: {}\nx: {hosts: , children: , vars: }\ny: {hosts: {a: }}', {
    patterns: ['y,web', 'y:!web', '&y'],
  }),
  yaml('one name instead of a map', 'web: {hosts: a}\nsite: {children: web}'),
  yaml('host ranges', 'web: {hosts: {"hv[01:12]": , "n[1:9:4]": , "r[a:c]": , "x[:2]": }}', {
    patterns: ['hv0*', 'hv1?', 'n[1-5]*', 'web[0:3]', 'web[-1]', 'r?', 'hv[01][12]*'],
  }),
  yaml('several ranges in a name', 'web: {hosts: {"r[1:2]-u[a:b].net": , "[01:02]x[8:10]": }}', {
    patterns: ['r1-*', '*.net', '01x*', '*[1]*'],
  }),
  yaml('ranges of letters', 'w: {hosts: {"a[A:C]": , "b[y:B]": , "c[a:g:3]": }}', { patterns: ['b*', 'c?'] }),
  yaml('overlapping ranges', 'w: {hosts: {"h[1:3]": {v: 1}, "h[2:4]": {w: 2}, h3: {v: 3}}}', {
    patterns: ['w[1:2]'],
  }),
  yaml('padding', 'w: {hosts: {"h[1:10]": , "p[001:003]": , "q[08:11]": , "z[00:01]": }}', {
    patterns: ['p00[12]*', 'h1*', 'q0?'],
  }),
  yaml('a range with a port', 'w: {hosts: {"h[1:2]:2222": , "g:22": {ansible_port: 23}}}'),
  yaml('addresses', 'w: {hosts: {10.0.0.1: , "::1": , "fe80::1": , "2001:db8::[1:3]": , "10.0.1.[1:2]": }}', {
    patterns: ['10.*', 'fe80::1', 'fe80::1,10.0.0.1', '*::*', '10.0.0.1:22', '::1', '2001:db8::2'],
  }),
  yaml(
    'addresses with ports',
    'w: {hosts: {"[fe80::1]:22": , "[10.0.0.1]:23": , "10.0.0.2:24": , "[h]:25": }}',
  ),
  yaml(
    'names with odd characters',
    'w: {hosts: {"a_": , "b-:22": , "c..d": , "Ü-1": , "x@y": , "p%q": , "a:b": , "-h": }}',
    {
      patterns: ['Ü*', 'x@y', 'a_', '*%*', '[Ü]*'],
    },
  ),
  yaml(
    'groups with odd characters',
    'web-1: {hosts: {a: }}\nweb.x: {hosts: {b: }}\n"w b": {hosts: {c: }}\n日本: {hosts: {d: }}',
    {
      patterns: ['web-1', 'web.x', 'web*', '日*', 'w b', 'web.x:!b', '日本'],
    },
  ),
  yaml('upper and lower case', 'Web: {hosts: {A: , a: }}\nweb: {hosts: {B: }}', {
    patterns: ['web', 'Web', 'a', '[A]', '~(?i)WEB'],
  }),
  yaml('a name of a host and of a group', 'web: {hosts: {a: }}\ndb: {hosts: {web: {v: 1}}, vars: {v: 2}}', {
    patterns: ['web', 'all:&web', 'db:!web', 'web*', 'web,a'],
  }),
  yaml('such a name below all only', 'all: {hosts: {web: }}\nweb: {hosts: {a: }}', {
    patterns: ['web', '!web'],
  }),
  yaml(
    'repeated sections in place',
    'a: {children: {b: {hosts: {x: }}}}\nb: {hosts: {y: }, vars: {v: 1}}\nc: {children: {b: {hosts: {z: }}}}',
    {
      patterns: ['b', 'c[0]', 'a:&c'],
    },
  ),
];
