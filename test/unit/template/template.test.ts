import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OMIT } from '../../../src/jinja/value.ts';
import { resolveTemplates } from '../../../src/template/resolve.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { keyPlaceOf, placeOf } from '../../../src/yaml/places.ts';

const yaml = (text: string, file = 'f.yml') => parseYaml(text, file).value as Record<string, unknown>;
const place = { file: 'cli', line: 1, column: 1 };

describe('resolveTemplates', () => {
  const vars = yaml(
    'n: 5\nt: text\nl: [1, "{{ n }}"]\nm: {k: "{{ l }}"}\nb: "{{ m }}"\nz: null\nconstructor: 1\n',
    'vars.yml',
  );
  it.each<[unknown, unknown]>([
    ['plain', 'plain'],
    ['{ a }', '{ a }'],
    [7, 7],
    [null, null],
    ['{{ n }}', 5],
    ['{{n}}', 5],
    ['{{-  n -}}\n', 5],
    ['{{ z }}', null],
    ['{{ constructor }}', 1],
    ['{{ l }}', [1, 5]],
    [{ a: ['{{ t }}', '{{ b }}'] }, { a: ['text', { k: [1, 5] }] }],
  ])('%j', (value, expected) => {
    const { value: resolved, diagnostics } = resolveTemplates(value, vars, place);
    expect(diagnostics).toEqual([]);
    expect(resolved).toEqual(expected);
  });

  it.each<[unknown, unknown]>([
    ['a {{ n }}', 'a 5'],
    ['{{ n }} ', '5 '],
    ['{{ n + 1 }}', 6],
    ['{{ l[1] }}', 5],
    ['{{ m.k }}', [1, 5]],
    ['{{ missing | default(l) }}', [1, 5]],
    ['{# c #}', ''],
    ['{{ n }}{{ n }}', '55'],
    ['line {{ n }}\n', 'line 5\n'],
    [{ a: '{{ omit }}', b: 1 }, { b: 1 }],
    [['{{ omit }}', '{{ n }}'], [5]],
    ['{{ missing | default(omit) }}', OMIT],
  ])('%j', (value, expected) => {
    const { value: resolved, diagnostics } = resolveTemplates(value, vars, place, new Map([['omit', OMIT]]));
    expect(diagnostics).toEqual([]);
    expect(resolved).toEqual(expected);
  });

  const UNDEFINED = 'define it in the inventory, the play or with -e';
  it.each<[string, string, string | undefined]>([
    ['{{ x }}', 'the variable "x" is not defined', UNDEFINED],
    ['{{ toString }}', 'the variable "toString" is not defined', UNDEFINED],
    ['{{ nic_limit }}', 'the variable "nic_limit" is not defined', 'did you mean "nic_limits"?'],
    ['{{ x.y.z }}', 'the variable "x" is not defined', UNDEFINED],
    ['{{ m.rat }}', '"m.rat" is not defined', 'did you mean "rate"?'],
    ['{{ m["gone"] }}', '"m.gone" is not defined', 'found there: a map'],
    ['{{ n.real }}', '"n.real" is not defined', 'found there: the number 1'],
    ['{{ nic_limits[3] }}', '"nic_limits[3]" is not defined', 'found there: a list'],
    ['{{ nic_limits | first }}', 'the list is empty', 'give "| default(…)" after it'],
    ['{{ n | defalt(1) }}', 'virtune has no filter "defalt"', 'did you mean "default"?'],
    ['{{ n is defned }}', 'virtune has no test "defned"', 'did you mean "defined"?'],
    ['{{ n | random }}', 'virtune has no filter "random"', 'a template must give the same value each time'],
    ['{{ n | default(1, 2, 3) }}', 'default takes only default_value and boolean', undefined],
    ['{{ [1] | sort(revers=true) }}', 'sort has no argument "revers"', 'did you mean "reverse"?'],
    [
      '{{ lookup("pipe", "id") }}',
      'the lookup "pipe" is not supported by virtune',
      'virtune has env, file and vars; another value can be given with -e, or from a variable',
    ],
    ['{{ query("vrs", "n") }}', 'the lookup "vrs" is not supported by virtune', 'did you mean "vars"?'],
    ['{{ foo(1) }}', 'virtune has no function "foo"', 'functions of virtune: range, dict, lookup, query'],
    [
      '{{ "a" + 1 }}',
      '"+" does not work on a text and a number',
      'join texts with "~", or make a number with "| int"',
    ],
    [
      '{{ 1 < "a" }}',
      'a number and a text have no order',
      'bring both to one type first: "| int" or "| string"',
    ],
    ['{{ 1 / 0 }}', 'division by zero', undefined],
    ['{{ 1 < n < 3 }}', 'comparisons in a chain are not supported by virtune', 'write "a < b and b < c"'],
    ['{{ n', 'the template ends too early: "{{ n"', 'is a "}}" or "%}" missing?'],
    ['{{ }}', 'the template "{{ }}" is not valid Jinja', undefined],
    ["{{ 'a }}", 'the template "{{ \'a }}" is not valid Jinja', 'is a quotation mark missing?'],
    ['{% if n %}', 'the template "{% if n %}" is not valid Jinja', undefined],
    ['{% raw %}x{% endraw %}', '"{% raw %}" is not supported by virtune', undefined],
    ['{% include "x" %}', '"{% include %}" is not supported by virtune', undefined],
    ['{% macro x() %}{% endmacro %}', '"{% macro %}" is not supported by virtune', undefined],
    [
      '{{ n.append(1) }}',
      'virtune has no method "append" of a number',
      'templates change no value: use "+" or combine',
    ],
    [
      '{{ "x" | regex_search("(") }}',
      '"(" is no regular expression',
      'see https://docs.python.org/library/re.html',
    ],
  ])('%s is refused', (value, message, hint) => {
    const { diagnostics } = resolveTemplates(value, { n: 1, m: { rate: 1 }, nic_limits: [] }, place);
    expect(diagnostics.map((d) => [d.message, d.hint, d.place])).toEqual([[message, hint, place]]);
  });

  it.each([
    ['"web-01".startswith("e", 1)', '"startswith" of a text takes only prefix'],
    ['"abcabc".count("a", 1)', '"count" of a text takes only part'],
    ['"ab".upper("x")', '"upper" of a text takes no arguments'],
    ['{"a": 1}.get("b", 2, 3)', '"get" of a map takes only key and default'],
    ['"a,b".split(by=",")', '"split" of a text has no argument "by"'],
    ['range(1, 5, 1, 9) | list', 'range takes only start, stop and step'],
    ['dict(["ab"])', 'dict takes pairs of a key and a value, found the text "ab"'],
    ['"10 Mb" | human_to_bytes', 'human_to_bytes cannot read "10 Mb"'],
    ['"10 Kb" | human_to_bytes', 'human_to_bytes cannot read "10 Kb"'],
    ['"inf" | float', 'float: "inf" is no number that virtune has'],
  ])('passes over nothing of %s', (text, message) => {
    const { diagnostics } = resolveTemplates(`{{ ${text} }}`, {}, place);
    expect(diagnostics.map((one) => one.message)).toEqual([expect.stringContaining(message)]);
  });

  it('names cycles', () => {
    const cyclic = yaml('a: "{{ b }}"\nb: ["{{ c }}"]\nc: {x: "{{ b }}"}', 'vars.yml');
    const { diagnostics } = resolveTemplates('{{ a }}', cyclic);
    expect(diagnostics.map((d) => d.message)).toEqual(['variables stand for each other: b -> c -> b']);
    expect(diagnostics[0]?.place).toEqual({ file: 'vars.yml', line: 3, column: 8 });
  });

  it('finds all errors, each at its place', () => {
    const args = yaml('rules:\n  - "{{ x }}"\n  - {a: "{{ y }}"}\n');
    const found = resolveTemplates(args, {}).diagnostics.map(
      (d) => `${d.place?.line}:${d.place?.column} ${d.message}`,
    );
    expect(found).toEqual(['2:5 the variable "x" is not defined', '3:9 the variable "y" is not defined']);
  });

  it('points an error within a variable into the variable', () => {
    const { diagnostics } = resolveTemplates('{{ v }}', yaml('\nv: "{{ gone }}"', 'vars.yml'), place);
    expect(diagnostics[0]?.place).toEqual({ file: 'vars.yml', line: 2, column: 4 });
  });

  it('lets what is put in keep its places', () => {
    const rules = yaml('nic_limits:\n  - name: web\nname: x\n', 'group_vars/all.yml');
    const args = yaml('rules: "{{ nic_limits }}"\ntext: "{{ name }}"\nother: 1', 'play.yml');
    const resolved = resolveTemplates(args, rules).value as { rules: object[] };
    expect(placeOf(resolved)).toEqual({ file: 'play.yml', line: 1, column: 1 });
    expect(placeOf(resolved, 'other')).toEqual({ file: 'play.yml', line: 3, column: 8 });
    expect(placeOf(resolved, 'text')).toEqual({ file: 'group_vars/all.yml', line: 3, column: 7 });
    expect(keyPlaceOf(resolved, 'text')).toEqual({ file: 'play.yml', line: 2, column: 1 });
    expect(placeOf(resolved.rules[0], 'name')).toEqual({ file: 'group_vars/all.yml', line: 2, column: 11 });
  });

  it('returns the very same object where there is nothing to do', () => {
    const rules = yaml('a: [{b: 1}]');
    expect(resolveTemplates(rules, {}).value).toBe(rules);
    expect(resolveTemplates('{{ r }}', { r: rules }).value).toBe(rules);
    expect(resolveTemplates('{{ r }}', { r: rules, other: 1 }).value).toBe(rules);
  });

  it('does not remember a value with errors as plain', () => {
    const value = yaml('a: "{{ x }}"');
    expect(resolveTemplates([value], {}).diagnostics).toHaveLength(1);
    expect(resolveTemplates([value], {}).diagnostics).toHaveLength(1);
    expect(resolveTemplates([value], { x: 1 }).value).toEqual([{ a: 1 }]);
  });

  it('shares what templates make between hosts that have the very same variables', () => {
    const rules = yaml('- {domain: a, rate: "{{ rate }}"}\n- {domain: b}');
    const shared = { list: [1], rules };
    const of = (host: string, rate: string, text: unknown) =>
      resolveTemplates(text, { ...shared, inventory_hostname: host, rate }).value;
    expect(of('a', '1', '{{ rules }}')).toBe(of('b', '1', '{{ rules }}'));
    expect(of('a', '1', '{{ rules }}')).not.toBe(of('c', '2', '{{ rules }}'));
    expect(of('c', '2', '{{ rules }}')).toMatchObject([{ rate: '2' }, {}]);
    expect(of('a', '1', '{{ rules + list }}')).toBe(of('b', '1', '{{ rules + list }}'));
    expect(of('a', '1', '{{ rules }}')).toMatchObject([{ rate: '1' }, {}]);
  });

  it('tells what a template read where it was wrong, and where that stands', () => {
    const inventory = yaml('rates: {gold: 5}', 'vars.yml');
    const [found] = resolveTemplates('{{ rates.glod }}', inventory, place).diagnostics;
    expect(found).toMatchObject({
      message: '"rates.glod" is not defined',
      hint: 'did you mean "gold"?',
      place,
      from: [{ text: 'the variable "rates"', place: { file: 'vars.yml', line: 1, column: 8 } }],
    });
  });

  it('keeps the places of what lists and maps are joined from', () => {
    const inventory = yaml('a:\n  - name: x\nb:\n  - name: y\n', 'vars.yml');
    const joined = resolveTemplates('{{ a + b }}', inventory, place).value as object[];
    expect(joined.map((rule) => placeOf(rule, 'name')?.line)).toEqual([2, 4]);
    expect(placeOf(joined, 1)).toMatchObject({ file: 'vars.yml', line: 4 });
    const combined = resolveTemplates('{{ a[0] | combine(b[0]) }}', inventory, place).value;
    expect(placeOf(combined, 'name')).toMatchObject({ line: 4 });
  });

  // As Ansible 2.14 has them, whose maps keep numbers in their place.
  it.each([
    ['{{ m | dict2items | map(attribute="value") | list }}', ['a', 'b', 'c']],
    ['{{ m | list }}', ['20', 'web', '10']],
    ['{{ m.values() | list }}', ['a', 'b', 'c']],
    ['{{ m.items() | map("first") | list }}', ['20', 'web', '10']],
    ['{% for key in m %}{{ key }},{% endfor %}', '20,web,10,'],
    ['{{ m | combine(k) | list }}', ['20', 'web', '10', '7', '3']],
    ['{{ deep.m | combine({"4": 1, "2": 1}) | list }}', ['30', '20', '4', '2']],
    ['{{ {"9": 1, "4": 2} | dict2items | map(attribute="key") | list }}', ['9', '4']],
    ['{{ [{"key": 9, "value": 1}, {"key": 4, "value": 2}] | items2dict | list }}', ['9', '4']],
    ['{{ {"9": 1, "4": 2} }} ', "{'9': 1, '4': 2} "],
  ])('keeps the order of maps: %s', (text, expected) => {
    const given = yaml(
      'm: {20: a, web: b, 10: c}\nk: {7: x, 20: y, 3: z}\nn: 30\ndeep: {m: {30: "{{ n }}", 20: "{{ n }}"}}\n',
    );
    const { value, diagnostics } = resolveTemplates(text, given, place);
    expect(diagnostics).toEqual([]);
    expect(value).toEqual(expected);
  });

  it('leaves every text without braces alone', () => {
    const text = fc.string({ unit: 'binary' }).filter((s) => !/\{[{%#]/.test(s));
    fc.assert(
      fc.property(text, (s) => {
        expect(resolveTemplates(s, {})).toEqual({ value: s, diagnostics: [] });
      }),
    );
  });

  it('never looks at prototypes and never throws', () => {
    const name = fc.constantFrom('a', 'b', '__proto__', 'hasOwnProperty', 'valueOf');
    const text = fc.oneof(
      name.map((n) => `{{ ${n} }}`),
      fc.string(),
    );
    const vars = fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(text, fc.array(text)));
    fc.assert(
      fc.property(text, vars, (value, given) => {
        const { value: resolved, diagnostics } = resolveTemplates(value, given);
        if (/__proto__|hasOwnProperty|valueOf/.test(value) && value.startsWith('{{ '))
          expect(diagnostics).toHaveLength(1);
        expect(typeof resolved).not.toBe('function');
      }),
    );
  });
});
