import { type Callables, flag, need } from './args.ts';
import { TemplateProblem } from './problem.ts';
import { isLazyMap, limited, OMIT, shown, toText, truthy, typeName, Undefined } from './value.ts';
import { finite, map, number } from './work.ts';

/** Filters that turn one value into another: types, numbers, JSON. */
export const VALUE_FILTERS: Callables<unknown> = {
  default: {
    params: ['default_value', 'boolean'],
    takesUndefined: true,
    run: (value, args) => {
      const missing = value instanceof Undefined || (flag(args, 'boolean') && !truthy(value));
      return missing ? (args.default_value === undefined ? '' : args.default_value) : value;
    },
  },
  mandatory: { params: ['msg'], run: (value) => value },
  ternary: {
    params: ['true_val', 'false_val', 'none_val'],
    run: (value, args) => {
      if (value === null && args.none_val !== undefined && args.none_val !== null) return args.none_val;
      return need(args, truthy(value) ? 'true_val' : 'false_val', 'ternary');
    },
  },
  bool: {
    params: [],
    run: (value) => {
      if (value === null || typeof value === 'boolean') return value;
      return ['yes', 'on', '1', 'true'].includes(toText(value).toLowerCase());
    },
  },
  int: {
    params: ['default', 'base'],
    run: (value, args) => toInt(value, args.base) ?? (args.default === undefined ? 0 : args.default),
  },
  float: {
    params: ['default'],
    run: (value, args) => toFloat(value) ?? (args.default === undefined ? 0 : args.default),
  },
  abs: { params: [], run: (value) => Math.abs(number(value, 'abs')) },
  round: {
    params: ['precision', 'method'],
    run: (value, args) => {
      const precision = number(args.precision ?? 0, 'round');
      const scale = 10 ** precision;
      const method = args.method ?? 'common';
      const given = number(value, 'round');
      const scaled = given * scale;
      if (method === 'ceil') return finite(Math.ceil(scaled) / scale);
      if (method === 'floor') return finite(Math.floor(scaled) / scale);
      if (method !== 'common') throw new TemplateProblem('round takes common, ceil or floor as "method"');
      if (precision >= 0 && precision <= MOST_DIGITS && Math.abs(given) < 1e21)
        return roundTo(given, precision);
      return finite(halfToEven(scaled) / scale);
    },
  },
  human_to_bytes: {
    params: ['default_unit', 'isbits'],
    run: (value, args) => humanToBytes(toText(value), args.default_unit, flag(args, 'isbits')),
  },
  to_json: { params: [], run: (value) => json(value) },
  to_nice_json: { params: ['indent'], run: (value, args) => json(value, Number(args.indent ?? 4)) },
  from_json: {
    params: [],
    run: (value) => {
      try {
        return JSON.parse(toText(value), (key, item: unknown) =>
          key === '__proto__' ? undefined : item,
        ) as unknown;
      } catch {
        throw new TemplateProblem(`from_json: ${shown(value)} is no JSON`);
      }
    },
  },
  type_debug: { params: [], run: (value) => typeName(value).replace(/^an? /, '') },
};

const MOST_DIGITS = 50;

/** Rounds the number that is there, as Python does: 0.15 is a little less, and becomes 0.1. */
function roundTo(value: number, digits: number): number {
  const size = Math.abs(value);
  // So many digits tell one that lies between two from one that is nearly there.
  const long = size.toFixed(digits + 25);
  const below = long.slice(0, -25);
  const isBetween = /^50*$/.test(long.slice(-25));
  const rounded = isBetween && /[02468]\.?$/.test(below) ? below : size.toFixed(digits);
  return value < 0 ? 0 - Number(rounded) : Number(rounded);
}

/** Rounds as Python does: 0.5 to 0, 1.5 to 2. */
function halfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function toInt(value: unknown, base: unknown): number | null {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value !== 'string') return null;
  const text = value.trim().replaceAll('_', '');
  if (typeof base === 'number' && base !== 10) {
    const digits = text.replace(/^0[xob]/i, '');
    const parsed = Number.parseInt(digits, base);
    return Number.isSafeInteger(parsed) &&
      parsed.toString(base) === (digits.toLowerCase().replace(/^0+(?=.)/, '') || '0')
      ? parsed
      : null;
  }
  const parsed = /^[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?$/i.test(text) ? Math.trunc(Number(text)) : Number.NaN;
  return Number.isFinite(parsed) ? parsed : null;
}

function toFloat(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string') return null;
  const text = value.trim().replaceAll(/(?<=\d)_(?=\d)/g, '');
  if (/^[-+]?(?:inf|infinity|nan)$/i.test(text))
    throw new TemplateProblem(`float: "${text}" is no number that virtune has`);
  const parsed = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(parsed) ? parsed : null;
}

const UNITS = 'BKMGTPEZY';

/** Ansible's: `1.5 GB` is 1.5 * 2^30, whatever the letters say of bits. */
function humanToBytes(text: string, defaultUnit: unknown, bits: boolean): number {
  const match = /^\s*(\d*\.?\d*)\s*([A-Za-z]+)?\s*$/.exec(text);
  const unit = match?.[2] ?? (typeof defaultUnit === 'string' ? defaultUnit : 'B');
  const power = UNITS.indexOf(unit.charAt(0).toUpperCase());
  const amount = Number(match?.[1] || Number.NaN);
  const tail = unit.slice(1);
  // "Mb" is megabits, and eight times as much as bytes.
  const expected = bits ? /^(?:b|bit|bits)?$/ : /^(?:B|iB|bytes?)?$/;
  const word = /^bytes?$/i.test(tail) ? tail.toLowerCase() : tail;
  if (Number.isNaN(amount) || power < 0 || (power > 0 && !expected.test(word)))
    throw new TemplateProblem(`human_to_bytes cannot read "${text}"`, 'write it as "64 MB"');
  return finite(Math.round(amount * 1024 ** power));
}

/** As Python's json.dumps writes it: a blank after colons and commas. */
function json(value: unknown, indent = 0): string {
  checkJson(value, 0);
  const text = JSON.stringify(value, null, indent > 0 ? Math.min(indent, 10) : 1) ?? 'null';
  if (indent > 0) return limited(text);
  return limited(
    text.replace(/"(?:[^"\\]|\\.)*"|,\n\s*|\n\s*/g, (part) =>
      part.startsWith('"') ? part : part.startsWith(',') ? ', ' : '',
    ),
  );
}

function checkJson(value: unknown, depth: number): void {
  if (value === OMIT || isLazyMap(value) || depth > 100)
    throw new TemplateProblem(`to_json cannot write ${typeName(value)}`);
  if (Array.isArray(value)) for (const item of value) checkJson(item, depth + 1);
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(map(value, 'to_json'))) checkJson(item, depth + 1);
}
