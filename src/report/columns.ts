import stringWidth from 'string-width';

/**
 * How many columns a text takes on a terminal. Most are plain ASCII and the few signs that virtune itself writes, which
 * need no tables of Unicode; the build loads them when they are first needed (scripts/build/late_packages.mjs).
 */
export function columnsOf(text: string): number {
  return /^[\x20-\x7e\u00b7\u2019\u2026\u2192]*$/.test(text) ? text.length : stringWidth(text);
}
