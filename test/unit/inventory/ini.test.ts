import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIni } from '../../../src/inventory/ini/parse.ts';
import { iniWords } from '../../../src/inventory/ini/words.ts';
import type { Place } from '../../../src/model/diagnostic.ts';
import { keyPlaceOf, placeOf } from '../../../src/yaml/places.ts';

const at = (place: Place | undefined) => place && `${place.file}:${place.line}:${place.column}`;

function told(text: string, known: readonly string[] = []): string[] {
  return parseIni(text, 'h', known).diagnostics.map((d) => `${d.severity} ${at(d.place)} ${d.message}`);
}

describe('places in INI', () => {
  it('are those of hosts, children, variables, and what is in them', () => {
    const text = [
      '[web]',
      `  a v=1 l="[{'x': 5}, 2]" q='"t"'  # c`,
      '[web:vars]',
      '  rules = [{"domain": "*", "rate": "1"}, {}]',
      '[site:children]',
      '  web',
    ].join('\n');
    const { statements, diagnostics } = parseIni(text, 'h');
    expect(diagnostics).toEqual([]);
    const [, host, vars, , child] = statements;
    if (host?.kind !== 'host' || vars?.kind !== 'vars' || child?.kind !== 'child')
      throw new Error('other statements');
    expect(at(host.place)).toBe('h:2:3');
    expect(at(keyPlaceOf(host.vars, 'l'))).toBe('h:2:9');
    expect(at(placeOf(host.vars, 'v'))).toBe('h:2:7');
    expect(at(placeOf(host.vars.l))).toBe('h:2:12');
    expect(at(placeOf((host.vars.l as object[])[0], 'x'))).toBe('h:2:19');
    expect(at(placeOf(host.vars.l, 1))).toBe('h:2:23');
    expect(at(placeOf(host.vars, 'q'))).toBe('h:2:30');
    expect(at(keyPlaceOf(vars.vars, 'rules'))).toBe('h:4:3');
    expect(at(placeOf(vars.vars, 'rules'))).toBe('h:4:11');
    const rule = (vars.vars.rules as object[])[0];
    expect(at(placeOf(rule))).toBe('h:4:12');
    expect(at(keyPlaceOf(rule, 'rate'))).toBe('h:4:28');
    expect(at(placeOf(rule, 'rate'))).toBe('h:4:36');
    expect(at(child.place)).toBe('h:6:3');
  });
});

describe('mistakes in INI', () => {
  it('are told all at once', () => {
    const text =
      '[web]\na b\n[web:var]\nskipped since its section is not known\n[web:vars]\nx\n[db:vars]\ny=1\n';
    expect(told(text)).toEqual([
      'error h:2:3 "b" is not a variable',
      'error h:3:6 no section of a group is called "var"',
      'error h:6:1 "x" is not a variable',
      'error h:7:1 [db:vars] is of a group that no other section declares',
    ]);
  });

  it('end at twenty', () => {
    expect(told('a b\n'.repeat(1000))).toHaveLength(20);
  });

  it('have near names for a hint', () => {
    const hints = (text: string) => parseIni(text, 'h').diagnostics.map(({ hint }) => hint);
    expect(hints('[web]\na\n[web:var]\n')).toEqual(['did you mean "vars"?']);
    expect(hints('[compute]\na\n[compte:vars]\nv=1\n')).toEqual(['did you mean "compute"?']);
    expect(hints('[compute]\na\n[site:children]\ncompuet\n')).toEqual(['did you mean "compute"?']);
  });

  it('a variable set twice at one place is a warning, and what is no name an error', () => {
    expect(told('[web]\na v=1 v=2\n[web:vars]\nw=1\nw=2\n[web:vars]\nw=3\n')).toEqual([
      'warning h:2:7 "v" is set twice here: the last value counts',
      'warning h:5:1 "w" is set twice here: the last value counts',
    ]);
    expect(told('a =1\n')).toEqual(['error h:1:3 a variable needs a name before its "="']);
    expect(told('a __proto__=1\n')).toEqual(['error h:1:3 the name "__proto__" is not allowed']);
    expect(told("a v={'__proto__':1}\n")).toEqual([]);
    expect(told(`a v="{'__proto__':1}"\n`)).toEqual([
      'error h:1:6 the value of "v" has the key "__proto__", which is not allowed',
    ]);
  });

  it('hosts that are too many are told once', () => {
    expect(told('a[1:99999]\nb[1:99999]\nc[1:99999]\n')).toEqual([
      'error h:2:1 the inventory has more than 100000 hosts',
    ]);
  });

  it('never make it throw', () => {
    const piece = fc.constantFrom(
      ...[
        '[',
        ']',
        'web',
        ':vars',
        ':children',
        '\n',
        '\n',
        '=',
        "'",
        '"',
        '\\',
        '#',
        ' ',
        'a',
        '[1:2]',
        '{',
        '}',
        ':',
        '\u0000',
        '\ud800',
        '__proto__',
        'True',
        ';',
      ],
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), (all) => void parseIni(all.join(''), 'h')));
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => void parseIni(text, 'h')));
  });
});

describe('iniWords', () => {
  it('knows where each character stands', () => {
    const line = `a v="x y"z w='b'`;
    const words = iniWords(line);
    if ('problem' in words) throw new Error(words.problem);
    for (const { text, offsets } of words) expect(offsets.map((i) => line.charAt(i)).join('')).toBe(text);
    expect(words.map(({ text, at: start }) => [text, start])).toEqual([
      ['a', 0],
      ['v=x yz', 2],
      ['w=b', 11],
    ]);
  });
});
