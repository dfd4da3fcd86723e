import { MAX_BYTES } from '../../src/yaml/syntax.ts';

const SIZE = MAX_BYTES - 1000;
const full = (unit: string) => unit.repeat(Math.ceil(SIZE / unit.length)).slice(0, SIZE);
const counted = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i))
    .join('\n')
    .slice(0, SIZE);
const nine = (i: number) =>
  Array(9)
    .fill(`*a${i - 1}`)
    .join(', ');

/** Almost 16 MiB each, which is what a file may have: whatever costs a parser more than it costs to write. */
export const HOSTILE: readonly (readonly [name: string, text: () => string])[] = [
  ...[
    '[',
    '{',
    '{}',
    ']',
    '- ',
    '? ',
    ': ',
    ':',
    '!',
    '*',
    '&',
    '%',
    ' ',
    '\t',
    '\r',
    '\n',
    '\0',
    '\ud800',
    'x',
    "'",
  ].map((unit) => [JSON.stringify(unit), () => full(unit)] as const),
  ...[
    '- x\n',
    'a: 1\n',
    '- &a x\n',
    '- !!str x\n',
    '---\n',
    '--- x\n...\n',
    '%YAML 1.1\n',
    '# x\n',
    '?\n',
    'a: b: c\n',
    'a: [\n',
    '- {a\n',
    '<<: {a: 1}\n',
  ].map((unit) => [JSON.stringify(unit), () => full(unit)] as const),
  ['items in brackets', () => `[${full('x,')}`],
  ['commas', () => `[${full(',')}`],
  ['aliases', () => `- &a x\n${full('- *a\n')}`],
  ['keys that differ', () => counted(1_300_000, (i) => `k${i}: 1`)],
  ['an open quote', () => `"${full('x ')}`],
  ['escapes', () => `"${full('\\x41')}"`],
  ['a block of text', () => `a: |\n${full(' x\n')}`],
  ['a folded block', () => `a: >\n${full(' x\n\n')}`],
  ['JSON', () => `[${full('{"a":[1,2,3]},')}`],
  ['deep JSON', () => full('{"a":')],
  ['a text of JSON', () => `["${full('\\"')}`],
  ['backslashes', () => `["${full('\\')}`],
  ['a long key', () => `${full('x')}: 1`],
  ['lines before a colon', () => `${full('x\n')}: y`],
  ['ever deeper', () => counted(5000, (i) => `${' '.repeat(i)}a:`)],
  ['a billion laughs', () => counted(40, (i) => `a${i}: &a${i} [${i === 0 ? 'x' : nine(i)}]`)],
  [
    'a billion merges',
    () => counted(60, (i) => `a${i}: &a${i} {<<: [${i === 0 ? '{}' : nine(i)}], k${i}: 1}`),
  ],
];
