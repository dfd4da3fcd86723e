import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInventory } from '../../../src/parse/inventory.ts';
import { buildInventory } from '../../../src/parse/inventory_build.ts';
import { selectHosts } from '../../../src/parse/pattern.ts';
import { splitPattern } from '../../../src/parse/pattern_terms.ts';
import { parseYaml } from '../../../src/parse/yaml.ts';

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

const hosts = (pattern: string) => {
  const selected = selectHosts(inventory, pattern);
  expect(selected.diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  return selected.hosts.join(' ');
};

describe('selectHosts', () => {
  it('has a sound inventory to begin with', () => {
    expect(diagnostics).toEqual([]);
  });

  // Compared with `ansible --list-hosts`, but for the order, which is the inventory's here.
  it.each([
    ['all', 'web1 web2 both db1 db2.example.net alone 2001:db8::1 free'],
    ['*', 'web1 web2 both db1 db2.example.net alone 2001:db8::1 free'],
    ['web', 'web1 web2 both'],
    ['site', 'web1 web2 both'],
    ['ungrouped', 'free'],
    ['db,web1', 'web1 both db1 db2.example.net'],
    ['web:db', 'web1 web2 both db1 db2.example.net'],
    [' web , db1 ', 'web1 web2 both db1'],
    ['web:&db', 'both'],
    ['web,!both', 'web1 web2'],
    ['!both,web', 'web1 web2'],
    ['!web', 'db1 db2.example.net alone 2001:db8::1 free'],
    ['&web:!both', 'web1 web2'],
    ['all:&site:!web1:&db', 'both'],
    ['we[b][!3]', 'web1 web2'],
    ['*b[1-2]*', 'web1 web2 db1 db2.example.net'],
    ['w*', 'web1 web2 both'],
    ['*.example.net', 'db2.example.net'],
    ['db?', 'db1'],
    ['d*', 'both db1 db2.example.net'],
    ['web1', 'web1'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:db8::1,web1', 'web1 2001:db8::1'],
    ['empty', ''],
    ['[!w]*', 'web1 web2 both db1 db2.example.net alone 2001:db8::1 free'],
  ])('%s', (pattern, expected) => {
    expect(hosts(pattern)).toBe(expected);
  });

  it.each([
    ['', 'the host pattern is empty', 'write "all" for every host'],
    [' , :', 'the host pattern is empty', 'write "all" for every host'],
    ['wbe', 'no host or group matches "wbe"', 'did you mean "web"?'],
    ['web,zzz*', 'no host or group matches "zzz*"', undefined],
    ['all:!wbe1', 'no host or group matches "wbe1"', 'did you mean "web1"?'],
    [
      'localhost',
      'no host or group matches "localhost"',
      'add it to the inventory, with ansible_connection: local',
    ],
    ['~web.*', 'regular expressions in patterns ("~web.*") are not supported yet by virtune', 'use a glob'],
    ['@retry', 'host lists from files ("@retry") are not supported yet by virtune', undefined],
    ['web[0]', 'subscripts in patterns ("web[0]") are not supported yet by virtune', 'name the hosts'],
    ['web[-1]', 'subscripts in patterns ("web[-1]") are not supported yet by virtune', 'name the hosts'],
    ['web[0:1]', 'subscripts in patterns ("web[0:1]") are not supported yet by virtune', 'name the hosts'],
    ['!web[0:1]', 'subscripts in patterns ("web[0:1]") are not supported yet by virtune', 'name the hosts'],
    [
      'hv[01:05]',
      expect.stringContaining('"hv[01:05]" is not a range here'),
      'write hv01,hv02,hv03,hv04,hv05',
    ],
    ['we[1-2]', 'no host or group matches "we", of which "we[1-2]" is a subscript', undefined],
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
    const racks = buildInventory(
      parseInventory({ r: { hosts: { hv1: null, hv2: null } } }, 'i').statements,
    ).inventory;
    expect(selectHosts(racks, 'hv[12]').diagnostics[0]?.hint).toBe(
      'a set of characters cannot be last: write "hv[12]*"',
    );
    expect(selectHosts(racks, 'hv[12]*').hosts).toEqual(['hv1', 'hv2']);
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
          let expected = [...inventory.hosts.keys()].filter(
            (h) => plain.length === 0 || plain.some((t) => single(t).has(h)),
          );
          for (const t of terms) {
            if (t[0] === '&') expected = expected.filter((h) => single(t.slice(1)).has(h));
            if (t[0] === '!') expected = expected.filter((h) => !single(t.slice(1)).has(h));
          }
          expect(selectHosts(inventory, terms.join(separator)).hosts).toEqual(expected);
          expect(selectHosts(inventory, terms.toReversed().join(separator)).hosts).toEqual(expected);
        },
      ),
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
      { numRuns: 2000 },
    );
  });
});

describe('splitPattern', () => {
  it.each([
    ['a:b:c', ['a', 'b', 'c']],
    ['a[0:2]:b', ['a[0:2]', 'b']],
    ['!a,&b', ['!a', '&b']],
    ['fe80::1', ['fe80::1']],
    ['!fe80::1:a', ['!fe80::1:a']],
    ['a:2:b:c', ['a', '2', 'b', 'c']],
    ['web:22', ['web:22']],
    ['a b', ['a', 'b']],
    ['!', []],
  ])('%s', (pattern, terms) => {
    expect(splitPattern(pattern).map((term) => term.sign + term.text)).toEqual(terms);
  });
});
