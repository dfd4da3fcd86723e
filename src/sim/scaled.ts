/** Numbers with units as virsh reads them (`virStrToLong_ull`, `virScaleInteger`): suffixes are powers of 1024. */

export type Parsed = { readonly value: number } | { readonly error: string };

const MALFORMED: Parsed = { error: '' };
const LLONG_MAX = 9_223_372_036_854_775_807n;
const PREFIXES = 'kmgtpe';

/** @returns a count without unit; an empty error where virsh says nothing more than that it is malformed */
export function parseCount(text: string): Parsed {
  const digits = /^[ \t\n\v\f\r]*\+?([0-9]+)$/.exec(text)?.[1];
  return digits === undefined || BigInt(digits) > 2n * LLONG_MAX + 1n ? MALFORMED : { value: Number(digits) };
}

/**
 * @param scale what a number without suffix is multiplied with
 * @returns bytes, or libvirt's message
 */
export function parseScaled(
  text: string,
  scale: bigint,
): { readonly value: bigint } | { readonly error: string } {
  const [, digits, suffix = ''] = /^[ \t\n\v\f\r]*\+?([0-9]+)(.*)$/s.exec(text) ?? [];
  if (digits === undefined || BigInt(digits) > 2n * LLONG_MAX + 1n) return { error: '' };
  const factor = suffix === '' ? scale : factorOf(suffix);
  if (factor === null) return { error: `invalid argument: unknown suffix '${suffix}'` };
  const value = BigInt(digits) * factor;
  return value > LLONG_MAX ? { error: `numerical overflow: value too large: ${digits}${suffix}` } : { value };
}

function factorOf(suffix: string): bigint | null {
  const lower = suffix.toLowerCase();
  if (lower === 'b' || lower === 'byte' || lower === 'bytes') return 1n;
  const power = PREFIXES.indexOf(lower.charAt(0)) + 1;
  if (power === 0) return null;
  const rest = lower.slice(1);
  if (rest === '' || rest === 'ib') return 1024n ** BigInt(power);
  return rest === 'b' ? 1000n ** BigInt(power) : null;
}
