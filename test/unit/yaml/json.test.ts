import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Encrypted } from '../../../src/yaml/encrypted.ts';
import { parseJson } from '../../../src/yaml/json.ts';
import { keyPlaceOf, placeOf } from '../../../src/yaml/places.ts';
import { sweep } from '../../sweep.ts';

const source = (text: string) => {
  const lineStarts = [0];
  for (const match of text.matchAll(/\n/g)) lineStarts.push(match.index + 1);
  return { file: 'f', lineStarts };
};
const parse = (text: string) => parseJson(text, source(text));

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    const plain = fc
      .jsonValue({ noUnicodeString: false })
      .filter((value) => typeof value === 'object' && value !== null);
    fc.assert(
      fc.property(plain, fc.constantFrom(0, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        // Numbers that lose digits, and __proto__, are left to YAML.
        if (/__proto__|[0-9]{16}/.test(text)) return;
        expect(parse(text)).toEqual({
          value: JSON.parse(text.replaceAll('-0,', '0,').replace(/-0(?=[\]}\s])/g, '0')),
        });
      }),
      sweep(1000),
    );
  });

  it('knows where everything stands', () => {
    const read = parse('{\n "a": [1, {"b": "x"}]\n}')?.value as { a: [number, object] };
    expect(placeOf(read)).toEqual({ file: 'f', line: 1, column: 1 });
    expect(keyPlaceOf(read, 'a')).toEqual({ file: 'f', line: 2, column: 2 });
    expect(placeOf(read.a, 1)).toEqual({ file: 'f', line: 2, column: 11 });
    expect(keyPlaceOf(read.a[1], 'b')).toEqual({ file: 'f', line: 2, column: 12 });
    expect(placeOf(read.a[1], 'b')).toEqual({ file: 'f', line: 2, column: 17 });
  });

  it.each([
    '1',
    '"x"',
    '',
    'a: 1',
    '[',
    '[1',
    '[1,]',
    '[1 2]',
    '{"a"}',
    '{"a": 1,}',
    '{a: 1}',
    "['a']",
    '[01]',
    '[1.]',
    '[+1]',
    '[NaN]',
    '[tru]',
    '["\t"]',
    '["\\x41"]',
    '["\\"]',
    '[1] 2',
    '{"a": 1, "a": 2}',
    '{"__proto__": 1}',
    '[12345678901234567890]',
    '[1e999]',
    `${'['.repeat(70)}${']'.repeat(70)}`,
  ])('leaves %j to YAML', (text) => {
    expect(parse(text)).toBeNull();
  });

  it('reads encrypted values as such', () => {
    const read = parse(
      '[{"__ansible_vault": "x"}, {"__ansible_vault": "x", "y": 1}, {"__ansible_vault": 1}]',
    );
    const [first, second, third] = (read?.value ?? []) as unknown[];
    expect(first).toBeInstanceOf(Encrypted);
    expect((first as Encrypted).text).toBe('x');
    expect(second).toEqual({ __ansible_vault: 'x', y: 1 });
    expect(third).toEqual({ __ansible_vault: 1 });
  });
});
