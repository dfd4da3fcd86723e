import { PREFIXES, type Quantity } from '../../base/units.ts';

/** What a rule says of a limit; null is unlimited. */
export type Parsed =
  | { readonly ok: true; readonly value: number | null }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** libvirt refuses more (QEMU_BLOCK_IOTUNE_MAX). */
const MOST = 1_000_000_000_000_000n;

interface Form {
  readonly pattern: RegExp;
  readonly what: string;
  readonly hint: string;
  /** With less a VM stands still. */
  readonly least: bigint;
  readonly most: bigint;
}

const FORMS = {
  bytes: {
    pattern: /^(\d{1,18})(?:\.(\d{1,9}))?\s*(?:([kMG]|[KMG]i)?B\/s)?$/,
    what: 'rate of a disk',
    hint: 'write e.g. "50 MB/s", "64 MiB/s", unlimited, or bytes per second as a bare number',
    least: 1000n,
    most: MOST,
  },
  iops: {
    pattern: /^(\d{1,18})$/,
    what: 'number of operations per second',
    hint: 'write a whole number from 1, or unlimited',
    least: 1n,
    most: MOST,
  },
  /** The kernel's own number for no limit of operations by cgroup is one more. */
  ops32: {
    pattern: /^(\d{1,18})$/,
    what: 'number of operations per second',
    hint: 'write a whole number from 1 to 4294967294, or unlimited',
    least: 1n,
    most: 4_294_967_294n,
  },
  size: {
    pattern: /^(\d{1,18})(?:\.(\d{1,9}))?\s*(?:([kMG]|[KMG]i)?B)?$/,
    what: 'size of an operation',
    hint: 'write e.g. "16 KiB", at least 512 B',
    least: 512n,
    most: MOST,
  },
  duration: {
    pattern: /^(\d{1,18})\s*s?$/,
    what: 'length of a burst',
    hint: 'write whole seconds, e.g. "5 s", at most a day',
    least: 1n,
    most: 86_400n,
  },
} satisfies Record<string, Form>;

export type FormName = keyof typeof FORMS;

const UNLIMITABLE: ReadonlySet<FormName> = new Set(['bytes', 'iops', 'ops32']);

/** Whole numbers of bytes, operations or seconds, rounded down. */
export function parseAmount(value: unknown, name: FormName): Parsed {
  const form: Form = FORMS[name];
  const text = String(value).trim();
  if (text === 'unlimited' && UNLIMITABLE.has(name)) return { ok: true, value: null };
  const parts = form.pattern.exec(text);
  if (parts === null) return { ok: false, message: `"${text}" is not a ${form.what}`, hint: form.hint };
  const [, whole = '', fraction = '', prefix = ''] = parts;
  const amount = (BigInt(whole + fraction) * (PREFIXES[prefix] ?? 1n)) / 10n ** BigInt(fraction.length);
  if (amount < form.least)
    return { ok: false, message: `"${text}" is too little for a ${form.what}`, hint: form.hint };
  if (amount > form.most)
    return { ok: false, message: `"${text}" is more than a ${form.what} can be`, hint: form.hint };
  return { ok: true, value: Number(amount) };
}

/** For people, exactly. */
export function formatBytes(bytes: number): string {
  for (const [prefix, size] of Object.entries(PREFIXES).reverse())
    if (bytes % Number(size) === 0 && bytes >= Number(size)) return `${bytes / Number(size)} ${prefix}B`;
  return `${bytes} B`;
}

/** {@link parseAmount} of what is to be a number: unlimited is none. */
export function parseIo(value: unknown, name: FormName): Quantity {
  const parsed = parseAmount(value, name);
  if (!parsed.ok) return parsed;
  if (parsed.value !== null) return { ok: true, value: parsed.value };
  return { ok: false, message: '"unlimited" is not a number', hint: FORMS[name].hint };
}

/** A text that {@link parseAmount} takes. */
export function formatIo(value: number, bytes: boolean): string {
  return bytes ? `${formatBytes(value)}/s` : String(value);
}
