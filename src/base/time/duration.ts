const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** For editors and schemas: a whole number and its unit. */
export const DURATION_PATTERN = '^[1-9][0-9]{0,4}[smhd]$';

/** `30s`, `10m`, `24h` or `7d`, in seconds; null for what is none. */
export function parseDuration(written: string): number | null {
  const [, count = '', unit = ''] = /^([1-9]\d{0,4})([smhd])$/.exec(written) ?? [];
  return count === '' ? null : Number(count) * (UNITS[unit] ?? 0);
}

/** `90s`, `10m`, `24h`: in the largest unit in which it is whole. */
export function durationText(seconds: number): string {
  const [unit = 's', size = 1] =
    Object.entries(UNITS).findLast(([, size]) => seconds % size === 0 && seconds >= size) ?? [];
  return `${seconds / size}${unit}`;
}
