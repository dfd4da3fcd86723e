import type { Draw } from './draw.ts';

/** A value in libvirt's unit and one of the ways to write it. */
export interface Quantity {
  readonly value: number;
  /** A scalar of YAML: a number, or a text to be quoted. */
  readonly written: number | string;
}

/** `whole / 10 ** digits` as people write it, with nothing lost. */
function decimal(whole: bigint, digits: number): string {
  const text = String(whole).padStart(digits + 1, '0');
  const fraction = text.slice(text.length - digits).replace(/0+$/, '');
  return `${text.slice(0, text.length - digits)}${fraction && `.${fraction}`}`;
}

const space = (draw: Draw) => draw.pick(['', ' ', ' ', '  ']);
const ceilDiv = (a: bigint, b: bigint) => (a + b - 1n) / b;

/** Exact spellings of N kB/s by unit: how many of its 10^digits-th parts one kB/s is. */
const EXACT_RATES: readonly (readonly [unit: string, digits: number, parts: bigint])[] = [
  ['bit/s', 0, 8000n],
  ['bps', 0, 8000n],
  ['B/s', 0, 1000n],
  ['kbit/s', 0, 8n],
  ['kbps', 0, 8n],
  ['kB/s', 0, 1n],
  ['Mbit/s', 3, 8n],
  ['Mbps', 3, 8n],
  ['MB/s', 3, 1n],
  ['Gbit/s', 6, 8n],
  ['Gbps', 6, 8n],
  ['GB/s', 6, 1n],
];

/** IEC spellings: bits of one of them. What is below a whole kB/s is cut off. */
const BINARY_RATES: readonly (readonly [unit: string, bits: bigint])[] = [
  ['Kibit/s', 1024n],
  ['KiB/s', 8192n],
  ['Mibit/s', 1024n ** 2n],
  ['Mibps', 1024n ** 2n],
  ['MiB/s', 8n * 1024n ** 2n],
];

/** @param value in kB/s; the one that is meant may be higher, where the spelling cannot say this one */
export function rate(draw: Draw, value: number): Quantity {
  const n = BigInt(value);
  switch (draw.int(0, 9)) {
    case 0:
      return { value, written: value };
    case 1:
      return { value, written: String(value) };
    case 2: {
      const [unit, bits] = draw.pick(BINARY_RATES);
      const count = ceilDiv(n * 8000n, bits);
      return { value: Number((count * bits) / 8000n), written: `${count}${space(draw)}${unit}` };
    }
    case 3: {
      const bits = n * 8000n + BigInt(draw.int(0, 7999));
      return { value, written: `${bits}${space(draw)}${draw.pick(['bit/s', 'bps'])}` };
    }
    default: {
      const [unit, digits, parts] = draw.pick(EXACT_RATES);
      return { value, written: `${decimal(n * parts, digits)}${space(draw)}${unit}` };
    }
  }
}

/** @param value in KiB; see {@link rate} */
export function size(draw: Draw, value: number): Quantity {
  const n = BigInt(value);
  const exact = (text: string, unit: string): Quantity => ({
    value,
    written: `${text}${space(draw)}${unit}`,
  });
  switch (draw.int(0, 6)) {
    case 0:
      return { value, written: value };
    case 1:
      return exact(String(n * 1024n + BigInt(draw.int(0, 1023))), 'B');
    case 2:
      return exact(String(n * 8n), 'Kibit');
    case 3:
      return exact(decimal((n * 10n ** 10n) / 1024n, 10), 'MiB');
    case 4: {
      const kilobytes = ceilDiv(n * 1024n, 1000n);
      return {
        value: Number((kilobytes * 1000n) / 1024n),
        written: `${kilobytes}${space(draw)}kB`,
      };
    }
    case 5: {
      const megabits = ceilDiv(n * 8192n, 1_000_000n);
      return {
        value: Number((megabits * 1_000_000n) / 8192n),
        written: `${megabits}${space(draw)}Mbit`,
      };
    }
    default:
      return exact(String(n), 'KiB');
  }
}
