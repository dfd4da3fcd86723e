/**
 * Numbers in tc's text (iproute2 lib/utils.c, tc_util.c; seen in 6.1): `81920Kbit`, `34359Mbit`, `500Kb`,
 * `2.748e+06Kb`, `1600b`. Rates are in bits a second of SI prefixes, sizes in bytes of IEC ones.
 */

/** A rate as printed: what it may really be lies from `bits` to `bits + step`, the end left out. */
export interface TcRate {
  readonly bits: number;
  readonly step: number;
}

const RATE = /^(\d+(?:\.\d+)?(?:e\+?\d+)?)([KMGT]?)(i?)bit$/;
const SIZE = /^(\d+(?:\.\d+)?(?:e\+?\d+)?)([KMGT]?)b$/;
const PREFIXES = ['', 'K', 'M', 'G', 'T'];

/**
 * Undefined where it is no rate. tc divides by 1000 while that leaves no rest, or the number has more than six digits: so
 * `34359Mbit` is cut off at 1 Mbit, and `10Gbit` at 1 Mbit too.
 */
export function parseTcRate(text: string): TcRate | undefined {
  const [, number, prefix = '', iec = ''] = RATE.exec(text) ?? [];
  if (number === undefined) return undefined;
  const base = iec === '' ? 1000 : 1024;
  const unit = base ** PREFIXES.indexOf(prefix);
  const shown = Number(number);
  return { bits: shown * unit, step: Math.max(1, shown < 1000 ? unit / base : unit) };
}

/** Bytes; undefined where it is no size. */
export function parseTcSize(text: string): number | undefined {
  const [, number, prefix = ''] = SIZE.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * 1024 ** PREFIXES.indexOf(prefix);
}

/** Bits a second in a kB/s. */
const BITS = 8000;

/** Whether a rate of so many kB/s may be what tc shows. Older releases round where newer ones cut off. */
export function isRate(kilobytes: number, { bits, step }: TcRate): boolean {
  const declared = kilobytes * BITS;
  return declared > bits - step && declared < bits + step;
}

/** A rate in kB/s as near as it is known. */
export const kilobytesOf = ({ bits }: TcRate): number => Math.round(bits / BITS);

/** The kernel's clock ticks in a microsecond (/proc/net/psched, the same since 2.6.31). */
const TICKS = 15.625;

/**
 * What tc shows for a burst of so many KiB at so many kB/s: tc turns bytes into the time that they take, 32 bits of
 * ticks, and back.
 */
export function burstShown(kilobytes: number, kibibytes: number): number {
  const rate = kilobytes * 1000;
  const microseconds = Math.trunc((1e6 * kibibytes * 1024) / rate);
  const ticks = Math.trunc(microseconds * TICKS) % 2 ** 32;
  return Math.trunc((rate * Math.trunc(ticks / TICKS)) / 1e6);
}

/**
 * Whether so many bytes at so many kB/s may be what tc shows: it prints six digits, what is nearly a whole number of MiB or
 * KiB as one, and the kernel's clock may tick twice in between.
 */
export function isBurst(kilobytes: number, bytes: number, shown: number): boolean {
  const rounded = shown % (1024 * 1024) === 0 ? 1024 : shown % 1024 === 0 ? 16 : 1;
  const tolerance = rounded + (2 * kilobytes * 1000) / 1e6 + shown * 1e-5;
  return Math.abs(bytes - shown) <= tolerance;
}
