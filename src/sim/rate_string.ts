import type { Rate } from '../facts/bandwidth.ts';

const FIELDS = ['average', 'peak', 'burst', 'floor'] as const;
const UINT_MAX = 4_294_967_295n;
const ULONG_MAX = 18_446_744_073_709_551_615n;

/**
 * `virshParseRateStr` and the checks of cmdDomIftune (libvirt facts, sections 1.2 and 1.3).
 * @returns the rate, or virsh's error
 */
export function parseRateString(
  text: string,
  direction: 'inbound' | 'outbound',
): Rate | { readonly error: string } {
  const parts = text.split(',');
  if (parts.length > FIELDS.length) return { error: `Rate string '${text}' has too many fields` };
  const fields: Record<(typeof FIELDS)[number], bigint> = { average: 0n, peak: 0n, burst: 0n, floor: 0n };
  for (const [index, name] of FIELDS.entries()) {
    const part = parts[index];
    if (part === undefined || part === '') continue;
    const number = parseNumber(part);
    if (number === null) return { error: `field '${name}' is malformed` };
    fields[name] = number;
  }
  const { average, peak, burst, floor } = fields;
  if (average > UINT_MAX || peak > UINT_MAX || burst > UINT_MAX)
    return { error: `${direction} rate larger than maximum ${UINT_MAX}` };
  if (direction === 'outbound') {
    if (average === 0n && (peak > 0n || burst > 0n)) return { error: 'outbound average is mandatory' };
    if (floor > 0n) return { error: 'outbound floor is unsupported yet' };
  }
  if (average === 0n && floor === 0n && (peak > 0n || burst > 0n))
    return { error: 'either inbound average or floor is mandatory' };
  return {
    average: Number(average),
    peak: Number(peak),
    burst: Number(burst),
    // Not checked: it wraps around (section 1.3).
    floor: Number(floor & UINT_MAX),
  };
}

/** As strtoull with base 10: leading blanks, a plus sign and leading zeros are fine, nothing may follow. */
function parseNumber(text: string): bigint | null {
  const digits = /^[ \t\n\v\f\r]*\+?([0-9]+)$/.exec(text)?.[1];
  if (digits === undefined) return null;
  const number = BigInt(digits);
  return number > ULONG_MAX ? null : number;
}
