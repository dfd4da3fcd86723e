import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyPlaceOf, placeOf } from '../../../src/parse/places.ts';
import { resolveTemplates } from '../../../src/parse/template.ts';
import { parseYaml } from '../../../src/parse/yaml.ts';

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

  it.each<[string, string, string]>([
    ['{{ x }}', 'the variable "x" is not defined', 'define it in the inventory, the play or with -e'],
    [
      '{{ toString }}',
      'the variable "toString" is not defined',
      'define it in the inventory, the play or with -e',
    ],
    ['{{ nic_limit }}', 'the variable "nic_limit" is not defined', 'did you mean "nic_limits"?'],
    [
      'a {{ n }}',
      'the template "a {{ n }}" is not supported yet by virtune',
      'only a value that is exactly one variable, "{{ name }}", works now',
    ],
    [
      '{{ n }} ',
      'the template "{{ n }} " is not supported yet by virtune',
      'only a value that is exactly one variable, "{{ name }}", works now',
    ],
    [
      '{{ n | default(1) }}',
      'the template "{{ n | default(1) }}" is not supported yet by virtune',
      'only a value that is exactly one variable, "{{ name }}", works now',
    ],
    [
      '{% if x %}',
      'the template "{% if x %}" is not supported yet by virtune',
      'only a value that is exactly one variable, "{{ name }}", works now',
    ],
    [
      '{# c #}',
      'the template "{# c #}" is not supported yet by virtune',
      'only a value that is exactly one variable, "{{ name }}", works now',
    ],
  ])('%s is refused', (value, message, hint) => {
    const { diagnostics } = resolveTemplates(value, { n: 1, nic_limits: [] }, place);
    expect(diagnostics).toEqual([{ severity: 'error', message, hint, place }]);
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
