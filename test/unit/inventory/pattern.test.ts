import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildInventory } from '../../../src/inventory/build.ts';
import { parseInventory } from '../../../src/inventory/parse.ts';
import { selectHosts } from '../../../src/inventory/pattern.ts';
import { splitPattern } from '../../../src/inventory/pattern_terms.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { sweep } from '../../sweep.ts';

const INVENTORY = `
web:
  hosts: {web1: , web2: , both: }
db:
  hosts: {db1: , both: , db2.example.net: }
site:
  children: {web: , empty: }
lone:
  hosts: {alone: , "2001:db8::1": }
web1x:
all:
  hosts: {free: }
`;
const { inventory, diagnostics } = buildInventory(
  parseInventory(parseYaml(INVENTORY, 'i').value, 'i').statements,
);
const build = (text: string) =>
  buildInventory(parseInventory(parseYaml(text, 'i').value, 'i').statements).inventory;
const TWINS = build('twin: {hosts: {in-twin: }}\nother: {hosts: {twin: }}');

const hosts = (pattern: string, among = inventory) => {
  const selected = selectHosts(among, pattern);
  expect(selected.diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  return selected.hosts.join(' ');
};

describe('selectHosts', () => {
  it('has a sound inventory to begin with', () => {
    expect(diagnostics).toEqual([]);
  });

  // Those of all, of groups, and of what a term finds, in Ansible's order; test/parity compares much more.
  const ALL = 'free db1 both db2.example.net alone 2001:db8::1 web1 web2';
  it.each([
    ['all', ALL],
    ['*', ALL],
    ['web', 'web1 web2 both'],
    ['site', 'web1 web2 both'],
    ['ungrouped', 'free'],
    ['db,web1', 'db1 both db2.example.net web1'],
    ['web1,db', 'web1 db1 both db2.example.net'],
    ['web:db', 'web1 web2 both db1 db2.example.net'],
    [' web , db1 ', 'web1 web2 both db1'],
    ['web:&db', 'both'],
    ['&web:db', 'both'],
    ['web,!both', 'web1 web2'],
    ['!both,web', 'web1 web2'],
    ['!web', 'free db1 db2.example.net alone 2001:db8::1'],
    ['&web:!both', 'web1 web2'],
    ['all:&site:!web1:&db', 'both'],
    ['we[b][!3]', 'web1 web2'],
    ['*b[1-2]*', 'web1 web2 db1 db2.example.net'],
    ['w*', 'web1 web2 both'],
    ['*.example.net', 'db2.example.net'],
    ['db?', 'db1'],
    ['d*', 'db1 both db2.example.net'],
    ['web1', 'web1'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:db8::1,web1', '2001:db8::1 web1'],
    ['empty', ''],
    ['[!w]*', ALL],
    // A host of a group's name is meant alone, but not after a sign.
    ['twin', 'twin'],
    ['all:&twin', 'in-twin'],
    ['web[0]', 'web1'],
    ['web[-1]', 'both'],
    ['web[0:1]', 'web1 web2'],
    ['web[1:]', 'web2 both'],
    ['web[1-2]', 'web2 both'],
    ['web[1:99]', 'web2 both'],
    ['web[-3]', 'web1'],
    ['web1[0]', 'web1'],
    ['web:!web[0]', 'web2 both'],
    ['site[-1],db[0]', 'both db1'],
    // Those of the group are there twice, by its name and by theirs, and are counted twice.
    ['web*[2:3]', 'both web1'],
    ['~web', 'web1 web2 both'],
    ['~.*1$', 'web1 db1 2001:db8::1'],
    ['~(db|lone)', 'db1 both db2.example.net alone 2001:db8::1'],
    ['~we.*,!~.*[12]$', 'both'],
    ['~(?i)WEB[12]$', 'web1 web2'],
    ['~(?!web|all|site).+[0-9]$', 'db1 2001:db8::1'],
  ])('%s', (pattern, expected) => {
    expect(hosts(pattern, pattern.includes('twin') ? TWINS : inventory)).toBe(expected);
  });

  it.each([
    ['', 'the host pattern is empty', 'write "all" for every host'],
    [' , ,', 'the host pattern is empty', 'write "all" for every host'],
    ['wbe', 'no host or group matches "wbe"', 'did you mean "web"?'],
    ['web,zzz*', 'no host or group matches "zzz*"', undefined],
    ['all:!wbe1', 'no host or group matches "wbe1"', 'did you mean "web1"?'],
    ['web,!', 'nothing stands after "!" in the pattern', undefined],
    [
      'localhost',
      'no host or group matches "localhost"',
      'add it to the inventory, with ansible_connection: local',
    ],
    [
      'web:db,free',
      'no host or group matches "web:db"',
      'in a pattern with a comma, a colon separates nothing: write commas',
    ],
    ['~zzz', 'no host or group matches "~zzz"', undefined],
    ['~(web', 'the regular expression "~(web" cannot be used: a "(" is not closed', expect.anything()],
    ['@retry', 'lists of hosts from files ("@retry") are for --limit alone', 'name a group here'],
    [
      'web[3]',
      '"web[3]" picks from "web" what it has not: it has 3 hosts',
      'the first is [0], the last [-1]',
    ],
    ['web[-4]', expect.stringContaining('it has 3 hosts'), 'the first is [0], the last [-1]'],
    ['web[3:4]', expect.stringContaining('it has 3 hosts'), 'the first is [0], the last [-1]'],
    ['web[2:1]', expect.stringContaining('it has 3 hosts'), 'the first is [0], the last [-1]'],
    ['web[1:0]', expect.stringContaining('it has 3 hosts'), 'the first is [0], the last [-1]'],
    ['wbe[0]', 'no host or group matches "wbe", of which "wbe[0]" is a subscript', 'did you mean "web"?'],
    [
      'hv[01:05]',
      expect.stringContaining('"hv[01:05]" is not a range here'),
      'write hv01,hv02,hv03,hv04,hv05',
    ],
    ['we[1-2]', 'no host or group matches "we", of which "we[1-2]" is a subscript', 'did you mean "web"?'],
    ['hv[1:12].net', expect.stringContaining('is not a range here'), 'write hv[1-9].net,hv1[0-2].net'],
    ['r[a:c]', expect.stringContaining('is not a range here'), 'write r[a-c]'],
    ['hv[01:90]', expect.stringContaining('is not a range here'), 'give these hosts a group of their own'],
    ['{{ target }}', expect.stringContaining('templates in patterns'), undefined],
  ])('%j is refused', (pattern, message, hint) => {
    const place = { file: 'play.yml', line: 2, column: 10 };
    const selected = selectHosts(inventory, pattern, place);
    expect(selected.hosts).toEqual([]);
    expect(selected.diagnostics).toEqual([{ severity: 'error', message, hint, place }]);
  });

  it('takes a number in brackets at the end as a subscript, as Ansible does, even where a glob would match', () => {
    const racks = build('r: {hosts: {hv1: , hv2: }}');
    expect(selectHosts(racks, 'hv[12]').diagnostics[0]?.hint).toBe(
      'a set of characters cannot be last: write "hv[12]*"',
    );
    expect(selectHosts(racks, 'hv[12]*').hosts).toEqual(['hv1', 'hv2']);
  });

  it('says that a slice is no range where the range would name hosts, too', () => {
    const racks = build('hv: {hosts: {"hv[01:05]": }}\nn: {hosts: {"n[1:3]": }}');
    expect(selectHosts(racks, 'hv[01:05]')).toEqual({
      hosts: [],
      diagnostics: [
        {
          severity: 'error',
          message: '"hv[01:05]" is a slice of "hv" by position, not the hosts of these names',
          hint: 'for the hosts, write hv01,hv02,hv03,hv04,hv05',
          place: undefined,
        },
      ],
    });
    const slice = selectHosts(racks, 'n[1:2]');
    expect(slice.hosts).toEqual(['n2', 'n3']);
    expect(slice.diagnostics).toEqual([
      {
        severity: 'warning',
        message: '"n[1:2]" is a slice of "n" by position, not the hosts of these names',
        hint: 'for the hosts, write n1,n2',
        place: undefined,
      },
    ]);
    expect(selectHosts(racks, 'hv[00:01]').hosts).toEqual(['hv01', 'hv02']);
  });

  it('warns when known terms leave nothing', () => {
    expect(selectHosts(inventory, 'web:!site').diagnostics).toEqual([
      { severity: 'warning', message: 'the pattern "web:!site" selects no host', place: undefined },
    ]);
  });

  it('finds all bad terms at once', () => {
    expect(selectHosts(inventory, 'x1y,x2y,web').diagnostics).toHaveLength(2);
  });

  const term = fc.constantFrom(
    'web',
    'db',
    'site',
    'lone',
    'both',
    'web1',
    'all',
    'w*',
    'ungrouped',
    'empty',
  );
  const signed = fc.tuple(fc.constantFrom('', '', '&', '!'), term).map((parts) => parts.join(''));
  it('is set algebra, whatever the order of the terms', () => {
    const single = (name: string) => new Set(selectHosts(inventory, name).hosts);
    fc.assert(
      fc.property(
        fc.array(signed, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(',', ':'),
        (terms, separator) => {
          const plain = terms.filter((t) => !/^[&!]/.test(t));
          let expected = [...single('all')].filter(
            (h) => plain.length === 0 || plain.some((t) => single(t).has(h)),
          );
          for (const t of terms) {
            if (t[0] === '&') expected = expected.filter((h) => single(t.slice(1)).has(h));
            if (t[0] === '!') expected = expected.filter((h) => !single(t.slice(1)).has(h));
          }
          for (const written of [terms, terms.toReversed()]) {
            const { hosts: selected } = selectHosts(inventory, written.join(separator));
            expect(selected.toSorted()).toEqual(expected.toSorted());
            expect(new Set(selected).size).toBe(selected.length);
          }
        },
      ),
    );
  });

  it('gives the hosts of plain terms in the order of the terms', () => {
    const plain = term.filter((name) => name !== 'all');
    fc.assert(
      fc.property(fc.uniqueArray(plain, { minLength: 1, maxLength: 4 }), (terms) => {
        const expected = new Set(terms.flatMap((name) => selectHosts(inventory, name).hosts));
        expect(selectHosts(inventory, terms.join(',')).hosts).toEqual([...expected]);
      }),
    );
  });

  it('never throws', () => {
    const text = fc
      .array(
        fc.constantFrom('a', 'web', '[', ']', ':', ',', '!', '&', '~', '@', '1', '-', '*', '?', ' ', '{{'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (pattern) => Array.isArray(selectHosts(inventory, pattern).hosts)),
      sweep(2000),
    );
  });
});

describe('splitPattern', () => {
  it.each([
    ['a:b:c', ['a', 'b', 'c']],
    ['a[0:2]:b', ['a[0:2]', 'b']],
    ['!a,&b', ['!a', '&b']],
    ['fe80::1', ['fe80::1']],
    ['!fe80::1', ['!fe80', '1']],
    ['a:2:b:c', ['a', '2', 'b', 'c']],
    ['web:22', ['web:22']],
    ['web*:22', ['web*', '22']],
    ['a b', ['a', 'b']],
    ['a:b,c d', ['a:b', 'c d']],
    ['hv[1:3]', ['hv[1:3]']],
    ['!', ['!']],
  ])('%s', (pattern, terms) => {
    expect(splitPattern(pattern).map((term) => term.sign + term.text)).toEqual(terms);
  });
});
