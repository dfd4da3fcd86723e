/**
 * Rates and sizes as people write them, to the integers that libvirt takes: kB/s of 1000 bytes for rates, KiB for
 * bursts (libvirt `src/util/virnetdevbandwidth.h`). Integer arithmetic throughout, rounded down, never to zero, since
 * zero means unlimited to libvirt.
 */

export type Quantity =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/**
 * The highest rate in kB/s: virsh takes 32 bits (`VIR_TYPED_PARAM_UINT`), and tc holds them all, in 64 bits of bytes
 * per second (iproute2 and kernel 6.1 with libvirt 9.0: 34359 Gbit/s in htb and police). An older tc or kernel that
 * holds less refuses the set.
 */
export const MAX_RATE = 0xffff_ffff;

/** The largest burst in KiB that tc holds in 32 bits of bytes; libvirt >= 10.8.0 refuses more. */
export const MAX_BURST = 4_194_303;

/** Prefixes of units, of 1000 and of 1024. */
export const PREFIXES: Readonly<Record<string, bigint>> = {
  '': 1n,
  k: 1000n,
  M: 1000n ** 2n,
  G: 1000n ** 3n,
  Ki: 1024n,
  Mi: 1024n ** 2n,
  Gi: 1024n ** 3n,
};

interface Dimension {
  /** Base units and how many bits one of them is. */
  readonly bases: Readonly<Record<string, bigint>>;
  /** Bits in libvirt's own unit. */
  readonly unitBits: bigint;
  readonly what: string;
  readonly unit: string;
  readonly smallest: string;
  readonly max: number;
  /** Who sets the maximum. */
  readonly holder: string;
  readonly format: (value: number) => string;
  readonly examples: string;
  /** The suffixes of the two spellings that a wrong one may have meant: bits, bytes. */
  readonly meant: readonly [string, string];
}

const RATE: Dimension = {
  bases: { 'bit/s': 1n, bps: 1n, 'B/s': 8n },
  unitBits: 8000n,
  what: 'rate',
  unit: 'kB/s',
  smallest: '8 kbit/s',
  max: MAX_RATE,
  holder: 'virsh takes',
  format: formatRate,
  examples: '"100 Mbit/s", "12.5 MB/s" or "1 Gbps"',
  meant: ['bit/s', 'B/s'],
};

const SIZE: Dimension = {
  bases: { bit: 1n, B: 8n },
  unitBits: 8192n,
  what: 'size',
  unit: 'KiB',
  smallest: '1 KiB',
  max: MAX_BURST,
  holder: 'tc can hold',
  format: formatSize,
  examples: '"512 KiB", "64 MiB" or "8 Mbit"',
  meant: ['bit', 'B'],
};

/** A rate in kB/s from a number (libvirt's own unit) or a text such as `100 Mbit/s`. */
export function parseRate(value: unknown): Quantity {
  return parseQuantity(value, RATE);
}

/** What a whole host's network carries, in kB/s: as parseRate, and more than one NIC may have. */
export function parseUplink(value: unknown): Quantity {
  return parseQuantity(value, { ...RATE, max: 1_000_000_000_000, holder: 'a network carries' });
}

/** A burst in KiB from a number (libvirt's own unit) or a text such as `64 MiB`. */
export function parseSize(value: unknown): Quantity {
  return parseQuantity(value, SIZE);
}

/** An amount of memory in KiB: as parseSize, up to what libvirt takes for no limit (2^53 - 1 KiB). */
export function parseMemory(value: unknown): Quantity {
  return parseQuantity(value, { ...SIZE, max: Number.MAX_SAFE_INTEGER - 1, holder: 'libvirt takes' });
}

const NUMBER_AND_UNIT = /^(\d{1,30})(?:\.(\d{1,30}))?\s*((?!e\d)[A-Za-z].*)?$/s;

function parseQuantity(value: unknown, dimension: Dimension): Quantity {
  const { what, examples } = dimension;
  if (typeof value === 'number') return bareNumber(value, String(value), dimension);
  if (typeof value !== 'string') return refuse(`a ${what} must be a number or a text such as ${examples}`);
  const text = value.trim();
  const parts = NUMBER_AND_UNIT.exec(text);
  if (parts === null) return refuse(`"${value}" is not a ${what}`, wordHint(text, dimension));
  const [, whole = '', fraction = '', unit] = parts;
  if (unit === undefined) {
    return fraction === ''
      ? bareNumber(Number(whole), text, dimension)
      : bareNumber(Number(`${whole}.${fraction}`), text, dimension);
  }
  const bits = bitsOf(unit, dimension);
  if (bits === undefined) return refuseUnit(text, `${whole}${fraction && `.${fraction}`}`, unit, dimension);
  const scaled = BigInt(whole + fraction) * bits;
  return inRange(
    scaled / (10n ** BigInt(fraction.length) * dimension.unitBits),
    scaled === 0n,
    text,
    dimension,
  );
}

function bareNumber(value: number, text: string, dimension: Dimension): Quantity {
  if (!Number.isSafeInteger(value) || value < 0) {
    return refuse(
      `${text} is not a whole number of ${dimension.unit}`,
      `a number without a unit is libvirt's own, whole ${dimension.unit}; write a unit, e.g. ${dimension.examples}`,
    );
  }
  return inRange(BigInt(value), value === 0, text, dimension);
}

function inRange(value: bigint, isZero: boolean, text: string, dimension: Dimension): Quantity {
  const { what, smallest, holder, max, unit, format } = dimension;
  if (isZero) {
    const hint =
      what === 'rate'
        ? 'to take a limit away, write unlimited for the whole direction'
        : 'leave it out instead';
    return refuse(`a ${what} of zero means unlimited to libvirt`, hint);
  }
  if (value === 0n)
    return refuse(`"${text}" is less than the smallest ${what} that libvirt can hold, ${smallest}`);
  if (value > BigInt(max)) {
    // The most is printed as a text that is taken, so that nobody is sent in a circle.
    return refuse(`"${text}" is more than ${holder}: at most ${format(max)}${whole(max, unit, format)}`);
  }
  return { ok: true, value: Number(value) };
}

function whole(max: number, unit: string, format: Dimension['format']): string {
  const own = `${max} ${unit}`;
  return format(max) === own ? '' : ` (${own})`;
}

function bitsOf(unit: string, dimension: Dimension): bigint | undefined {
  for (const [base, bits] of Object.entries(dimension.bases)) {
    if (!unit.endsWith(base)) continue;
    const prefix = unit.slice(0, unit.length - base.length);
    if (Object.hasOwn(PREFIXES, prefix)) return (PREFIXES[prefix] ?? 1n) * bits;
  }
  return undefined;
}

/** Units are case-sensitive: m is not M, b is not B. A wrong one is answered with the spellings it may have meant. */
function refuseUnit(text: string, number: string, unit: string, dimension: Dimension): Quantity {
  const [bit, byte] = dimension.meant;
  const letter = /^([kmgKMG])(i?)/.exec(unit);
  if (letter === null && !/^[bB]/.test(unit)) {
    return refuse(
      `"${text}" is not a ${dimension.what}: no unit "${unit.trim()}"`,
      wordHint(text, dimension),
    );
  }
  const prefix =
    letter === null ? '' : letter[2] === 'i' ? `${letter[1]?.toUpperCase()}i` : siPrefix(letter[1] ?? '');
  return refuse(
    `"${text}" is ambiguous or not a ${dimension.what}: no unit "${unit.trim()}"`,
    `did you mean "${number} ${prefix}${bit}" (bits) or "${number} ${prefix}${byte}" (bytes)?`,
  );
}

function siPrefix(letter: string): string {
  return letter === 'k' || letter === 'K' ? 'k' : letter.toUpperCase();
}

function wordHint(text: string, dimension: Dimension): string {
  if (/^(none|no|off|infinite|unlim\w*|max)$/i.test(text)) return 'to take a limit away, write unlimited';
  if (/^\d+,\d+/.test(text)) return 'write decimals with a point';
  return `write a number and a unit, e.g. ${dimension.examples}`;
}

function refuse(message: string, hint?: string): Quantity {
  return hint === undefined ? { ok: false, message } : { ok: false, message, hint };
}

/** libvirt's kB/s for people: `12500` is `100 Mbit/s`. Exact, since 1 kB/s is 8 kbit/s. */
export function formatRate(kilobytes: number): string {
  const kilobits = kilobytes * 8;
  if (kilobits > Number.MAX_SAFE_INTEGER) return `${millionths(BigInt(kilobytes) * 8n)} Gbit/s`;
  if (kilobits >= 1_000_000_000 || (kilobits >= 1_000_000 && kilobits % 1000 === 0))
    return `${kilobits / 1_000_000} Gbit/s`;
  return kilobits >= 1000 ? `${kilobits / 1000} Mbit/s` : `${kilobits} kbit/s`;
}

/** Exact where a number is too long for a float: libvirt's averages have 64 bits. */
function millionths(value: bigint): string {
  const rest = String(value % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${value / 1_000_000n}${rest === '' ? '' : `.${rest}`}`;
}

/** libvirt's KiB for people: `65536` is `64 MiB`; whole numbers only, so that the text is exact. */
export function formatSize(kibibytes: number): string {
  if (kibibytes >= 1024 ** 2 && kibibytes % 1024 ** 2 === 0) return `${kibibytes / 1024 ** 2} GiB`;
  return kibibytes >= 1024 && kibibytes % 1024 === 0 ? `${kibibytes / 1024} MiB` : `${kibibytes} KiB`;
}
