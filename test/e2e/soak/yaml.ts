import type { Draw } from './draw.ts';

/** YAML as several people would write it: blocks and flow, three ways to quote. */
export function toYaml(draw: Draw, value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return scalar(draw, value);
  const entries = Object.entries(value);
  if (entries.length === 0) return Array.isArray(value) ? '[]' : '{}';
  if (!entries.some(([, each]) => isDeep(each)) && draw.chance(0.5)) return flow(draw, value);
  const lines = entries.map(([key, each]) => {
    const head = Array.isArray(value) ? '-' : `${key}:`;
    const text = toYaml(draw, each, `${indent}  `);
    const below = typeof each === 'object' && each !== null && !/^[[{]/.test(text);
    // What is below a dash begins on the same line, as everybody writes it.
    return `${head}${below && head !== '-' ? '' : ' '}${below && head === '-' ? text.trimStart() : text}`;
  });
  return `\n${lines.map((line) => `${indent}${line}`).join('\n')}`;
}

function isDeep(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).some((each) => typeof each === 'object' && each !== null)
  );
}

function flow(draw: Draw, value: object): string {
  if (Array.isArray(value)) return `[${value.map((each) => flowValue(draw, each)).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([key, each]) => `${key}: ${flowValue(draw, each)}`)
    .join(', ')} }`;
}

const flowValue = (draw: Draw, value: unknown): string =>
  typeof value === 'object' && value !== null ? flow(draw, value) : scalar(draw, value);

const PLAIN = /^[A-Za-z][A-Za-z0-9._/-]*$|^[1-9][0-9.]* ?[A-Za-z/]+$/;
const WORDS = /^(true|false|yes|no|on|off|null|y|n)$/i;
const LIKE_NUMBER = /^[0-9.]+e[0-9]+$/i;

function scalar(draw: Draw, value: unknown): string {
  if (typeof value !== 'string') return String(value);
  if (PLAIN.test(value) && !WORDS.test(value) && !LIKE_NUMBER.test(value) && draw.chance(0.6)) return value;
  return draw.chance(0.5) ? `'${value.replaceAll("'", "''")}'` : JSON.stringify(value);
}
