import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeLayers } from '../../../src/yaml/merge.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { copyEntryPlace, copyPlaces, keyPlaceOf, keysInOrder, placeOf } from '../../../src/yaml/places.ts';

type Data = Record<string, never>;
const at = (place: { line: number; column: number } | undefined) => place && `${place.line}:${place.column}`;
const parse = (text: string, file = 'f.yml') => parseYaml(text, file).value as unknown as Data;

const TEXT = `# comment
all:
  hosts:
    b: &x {v: 1}
    10: ~
    a: *x
  list:
    - one
    - {two: "2"}
  empty:
`;

describe('places', () => {
  const root = parse(TEXT);
  const all = root.all as unknown as Data;
  const hosts = all.hosts as unknown as Data;
  const list = all.list as unknown as Data[];
  it.each([
    ['the root', placeOf(root), '2:1'],
    ['a key', keyPlaceOf(root, 'all'), '2:1'],
    ['a block map', placeOf(all), '3:3'],
    ['a value that is a block map', placeOf(all, 'hosts'), '4:5'],
    ['a flow map after an anchor', placeOf(hosts, 'b'), '4:11'],
    ['a key in a flow map', keyPlaceOf(hosts.b, 'v'), '4:12'],
    ['a scalar', placeOf(hosts.b, 'v'), '4:15'],
    ['an alias', placeOf(hosts, 'a'), '6:8'],
    ['what an alias stands for', placeOf(hosts.a), '4:11'],
    ['an item', placeOf(list, 0), '8:7'],
    ['an item, by its key', keyPlaceOf(list, 1), '9:7'],
    ['an absent value', placeOf(all, 'empty'), '10:9'],
    ['an unknown key', placeOf(all, 'x'), undefined],
    ['what is inherited', placeOf(all, 'toString'), undefined],
    ['foreign data', placeOf({ a: 1 }, 'a'), undefined],
    ['a scalar itself', placeOf('text'), undefined],
  ])('%s', (_name, place, expected) => {
    expect(at(place)).toBe(expected);
  });

  it('keeps the order of keys that look like numbers', () => {
    expect(Object.keys(hosts)).toEqual(['10', 'b', 'a']);
    expect(keysInOrder(hosts)).toEqual(['b', '10', 'a']);
    expect(keysInOrder({ x: 1 })).toEqual(['x']);
  });

  it('names the file', () => {
    expect(placeOf(parse('a: 1', 'x/y.yml'), 'a')).toEqual({ file: 'x/y.yml', line: 1, column: 4 });
  });

  it('points at what merge keys bring', () => {
    const merged = parse('b: &b\n  x: 1\na:\n  <<: *b\n  y: 2\n').a as unknown as Data;
    expect(at(placeOf(merged, 'x'))).toBe('2:6');
    expect(at(placeOf(merged, 'y'))).toBe('5:6');
  });

  it('goes with copies and single entries', () => {
    const from = parse('a: 1\nb: 2', 'from.yml');
    const copy = { ...from };
    copyPlaces(from, copy);
    copyEntryPlace(parse('\n\nz: 1', 'other.yml'), 'z', copy, 'a', 'value');
    expect(placeOf(copy)).toEqual({ file: 'from.yml', line: 1, column: 1 });
    expect(placeOf(copy, 'a')).toEqual({ file: 'other.yml', line: 3, column: 4 });
    expect(keyPlaceOf(copy, 'a')).toEqual({ file: 'from.yml', line: 1, column: 1 });
    expect(placeOf(from, 'a')).toEqual({ file: 'from.yml', line: 1, column: 4 });
  });

  it('comes through merged layers, the last one deciding', () => {
    const layers = [parse('a: 1\nb: 2', 'one'), parse('\na: 3', 'two'), {}];
    const merged = mergeLayers(layers);
    expect(merged).toEqual({ a: 3, b: 2 });
    expect(placeOf(merged, 'a')).toEqual({ file: 'two', line: 2, column: 4 });
    expect(placeOf(merged, 'b')).toEqual({ file: 'one', line: 2, column: 4 });
    expect(placeOf(mergeLayers([merged, { a: 4 }]), 'a')).toBeUndefined();
  });

  it('lie where the text says so', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 1 }),
        fc.array(fc.constantFrom('', '# x')),
        (keys, noise) => {
          const text = `${noise.map((line) => `${line}\n`).join('')}${keys.map((key, i) => `${key}: v${i}`).join('\n')}`;
          const lines = text.split('\n');
          const map = parse(text);
          for (const [i, key] of keys.entries()) {
            const place = placeOf(map, key)!;
            expect(lines[place.line - 1]!.slice(place.column - 1)).toBe(`v${i}`);
          }
        },
      ),
    );
  });
});
