/**
 * Plain (unquoted) scalars as Ansible's users know them: YAML 1.1 as PyYAML reads it, so that `yes`, `on` and `010`
 * mean here what they mean there. Left out on purpose, since they only ever surprise:
 * - sexagesimal numbers: 52:54:00:12:34:56 is a MAC and 22:30 a text
 * - timestamps: 2026-11-22 is a text
 * - .inf and .nan, which JSON cannot hold: texts
 * - whole numbers beyond 2^53: texts, so that no digit is lost
 */
export function resolvePlain(text: string): unknown {
  if (WORDS.has(text)) return WORDS.get(text);
  return resolveNumber(text) ?? text;
}

const WORDS: ReadonlyMap<string, null | boolean> = new Map([
  ...spellings(['', '~', 'null'], null),
  ...spellings(['yes', 'on', 'true'], true),
  ...spellings(['no', 'off', 'false'], false),
]);

/** As is, Capitalised and UPPER CASE: the only spellings that YAML 1.1 knows. */
function spellings<T>(words: readonly string[], value: T): [string, T][] {
  return words.flatMap((word) =>
    [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()].map((spelling): [string, T] => [
      spelling,
      value,
    ]),
  );
}

/** Whether the number is another one than it looks like: `010` is 8, and `07` is 7. */
export function isMisleadingOctal(text: string): boolean {
  return (
    text.charCodeAt(0) <= 0x39 && OCTAL.test(text) && Number(text.replaceAll('_', '')) !== resolveNumber(text)
  );
}

const BINARY = /^([-+]?)0b([01_]+)$/;
const OCTAL = /^([-+]?)(0[0-7_]+)$/;
const HEX = /^([-+]?)0x([0-9a-fA-F_]+)$/;
const DECIMAL = /^([-+]?)(0|[1-9][0-9_]*)$/;
/** A point is required, and a sign in an exponent: 1e3 is a text. So is -.5. */
const FLOAT = /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?$/;

function resolveNumber(text: string): number | null {
  const first = text.charCodeAt(0);
  // Most scalars are words: digits, signs and the point are what a number can begin with.
  if (first > 0x39 || first < 0x2b) return null;
  const whole =
    integer(DECIMAL.exec(text), 10) ??
    integer(OCTAL.exec(text), 8) ??
    integer(HEX.exec(text), 16) ??
    integer(BINARY.exec(text), 2);
  if (whole !== null) return whole;
  if (!FLOAT.test(text)) return null;
  const value = Number(text.replaceAll('_', ''));
  return Number.isFinite(value) ? value : null;
}

function integer(match: RegExpExecArray | null, base: number): number | null {
  const digits = match?.[2]?.replaceAll('_', '') ?? '';
  if (digits === '') return null;
  const value = Number.parseInt(digits, base);
  if (!Number.isSafeInteger(value)) return null;
  // Not -0: JSON has none.
  return match?.[1] === '-' && value !== 0 ? -value : value;
}
