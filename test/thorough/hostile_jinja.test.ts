import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nicLimits } from '../../src/modules/nic_limits/index.ts';
import { parsePlaybook } from '../../src/playbook/parse.ts';
import { conditionsHold } from '../../src/template/condition.ts';
import { resolveTemplates } from '../../src/template/resolve.ts';
import { parseYaml } from '../../src/yaml/parse.ts';
import { EXPRESSIONS, TEXTS, VARIABLES } from '../integration/jinja/cases.ts';
import { sweep } from '../sweep.ts';

/** What somebody might write by mistake or on purpose: an answer comes soon, and nothing else happens. */

const big = 'a'.repeat(10_000);
const doubled = Object.fromEntries([
  ['x0', [1, 2]],
  ...Array.from({ length: 60 }, (_, index) => [`x${index + 1}`, `{{ [x${index}, x${index}] }}`]),
]) as Record<string, unknown>;

describe('hostile templates', () => {
  it.each<[string, string, Record<string, unknown>?]>([
    ['a huge range', '{{ range(1000000000) | list }}'],
    ['a range without end', '{{ range(1, 2, 0) | list }}'],
    ['a range backwards', '{{ range(0, -99999999, -1) | list }}'],
    [
      'ranges in ranges',
      '{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}x{% endfor %}{% endfor %}{% endfor %}',
    ],
    ['a huge text', '{{ "x" * 1000000000 }}'],
    ['a text that doubles', `{% set a = "x" * 1000 %}${'{% set a = a ~ a %}'.repeat(60)}{{ a }}`],
    ['a list that doubles', `{% set a = [1] %}${'{% set a = a + a %}'.repeat(60)}{{ a }}`],
    ['a list in itself', `{% set a = [1] %}${'{% set a = [a, a] %}'.repeat(60)}{{ a }}`],
    ['a list in itself, compared', `{% set a = [1] %}${'{% set a = [a, a] %}'.repeat(60)}{{ a == a }}`],
    ['variables that double', '{{ x60 }}', doubled],
    ['variables that double, in a text', 'x{{ x60 }}', doubled],
    ['variables that double, compared', '{{ x60 == x60 + [] }}', doubled],
    ['a huge number', '{{ 9 ** 999 }}'],
    ['replace by much', `{{ big | replace("a", big) }}`, { big }],
    ['a slow regular expression', '{{ big | regex_replace("(a+)+$", "") }}', { big: `${big}!` }],
    ['one with a choice', '{{ big | regex_search("^(a|a)*$") }}', { big: `${big}!` }],
    ['one with many repetitions', '{{ big | regex_search("a*a*a*a*a*a*b") }}', { big }],
    ['one in a test', '{{ big is match("(a*)*b") }}', { big }],
    ['one with backward references', '{{ big is search("(a+)(a+)\\\\1\\\\2b") }}', { big }],
    [
      'one with many options',
      `{{ big is match("${'a?'.repeat(40)}${'a'.repeat(40)}") }}`,
      { big: 'a'.repeat(39) },
    ],
    ['parentheses', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`],
    ['brackets', `{{ ${'['.repeat(3000)}${']'.repeat(3000)} }}`],
    ['not', `{{ ${'not '.repeat(4000)} 1 }}`],
    ['signs', `{{ ${'- '.repeat(9000)} 1 }}`],
    ['much too long', `{{ ${'1 + '.repeat(100_000)} 1 }}`],
    ['many blanks', `{{ 1 }}${' '.repeat(19_000)}x`],
    ['many ifs', `${'{% if 1 %}'.repeat(900)}${'{% endif %}'.repeat(900)}`],
    ['two variables for each other', '{{ a }}', { a: '{{ b ~ 1 }}', b: '{{ a ~ 1 }}' }],
    ['a variable for itself', '{{ a | default(1) }}', { a: '{{ a | default(2) }}' }],
    [
      'a long chain',
      '{{ v0 }}',
      Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`v${i}`, `{{ v${i + 1} }}`])),
    ],
  ])('%s: refused', (_name, template, vars = {}) => {
    const { diagnostics } = resolveTemplates(template, vars, { file: 'f', line: 1, column: 1 });
    expect(diagnostics.length).toBeGreaterThan(0);
    for (const { message, place } of diagnostics) {
      expect(message.length).toBeLessThan(300);
      expect(place).toBeDefined();
    }
  });

  it.each([
    '{{ {}.constructor }}',
    '{{ {}.__proto__ }}',
    '{{ [].constructor }}',
    '{{ "".constructor.constructor("return 1")() }}',
    '{{ {}["__proto__"]["x"] }}',
    '{{ "a".__class__ }}',
    '{{ ().__class__.__bases__ }}',
    '{{ m.hasOwnProperty }}',
    '{{ m["toString"] }}',
    '{{ constructor }}',
    '{{ __proto__ }}',
    '{{ this }}',
    '{{ process.env }}',
    '{{ globalThis }}',
    '{{ range.constructor }}',
    '{{ cycler.__init__ }}',
    '{{ m | attr("__proto__") }}',
    '{{ [m] | map(attribute="__proto__") | list }}',
    '{{ [m] | map(attribute="constructor") | list }}',
    '{{ m | constructor }}',
    '{{ m is constructor }}',
    '{{ m.constructor() }}',
    '{{ m.toString() }}',
    '{{ {"__proto__": {"polluted": 1}} }}',
    '{{ dict(__proto__=1).polluted }}',
    '{{ [{"key": "__proto__", "value": {"polluted": 1}}] | items2dict }}',
  ])('%s: nothing behind the value is seen', (template) => {
    const { diagnostics } = resolveTemplates(template, { m: { a: 1 } });
    expect(diagnostics).not.toEqual([]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('from_json and combine set no prototype', () => {
    const { value } = resolveTemplates(`{{ text | from_json | combine({"a": 1}, recursive=true) }}`, {
      text: '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
    });
    expect((value as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

/** Pieces of templates put together at random, near to right ones. */
const piece = fc.oneof(
  fc.constantFrom(...EXPRESSIONS),
  fc.constantFrom(
    '{{',
    '}}',
    '{%',
    '%}',
    '{#',
    '#}',
    '{{-',
    '-%}',
    'if',
    'for x in',
    'endfor',
    'endif',
    'set a =',
    '|',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ':',
    ',',
    '.',
    'is',
    'not',
    'in',
    '"',
    "'",
    '\\',
    '~',
    '**',
    '//',
    '-',
    'else',
    '__proto__',
    'constructor',
    '\n',
    '\u0000',
    'é',
    '999999999999',
    'l',
    'm',
    'users',
  ),
  fc.string({ maxLength: 5 }),
);
const soup = fc.array(piece, { maxLength: 12 });

describe('templates at random', () => {
  const safe = (template: unknown) => {
    const before = JSON.stringify(VARIABLES);
    const { value, diagnostics } = resolveTemplates(template, VARIABLES);
    expect(JSON.stringify(VARIABLES)).toBe(before);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(typeof value).not.toBe('function');
    for (const diagnostic of diagnostics) expect(diagnostic.message).toMatch(/^[^A-Z].*[^.]$|^[A-Z][a-z]/s);
  };

  it('never throw, hang, change a variable or reach a prototype', () => {
    fc.assert(
      fc.property(soup, (parts) => safe(`{{ ${parts.join(' ')} }}`)),
      sweep(1500),
    );
    fc.assert(
      fc.property(soup, (parts) => safe(parts.join(''))),
      sweep(1000),
    );
    fc.assert(
      fc.property(fc.constantFrom(...TEXTS), fc.nat(60), piece, (text, at, put) =>
        safe(text.slice(0, at) + put + text.slice(at)),
      ),
      sweep(800),
    );
  }, 30_000);

  it('filters take any value', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const filter = fc.constantFrom(
      'default(1)',
      'int',
      'float',
      'string',
      'bool',
      'lower',
      'trim',
      'replace(x, y)',
      'join(x)',
      'split(x)',
      'length',
      'first',
      'last',
      'min',
      'max',
      'sum',
      'unique',
      'sort',
      'list',
      'combine(x)',
      'dict2items',
      'items2dict',
      'selectattr(x)',
      'select(x)',
      'map(x)',
      'union(x)',
      'difference(x)',
      'regex_replace(x, y)',
      'regex_search(x)',
      'to_json',
      'from_json',
      'round(x)',
      'abs',
      'ternary(x, y)',
      'flatten',
      'zip(x)',
      'dictsort',
      'human_to_bytes',
      'extract(x)',
    );
    fc.assert(
      fc.property(value, value, value, filter, filter, (v, x, y, one, two) => {
        const { value: made } = resolveTemplates(`{{ v | ${one} | ${two} }}`, { v, x, y });
        expect(typeof made).not.toBe('function');
      }),
      sweep(3000),
    );
  }, 30_000);

  it('a map with a toString of its own is no key', () => {
    for (const filter of [
      'selectattr(x)',
      'map(attribute=x)',
      'sum(x)',
      'extract(x)',
      'combine({}, list_merge=x)',
    ]) {
      const { value } = resolveTemplates(`{{ v | ${filter} }}`, { v: [{ a: 1 }], x: { toString: [] } });
      expect(typeof value).not.toBe('function');
    }
    expect(resolveTemplates('{{ x in v }}', { v: { a: 1 }, x: { toString: [] } }).value).toBe(false);
  });

  it('conditions are true or false, or an error', () => {
    fc.assert(
      fc.property(soup, (parts) => {
        const { holds, diagnostics } = conditionsHold(
          [{ text: parts.join(' '), place: undefined }],
          VARIABLES,
        );
        if (diagnostics.length > 0) expect(holds).toBe(false);
      }),
      sweep(1000),
    );
  }, 30_000);
});

describe('playbooks and rules at random', () => {
  const key = fc.constantFrom(
    'hosts',
    'tasks',
    'vars',
    'serial',
    'tags',
    'when',
    'loop',
    'block',
    'name',
    'nic_limits',
    'rules',
    'order',
    'throttle',
    'vars_files',
    'loop_control',
    'run_once',
    'roles',
    'rescue',
    'constructor',
    'toString',
    'domain',
    'rate',
    'inbound',
    'nic',
  );
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(
      'all',
      '{{ x }}',
      '{{ [',
      0,
      1,
      -1,
      true,
      null,
      '25%',
      'shuffle',
      '1 Mbit/s',
      '',
      'web-*',
    ),
    fc.string(),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
    ),
  }));

  it('a playbook gives plays, or says what is wrong, with its place', () => {
    fc.assert(
      fc.property(fc.oneof(tree, fc.array(fc.record({ hosts: leaf, tasks: fc.array(tree) }))), (data) => {
        const { value } = parseYaml(JSON.stringify(data), 'p.yml');
        const { plays, diagnostics } = parsePlaybook(value, 'p.yml', ['nic_limits'], { x: 1 });
        if (plays.length === 0) expect(diagnostics.length).toBeGreaterThan(0);
        for (const { place } of diagnostics) expect(place).toBeDefined();
      }),
      sweep(1500),
    );
  }, 30_000);

  it('rules are taken, or refused with a place', () => {
    fc.assert(
      fc.property(tree, (data) => {
        const { value } = parseYaml(JSON.stringify({ rules: [data] }), 'p.yml');
        const { value: resolved } = resolveTemplates(value, { x: 1 });
        const { args, diagnostics } = nicLimits.parse(resolved);
        if (args === null) expect(diagnostics.length).toBeGreaterThan(0);
        for (const { place } of diagnostics) expect(place).toBeDefined();
      }),
      sweep(1500),
    );
  }, 30_000);
});
