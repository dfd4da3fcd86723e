import type { Quantity } from '../../base/units.ts';

/** Shares of a CPU and lengths of time, as people write them, to libvirt's microseconds. Exact, rounded down. */

/** Microseconds in a period that libvirt takes (libvirt `src/qemu/qemu_driver.c`, tried on 9.0.0). */
const PERIOD = { least: 1000, most: 1_000_000 } as const;

/** The least quota that libvirt takes; the largest is as good as none. */
export const LEAST_QUOTA = 1000;
export const MOST_QUOTA = 17_592_186_044_414;

/** A quota that is known once the period is. */
export type Quota =
  | { readonly ok: true; readonly of: (period: number) => number }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

const PERCENT = /^(\d{1,12})(?:\.(\d{1,12}))?\s*%$/;
const TIME = /^(\d{1,15})(?:\.(\d{1,12}))?\s*([A-Za-z\u00b5]+)?$/;
const MICROSECONDS: Readonly<Record<string, bigint>> = { us: 1n, µs: 1n, ms: 1000n, s: 1_000_000n };

const EXAMPLES = 'a share of one CPU, e.g. "50%", or the time in each period, e.g. "50 ms"';

/** `50%` of one CPU, `50 ms` in each period, or microseconds as a bare number. */
export function parseQuota(value: unknown): Quota {
  const text = String(value).trim();
  const percent = PERCENT.exec(text);
  if (percent === null) {
    const time = parseTime(value);
    if (time.ok) return { ok: true, of: () => time.value };
    const negative = /^-\d+$/.test(text);
    if (negative)
      return { ok: false, message: `${text} is not a quota`, hint: 'to take a limit away, write unlimited' };
    return {
      ...time,
      message: time.message.replace('a length of time', 'a quota'),
      hint: `write ${EXAMPLES}`,
    };
  }
  const [, whole = '', fraction = ''] = percent;
  const scaled = BigInt(whole + fraction);
  if (scaled === 0n)
    return { ok: false, message: 'no VM runs on 0% of a CPU', hint: 'to take a limit away, write unlimited' };
  const parts = 100n * 10n ** BigInt(fraction.length);
  return { ok: true, of: (period) => Number((scaled * BigInt(period)) / parts) };
}

/** A period in microseconds. */
export function parsePeriod(value: unknown): Quantity {
  const time = parseTime(value);
  if (!time.ok) return time;
  if (time.value >= PERIOD.least && time.value <= PERIOD.most) return time;
  const message = `a period of ${formatTime(time.value)} is out of range: libvirt takes 1 ms to 1 s`;
  return { ok: false, message, hint: 'the kernel’s own is 100 ms' };
}

function parseTime(value: unknown): Quantity {
  const parts =
    typeof value === 'string' || typeof value === 'number' ? TIME.exec(String(value).trim()) : null;
  const [, whole = '', fraction = '', unit = 'us'] = parts ?? [];
  const factor = Object.hasOwn(MICROSECONDS, unit) ? MICROSECONDS[unit] : undefined;
  if (parts === null || factor === undefined || (parts[3] === undefined && fraction !== '')) {
    const hint = 'write a number and a unit (us, ms, s), e.g. "100 ms", or whole microseconds';
    return { ok: false, message: `"${value}" is not a length of time`, hint };
  }
  return { ok: true, value: Number((BigInt(whole + fraction) * factor) / 10n ** BigInt(fraction.length)) };
}

/** What is wrong with a quota in libvirt's eyes, or null. */
export function quotaProblem(quota: number, period: number): { message: string; hint: string } | null {
  if (quota < LEAST_QUOTA) {
    const least = formatShare({ quota: LEAST_QUOTA, period });
    const message = `it comes to ${formatTime(quota)} in each period of ${formatTime(period)}, and libvirt takes 1 ms at least`;
    return { message, hint: `write at least ${least}, or a longer period` };
  }
  if (quota <= MOST_QUOTA) return null;
  return { message: 'it is more than libvirt takes', hint: 'if no limit is meant, write unlimited' };
}

/** `50%`; exact where six digits are. */
export function formatShare({ quota, period }: { readonly quota: number; readonly period: number }): string {
  return `${Number(((quota * 100) / period).toPrecision(6))}%`;
}

/** `100 ms`, `1500 us`. */
export function formatTime(microseconds: number): string {
  return microseconds >= 1000 && microseconds % 1000 === 0
    ? `${microseconds / 1000} ms`
    : `${microseconds} us`;
}
