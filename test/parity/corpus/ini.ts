import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CorpusCase, ini } from './case.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/inventory.md'), 'utf8');
/** The examples of the page on inventories. */
const EXAMPLES = [...PAGE.matchAll(/^```ini\n(.*?)^```$/gms)].map(([, text = '']) => text);

/** `[web]`, `a v=1`, `[web:vars]`, `w = 2`, for the password `secret`. */
const ENCRYPTED = [
  '$ANSIBLE_VAULT;1.1;AES256',
  '37393538303961366333623966336630323735373964663262633135326133313863626136366538',
  '3030623164656361653235333130313763626330353030620a323232356161346434323633343831',
  '62373739343963313264323663633031323263356665353035333130333362656538373863616438',
  '3363313532363562380a663463613562626163623661643733663366643661373265326361346163',
  '39386538313934353836636138323732363162656563356661653930306138306561',
].join('\n');

/** Files of INI that both read alike. */
export const INI: readonly CorpusCase[] = [
  ...EXAMPLES.map((text, i) => ini(`example ${i + 1} of the page on inventories`, text)),
  ini('one host', 'a\n'),
  ini('hosts without a group, and groups', 'z\na\n\n[web]\nm\nz\n', { patterns: ['web', '!web'] }),
  ini('no end of the last line', '[web]\na'),
  ini('CR LF', '[web]\r\na v=1\r\n\r\n[web:vars]\r\nw = 2 \r\n'),
  ini('CR alone', '[web]\ra v=1\rb\r'),
  ini('ends of lines that only Python knows', '[web]\na\x0bb\x0cc\x1cd\x85e\u2028f\n'),
  ini('blanks around everything', '  [web]  \n\t a  v=1\t w=2  \n \n [web:vars]\n\t x\t=\t1 \n'),
  ini('blanks of Unicode', '\u00a0[web]\u3000\n\u00a0a v=1\u2003\n'),
  ini('a blank of Unicode in a line is none', '[web]\na v=1\u00a0w=2\n'),
  ini('comments', '# c\n; c\n  # c\n\t; c\n[web] # c\na # c\nb v=1 # c\nc v=1#2\nd v="#1" # c\n'),
  ini('semicolons are comments at a start only', '[web]\na v=1;w\nb v=";x"\n[web:vars]\nx=1 ; y\ny=;\n'),
  ini(
    'comments in sections of variables',
    "[web]\na\n[web:vars]\na=5 # c\nb=x # c\nc='x' # c\nd=#c\ne=[1, 2] # c\n",
  ),
  ini('comments in sections of children', '[site:children] # c\nweb # c\n[web]\na\n'),
  ini('empty sections', '[a]\n[b]\n[b:vars]\n[c:children]\n[d]\nh\n', { patterns: ['d,a', 'c:d'] }),
  ini('a section twice', '[web]\na\n[db]\nb\n[web]\nc\na v=2\n', { patterns: ['web', 'db'] }),
  ini('[group:hosts]', '[web:hosts]\na\n'),
  ini('all and ungrouped', '[all]\na\n[ungrouped]\nb\n[web]\nb\nc\n[all:vars]\nv=1\n[ungrouped:vars]\nw=1\n'),
  ini('children of all', '[all:children]\nb\na\n[a]\na1\n[b]\nb1\n[c]\nc1\n', { patterns: ['[abc]', 'c,a'] }),
  ini('children of ungrouped', '[ungrouped:children]\nweb\n[web]\na\n'),
  ini('children declared before', '[web]\na\n[db]\nb\n[site:children]\nweb\ndb\n', {
    patterns: ['site', 'site[0]'],
  }),
  ini('children declared later', '[site:children]\nweb\ndb\n[db]\nb\n[web]\na\n', {
    patterns: ['site', 'site[0]'],
  }),
  ini(
    'children with a section of variables alone between',
    '[a:children]\nb\n[b:vars]\nv=1\n[c:children]\nb\n[b]\nh\n',
  ),
  ini(
    'children of children, later',
    '[a:children]\nb\n[b:children]\nc\n[c:children]\nd\n[d]\nh\n[b:vars]\nv=b\n[c:vars]\nv=c\n',
  ),
  ini('a child twice', '[a:children]\nb\nb\n[b]\nh\n[a:children]\nb\n'),
  ini(
    'a diamond',
    '[t:children]\nl\nr\n[l:children]\nb\n[r:children]\nb\n[b]\nh\n[l:vars]\nv=l\n[r:vars]\nv=r\n',
    {
      patterns: ['t', 'l:&r'],
    },
  ),
  ini('variables before the group', '[web:vars]\nv=1\n[web]\na\n'),
  ini('variables before the group of children', '[site:vars]\nv=1\n[site:children]\nweb\n[web]\na\n'),
  ini('variables of a group twice', '[web]\na\n[web:vars]\nv=1\nv=2\nw=1\n[web:vars]\nw=3\n'),
  ini('a variable of a host twice', '[web]\na v=1 v=2\n[db]\na w=1\na w=2 v=3\n'),
  ini(
    'precedence of groups',
    '[b]\nh\n[a]\nh\n[a:vars]\nv=a\n[b:vars]\nv=b\n[all:vars]\nv=all\nw=all\n[top:children]\na\n[top:vars]\nv=top\nw=top\n',
  ),
  ini(
    'priority of a group',
    '[a]\nh\n[b]\nh\n[a:vars]\nv=a\nansible_group_priority=10\n[b:vars]\nv=b\nansible_group_priority="5"\n',
  ),
  ini(
    'groups with odd characters',
    '[web-1]\na\n[web.x]\nb\n[日本]\nc\n[a/b]\nd\n[x[y]\ne\n[a#b]\nf\n["q"]\ng\n[-]\nh\n',
    {
      patterns: ['web-1', 'web*', '日本'],
    },
  ),
  ini('a group named vars', '[vars]\na\n[children]\nb\n[vars:vars]\nv=1\n[children:children]\nvars\n'),
  ini('a group named like a host', '[web]\na\n[db]\nweb v=1\n[db:vars]\nv=2\n'),
  ini('ranges', '[web]\nhv[01:12]\nn[1:9:4]\nr[a:c]\nx[:2]\n', { patterns: ['hv0*', 'web[0:3]', 'r?'] }),
  ini(
    'ranges with variables and ports',
    '[web]\nh[1:3]:2222 v=1 ansible_user=root\nh2 v=2\nr[1:2]-u[a:b].net w=3\n',
  ),
  ini('a range in quotes', '[web]\n"h[1:2]" v=1\n'),
  ini('ports', '[web]\na:22\nb:0022\nc:23 ansible_port=24\n10.0.0.1:25\n[10.0.0.2]:26\n[h]:27\na:28\n'),
  ini('IPv6', '[web]\n::1\nfe80::1\n[fe80::2]:22\n2001:db8::[1:3]\n2001:db8:0:0:0:0:0:9\n', {
    patterns: ['fe80::1', '*::*', '2001:db8::2'],
  }),
  ini('odd names of hosts', '[web]\na_\nb-:22\nc..d\nÜ-1\nx@y\np%q\na:b\n-h\n{x}\nh;x\n*\n=\n%\n'),
  ini('names in quotes', '[web]\n\'a\' v=1\n"b"c v=1\nd\\e v=1\n'),
  ini(
    'numbers',
    '[web]\na i=5 n=-5 p=+5 z=00 o=010 u=1_000 h=0x1F q=0o17 b=0b11 f=1.50 g=.5 k=1. e=1e3 x=5kg v=1.2.3 y=1__0\n',
  ),
  ini('large numbers', '[web]\na a=9007199254740991 b=-9007199254740991 c=1e300 d=0x1fffffffffffff\n'),
  ini('words', '[web]\na t=True f=False n=None u=true y=yes o=on l=null e= q="" s=~ d=. m=-\n'),
  ini(
    'strings of Python',
    `[web]\na a="'5'" b='"5"' c="'it''s'" d="'a' 'b'" e="u'x'" f="r'\\d'" g="b'x'" h="'\\\\x41'" i='"""x"""'\n`,
  ),
  ini(
    'strings of Python in sections',
    `[web]\na\n[web:vars]\na='5'\nb="5"\nc='it\\'s'\nd='a' 'b'\ne=u'x'\nf=r'\\d'\ng=b'x'\nh='\\x41\\u00e9\\101\\n'\ni='''x'''\nj="é日"\nk='a\nl=it's\nm="a" b\n`,
  ),
  ini(
    'lists, tuples and dicts',
    `[web]\na l="[1, 'a', None]" t="(1, 2)" u=1,2 d="{'a': {'b': [True]}}" e=[] f={} g=() h="{1: 2, None: 3}"\nb l=[1,2] m=['a'] n=[a] o=80,443 p=a,b q="'a','b'"\n`,
  ),
  ini(
    'lists, tuples and dicts in sections',
    `[web]\na\n[web:vars]\nl=[1, 'a', None]\nt=(1, 2)\nu=1, 2\nd={'a': {'b': [True]}, "c": 1,}\ne=[\nf=[1, x]\ng={'a': 1} # c\nh=[1] + [2]\ni=(5)\nj=5,\nk={"a": true}\n`,
  ),
  ini(
    'expressions of Python are texts',
    '[web]\na\n[web:vars]\na=1+1\nb=1 if True else 2\nc=a.b\nd=f(1)\ne=not True\nf=--1\ng=lambda: 1\nh=[x for x in y]\ni=f"a"\nj="a" % 1\n',
  ),
  ini(
    'templates',
    `[web]\na u="{{ b }}" v='{{ b }}' w={{b}} x="{{ b | default('c') }}" y="'{{ b }}'"\n[web:vars]\nz={{ b }}\nq="{{ b }}"\np={{ b }} and {{ c }}\no={% if b %}1{% endif %}\n`,
  ),
  ini(
    'values with equals',
    `[web]\na args="-o A=b -o C=d" u=a=b v==x w="a b"=c\n[web:vars]\nargs=-o A=b -o C=d\nu == x\nv=a=b\n`,
  ),
  ini(
    'quotes within words',
    `[web]\na v=a"b c"d w='a'\\''b' x=a\\ b y="a\\"b" z="a\\b" q="a\\\\b" p=\\" o='\\' n=""\n`,
  ),
  ini(
    'paths, addresses, MACs and times',
    '[web]\na k=~/.ssh/id p=/usr/bin/python3 u=http://x:80/a?b=c m=52:54:00:12:34:56 t=22:30 d=2026-11-25 h=*.example.net\n',
  ),
  ini(
    'odd names of variables',
    '[web]\na my-var=1 a.b=2 1x=3 é=4\n[web:vars]\nfoo bar = 5\n"q"=6\n[x] = 7\na:b=8\n',
  ),
  ini(
    'connection variables',
    "[web]\na ansible_host=10.0.0.1 ansible_port=2222 ansible_user=root ansible_ssh_common_args='-o ProxyJump=b'\n[all:vars]\nansible_become=yes\nansible_become=True\n",
  ),
  ini('sections that only begin like one', '[web]\na\n[web:vars]\n[a] x=1\n[b=2\n'),
  ini('what looks like a section in quotes', '[web]\n"a[1:2]"\n'),
  ini('vault tags are texts', '[web]\na\n[web:vars]\nv=!vault\nw=!unsafe x\n'),
  ini('YAML words', '[web]\n-\n...\na v=>- w=| x=& y=*z\n'),
  ini(
    'many lines',
    `[web]\n${Array.from({ length: 300 }, (_, i) => `h${i} v=${i} w="[${i}, 'x']"`).join('\n')}\n`,
  ),
  ini('group_vars and host_vars beside it', '[web]\na v=1\nb\n[web:vars]\nv=g\nw=g\nx=g\n', {
    more: {
      'group_vars/web.yml': 'w: gv\ny: gv\n',
      'group_vars/all/x.yml': 'x: all\nz: all\n',
      'host_vars/a.yml': 'v: hv\n',
    },
  }),
  {
    name: 'a second INI file with variables of the groups of the first',
    files: { 'a.ini': '[web]\na\n', 'b.ini': '[web:vars]\nv=1\n[site:children]\nweb\n' },
    sources: ['a.ini', 'b.ini'],
  },
  {
    name: 'INI after YAML and before a list',
    files: { 'a.yml': 'web: {hosts: {a: {v: 1}}}', 'b.ini': 'z\n[web:vars]\nw=1\n[db]\na v=2\n' },
    sources: ['a.yml', 'b.ini', 'z,q,'],
  },
  {
    name: 'INI files in a folder, whatever their names end with',
    files: {
      'inv/10-web': '[web]\na\n',
      'inv/20.hosts': '[web:vars]\nv=1\n[db]\nb\n',
      'inv/30.example.net': 'c\n',
      'inv/40.yml': 'web: {hosts: {y: }}',
      'inv/x.ini': '[no]\nno\n',
      'inv/y.cfg': '[no]\nno\n',
      'inv/z.txt': 'no\n',
      'inv/group_vars/web.yml': 'w: 2\n',
    },
    sources: ['inv'],
  },
  { name: 'INI that is named as YAML', files: { 'hosts.yml': '# c\n[web]\na v=1\n' } },
  { name: 'INI that is named as JSON', files: { 'h.json': '[web]\na v=1\n' }, sources: ['h.json'] },
  { name: 'hosts alone that are named as YAML', files: { 'hosts.yml': 'a\nb v=1\n' } },
  { name: 'one name alone, as YAML', files: { 'hosts.yaml': 'a\n' }, sources: ['hosts.yaml'] },
  { name: 'INI with another extension', files: { 'hosts.prod': 'a\n' }, sources: ['hosts.prod'] },
  {
    name: 'INI that begins with a comment of INI',
    files: { hosts: '; c\nweb ansible_host=x\n' },
    sources: ['hosts'],
  },
  {
    name: 'an encrypted INI file',
    files: { hosts: ENCRYPTED, pw: 'secret\n' },
    sources: ['hosts'],
    vault: 'pw',
  },
];

/** Files of INI that both refuse: how virtune's error begins, and the line and column at which both (Ansible: the line) find it. */
export const REFUSED: readonly CorpusCase[] = [
  ini('a section with a blank', '[web]\na\n[we b]\nb\n', { refused: ['"[we b]" is not a section', 3, 1] }),
  ini('a section without a name', 'a\n[]\n', { refused: ['"[]" is not a section', 2, 1] }),
  ini('a kind with a blank', '[web]\na\n[web:vars ]\n', {
    refused: ['"[web:vars ]" is not a section', 3, 1],
  }),
  ini('an unknown kind', '[web]\na\n\n  [web:var]\nv=1\n', {
    refused: ['no section of a group is called "var"', 4, 8],
  }),
  ini('two colons', '[web:a:vars]\na\n', { refused: ['"[web:a:vars]" is not a section', 1, 1] }),
  ini('an address in brackets without its port', '[web]\n[fe80::1]\n', {
    refused: ['"[fe80::1]" is not a section', 2, 1],
  }),
  ini('a comment of INI behind a section', '[web];c\na\n', {
    refused: ['the range in "[web];c" "[web]" is not begin:end', 1, 1],
  }),
  ini('a quote that is open', "[web]\na v='x\nb\n", { refused: ["a ' has no other one on its line", 2, 5] }),
  ini('an apostrophe', "[web]\na\n  b v=it's\n", { refused: ["a ' has no other one on its line", 3, 9] }),
  ini('a backslash at the end', '[web]\na v=x\\\n', { refused: ['the line ends with a backslash', 2, 6] }),
  ini('two hosts on a line', '[web]\na b\n', { refused: ['"b" is not a variable', 2, 3] }),
  ini('blanks around the equals sign', '[web]\na v = 1\n', { refused: ['"v" is not a variable', 2, 3] }),
  ini('a value with blanks', '[web]\na v=1 l=[1, 2]\n', { refused: ['"2]" is not a variable', 2, 13] }),
  ini('an encrypted value', '[web]\na v=!vault |\n', { refused: ['"|" is not a variable', 2, 12] }),
  ini('no variable', '[web]\na\n[web:vars]\nx: 1\n', { refused: ['"x: 1" is not a variable', 4, 1] }),
  ini('a word among variables', '[web]\na\n[web:vars]\nx=1\n  y\n', {
    refused: ['"y" is not a variable', 5, 3],
  }),
  ini('a group with a blank', '[a:children]\nb c\n[b]\nh\n', {
    refused: ['"b c" is not the name of a group', 2, 1],
  }),
  ini('a group with variables', '[a:children]\nb v=1\n[b]\nh\n', {
    refused: ['"b v=1" is not the name of a group', 2, 1],
  }),
  ini('a group that nothing declares', '[a:children]\nb\nx\n[b]\nh\n', {
    refused: ['no section declares the group "x"', 3, 1],
  }),
  ini('a group of which there are variables alone', '[web]\na\n\n[wbe:vars]\nv=1\n', {
    refused: ['[wbe:vars] is of a group that no other section declares', 4, 1],
  }),
  ini('a child of which there are variables alone', '[a:children]\nb\n[b:vars]\nv=1\n', {
    refused: ['no section declares the group "b"', 2, 1],
  }),
  ini('a host with a colon at its end', '[web]\na:\n', {
    refused: ['the host name "a:" ends with a colon', 2, 1],
  }),
  ini('YAML', 'all:\n  hosts:\n    a:\n', {
    file: 'hosts.ini',
    refused: ['the host name "all:" ends with a colon', 1, 1],
  }),
  ini('a document of YAML', '---\na\n', { file: 'hosts.ini', refused: ['"---" is not a host name', 1, 1] }),
  ini('an empty name', '[web]\n"" v=1\n', { refused: ['"" is not a host name', 2, 1] }),
  ini('a range without an end', '[web]\nh[1:]\n', {
    refused: ['the range in "h[1:]" "[1:]" has no end', 2, 1],
  }),
  ini('a range of one', '[web]\nh[1]\n', { refused: ['the range in "h[1]" "[1]" is not begin:end', 2, 1] }),
  ini('ends of different length', '[web]\nh[01:100]\n', {
    refused: ['the range in "h[01:100]" "[01:100]" must have ends', 2, 1],
  }),
  ini('a range of letters backwards', '[web]\nh[c:a]\n', {
    refused: ['the range in "h[c:a]" "[c:a]" ends before', 2, 1],
  }),
  ini('a bracket alone', '[web]\nh[1:2\n', { refused: ['"h[1:2" has a bracket without', 2, 1] }),
  ini('a group in itself', '[a:children]\na\n[a]\nh\n', {
    refused: ['groups contain each other: a > a', 2, 1],
  }),
  ini('groups that contain each other', '[a:children]\nb\n[b:children]\na\n[a]\nh\n', {
    refused: ['groups contain each other: a > b > a', 4, 1],
  }),
  ini('all below a group', '[web:children]\nall\n[web]\na\n', {
    refused: ['the group "all" cannot be below "web"', 2, 1],
  }),
  ini('a priority that is no number', '[a]\nh\n[a:vars]\nansible_group_priority = high\n', {
    refused: ['ansible_group_priority must be a whole number', 4, 26],
  }),
  ini('a key of a dict that is a list', '[web]\na\n[web:vars]\nv = {[]: 1}\n', {
    refused: ['the value of "v" has a list', 4, 5],
  }),
  ini('a template of a text that Python takes for sets', `[web]\na v="{{ 'x' }}"\n`, {
    refused: ['the value of "v" has a list', 2, 6],
  }),
];
