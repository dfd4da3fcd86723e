import { dice, HOSTS, RANGES, type RandomCase } from './random.ts';

const GROUPS = ['g1', 'g2', 'g3', 'g4', 'g5', 'vars', 'web-1', 'é'];
/** As they stand behind the equals sign in a line of a host. */
const INLINE = [
  ...['1', 'x', 'True', 'None', '"a b"', "'[1, 2]'", `"{'k': 1}"`, 'a"b"c', '1,2', 'x=y', '', `"'5'"`, '\\x'],
  ...[
    '{{v}}',
    '"{{ v }}"',
    '010',
    '0x1F',
    '!vault',
    '1.50',
    '#c',
    'x#c',
    '"#c"',
    "''",
    '-5',
    '~/k',
    '[1,2]',
    '1_0',
  ],
];
/** The same in `[group:vars]`. */
const VALUES = [
  ...[
    '1',
    'x y',
    'True',
    'None # c',
    "[1, 'a']",
    '{"k": [1, (2,)]}',
    '"a" "b"',
    'a # b',
    '5#c',
    '',
    '= x',
    "'it\\'s'",
  ],
  ...[
    '{{ v }}',
    '"{{ v }}"',
    "it's",
    '1,',
    'b"x"',
    '(1)',
    '[',
    '{1: 2}',
    '52:54:00:aa:bb:01',
    '-o A=b -o C=d',
    '1+1',
  ],
];
/** Lines that Ansible refuses in one section or in all. */
const WRONG = [
  'a b',
  'h:',
  '[bad section]',
  '[g1:var]',
  "a v='x",
  'a v=x\\',
  'x[1:',
  '[]',
  '---',
  'a v = 1',
  'h[01:3]',
];
const NOTES = ['', '# c', '; c', '  # c', '\t'];
const ENDS = ['\n', '\n', '\n', '\r\n', '\r', '\u2028'];

/** An INI file of random lines; about a third of them have a mistake. */
export function randomIni(random: () => number): RandomCase {
  const { chance, below, pick, some } = dice(random);
  const name = () => pick(['v', 'w', 'x.y', 'ansible_user', 'ansible_port']);
  const hostLine = () =>
    [pick(chance(0.2) ? RANGES : HOSTS), ...some(INLINE, 3).map((value) => `${name()}=${value}`)].join(
      pick([' ', ' ', '  ', '\t']),
    ) + pick(['', '', ' # c', ' ']);
  const varLine = () => `${name()}${pick(['=', ' = ', '= '])}${pick(VALUES)}`;
  const line = { hosts: hostLine, vars: varLine, children: () => pick(GROUPS) + pick(['', '', ' # c']) };
  const lines = some([0, 1], 3).map(hostLine);
  for (let sections = 1 + below(6); sections > 0; sections--) {
    const kind = pick(['hosts', 'hosts', 'hosts', 'vars', 'children'] as const);
    const written = kind === 'hosts' && chance(0.9) ? '' : `:${kind}`;
    lines.push(`[${pick(GROUPS)}${written}]${pick(['', '', ' # c'])}`);
    lines.push(
      ...some([0, 1, 2], 4).map(() =>
        chance(0.02) ? pick(WRONG) : chance(0.1) ? pick(NOTES) : line[kind](),
      ),
    );
  }
  // Most names of groups that are used are declared, or nearly no file would be right.
  if (chance(0.85)) lines.push(...GROUPS.map((group) => `[${group}]`), 'last');
  const end = pick(ENDS);
  const patterns = ['all', 'g1', 'g2:g3'].map((pattern) => [pattern, null] as const);
  return { files: { hosts: lines.join(end) + pick(['', end]) }, sources: ['hosts'], patterns };
}
