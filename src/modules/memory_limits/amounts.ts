import { formatSize, parseMemory } from '../../base/units.ts';

/** What a rule says of a limit: KiB, or what follows from the memory of the VM; null is unlimited. */
export type Amount =
  | { readonly kind: 'fixed'; readonly kib: number }
  /** So many parts of so many of the VM's memory. */
  | { readonly kind: 'percent'; readonly parts: number; readonly of: number }
  /** So many KiB more than the VM's memory. */
  | { readonly kind: 'plus'; readonly kib: number }
  | null;

export type ParsedAmount =
  | { readonly ok: true; readonly amount: Amount }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

const PERCENT = /^(\d{1,6})(?:\.(\d{1,4}))?\s*%\s+of\s+memory$/;
const PLUS = /^memory(?:\s*\+\s*(.+))?$/s;

/** `4 GiB`, `120% of memory`, `memory + 2 GiB`, `unlimited`, or KiB as a bare number. */
export function parseAmount(value: unknown): ParsedAmount {
  const text = String(value).trim();
  if (text === 'unlimited') return { ok: true, amount: null };
  const percent = PERCENT.exec(text);
  if (percent !== null) {
    const [, whole = '', fraction = ''] = percent;
    const amount = {
      kind: 'percent',
      parts: Number(whole + fraction),
      of: 100 * 10 ** fraction.length,
    } as const;
    return amount.parts === 0 ? nothing(text) : { ok: true, amount };
  }
  const plus = PLUS.exec(text);
  if (plus !== null && plus[1] === undefined) return { ok: true, amount: { kind: 'plus', kib: 0 } };
  if (/^0+(?:\.0+)?\s*(?:[A-Za-z].*)?$/.test(plus?.[1] ?? text)) return nothing(text);
  const size = parseMemory(plus?.[1] ?? value);
  if (size.ok) return { ok: true, amount: { kind: plus === null ? 'fixed' : 'plus', kib: size.value } };
  if (/%/.test(text)) {
    const message = `"${text}" does not say of what`;
    return { ok: false, message, hint: 'write e.g. "120% of memory"' };
  }
  return size;
}

function nothing(text: string): ParsedAmount {
  const hint = 'to take a limit away, write unlimited';
  return { ok: false, message: `no VM runs in "${text}" of memory`, hint };
}

/** In KiB, for a VM of so much memory; rounded down. */
export function resolve(amount: Amount, memory: number): number | null {
  if (amount === null) return null;
  if (amount.kind === 'fixed') return amount.kib;
  if (amount.kind === 'plus') return memory + amount.kib;
  return Number((BigInt(memory) * BigInt(amount.parts)) / BigInt(amount.of));
}

/** Whether one is less than another whatever memory the VM has; null where that depends. */
export function isLess(a: Amount, b: Amount): boolean | null {
  if (a === null) return false;
  if (b === null) return true;
  if (a.kind !== b.kind) return null;
  return (resolve(a, 1_000_000_000) as number) < (resolve(b, 1_000_000_000) as number);
}

/** As a rule has it. */
export function formatAmount(amount: Amount): string {
  if (amount === null) return 'unlimited';
  if (amount.kind === 'percent') return `${(amount.parts * 100) / amount.of}% of memory`;
  const size = formatSize(amount.kib);
  if (amount.kind === 'fixed') return size;
  return amount.kib === 0 ? 'memory' : `memory + ${size}`;
}
