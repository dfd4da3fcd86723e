import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatRate,
  formatSize,
  MAX_BURST,
  MAX_RATE,
  parseRate,
  parseSize,
  parseUplink,
} from '../../../src/base/units.ts';

const value = (quantity: ReturnType<typeof parseRate>) => (quantity.ok ? quantity.value : quantity.message);

describe('rates', () => {
  it.each([
    ['100 Mbit/s', 12_500],
    ['100Mbit/s', 12_500],
    ['10MB/s', 10_000],
    ['10 MiB/s', 10_485],
    ['1 Gbps', 125_000],
    ['1 Gibit/s', 134_217],
    ['1.5 Gbit/s', 187_500],
    ['12.5 MB/s', 12_500],
    ['8 kbit/s', 1],
    ['8000 bit/s', 1],
    ['15.9 kbit/s', 1],
    ['1000 B/s', 1],
    ['1 KiB/s', 1],
    [' 100 Mbit/s ', 12_500],
    ['12500', 12_500],
    [12_500, 12_500],
    // Real tc and libvirt 9.0 hold these; only a burst has tc's 32 bits.
    ['40 Gbit/s', 5_000_000],
    ['67.10784 Gbit/s', 8_388_480],
    [MAX_RATE, MAX_RATE],
    [MAX_RATE, 4_294_967_295],
  ])('%j is %d kB/s', (text, expected) => {
    expect(parseRate(text)).toEqual({ ok: true, value: expected });
  });

  it.each([
    ['100 mbps', /did you mean "100 Mbit\/s" \(bits\) or "100 MB\/s" \(bytes\)/],
    ['100M', /did you mean "100 Mbit\/s"/],
    ['100 Kb', /did you mean "100 kbit\/s" \(bits\) or "100 kB\/s"/],
    ['100 Mb/s', /did you mean "100 Mbit\/s"/],
    ['100 MBit/s', /did you mean "100 Mbit\/s"/],
    ['100 KB/s', /did you mean "100 kbit\/s" \(bits\) or "100 kB\/s"/],
    ['100 Tbit/s', /write a number and a unit/],
    ['none', /write unlimited/],
    ['1,5 Gbit/s', /with a point/],
    ['', /write a number and a unit/],
  ])('%j is refused with what was perhaps meant', (text, hint) => {
    const parsed = parseRate(text);
    expect(parsed.ok).toBe(false);
    expect(!parsed.ok && parsed.hint).toMatch(hint);
  });

  it.each([
    ['1 bit/s', /less than the smallest/],
    ['7.999 kbit/s', /less than the smallest/],
    [0, /zero means unlimited/],
    ['0 Mbit/s', /zero means unlimited/],
    ['0.0 bit/s', /zero means unlimited/],
    ['34360 Gbit/s', /more than virsh takes: at most 34359.73836 Gbit\/s \(4294967295 kB\/s\)$/],
    [MAX_RATE + 1, /more than virsh takes/],
    ['9'.repeat(30), /more than virsh takes|not a whole number/],
    [-1, /not a whole number/],
    [1.5, /not a whole number/],
    ['1.5', /not a whole number/],
    [Number.NaN, /not a whole number/],
    ['-1 Mbit/s', /is not a rate/],
    ['1e3', /is not a rate/],
    [null, /must be a number or a text/],
    [true, /must be a number or a text/],
  ])('%j is refused: %s', (text, message) => {
    expect(value(parseRate(text))).toMatch(message);
  });

  it('never gives zero, nor more than was asked for', () => {
    const unit = fc.constantFrom(
      ['bit/s', 1],
      ['kbit/s', 1000],
      ['Mbit/s', 1e6],
      ['Kibit/s', 1024],
      ['B/s', 8],
      ['MiB/s', 8 * 2 ** 20],
    );
    fc.assert(
      fc.property(fc.nat(5_000_000), fc.nat(999), unit, (whole, thousandths, [name, bits]) => {
        const text = `${whole}.${String(thousandths).padStart(3, '0')} ${name}`;
        const parsed = parseRate(text);
        const asked = BigInt(whole * 1000 + thousandths) * BigInt(bits as number);
        if (!parsed.ok) return asked < 8_000_000n || asked / 8_000_000n > BigInt(MAX_RATE);
        const got = BigInt(parsed.value) * 8_000_000n;
        return parsed.value > 0 && got <= asked && asked - got < 8_000_000n;
      }),
    );
  });

  it.each([
    [4_294_967_295, '34359.73836 Gbit/s'],
    [9_007_199_254_740_991, '72057594037.927928 Gbit/s'],
    [2_250_000_000_000_000, '18000000000 Gbit/s'],
  ])('%d kB/s is told whole', (kilobytes, text) => {
    expect(formatRate(kilobytes)).toBe(text);
  });

  it('reads back what it prints, exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_RATE }), (rate) => {
        expect(parseRate(formatRate(rate))).toEqual({ ok: true, value: rate });
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        const parsed = parseRate(anything);
        return parsed.ok ? Number.isInteger(parsed.value) : parsed.message.length > 0;
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => typeof parseRate(text).ok === 'boolean'));
  });
});

describe('sizes', () => {
  it.each([
    ['64 MiB', 65_536],
    ['512 kB', 500],
    ['8 Mbit', 976],
    ['512', 512],
    [512, 512],
    [MAX_BURST, MAX_BURST],
  ])('%j is %d KiB', (text, expected) => {
    expect(parseSize(text)).toEqual({ ok: true, value: expected });
  });

  it.each([['1 B'], ['4 GiB'], [MAX_BURST + 1], ['512 kb'], ['64M'], ['100 Mbit/s'], [0]])(
    '%j is refused',
    (text) => {
      expect(parseSize(text).ok).toBe(false);
    },
  );

  it('reads back what it prints, exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_BURST }), (size) => {
        expect(parseSize(formatSize(size))).toEqual({ ok: true, value: size });
      }),
    );
  });
});

it.each([
  ['rate', parseRate, `${MAX_RATE + 1}`, MAX_RATE],
  ['size', parseSize, `${MAX_BURST + 1}`, MAX_BURST],
  ['size in words', parseSize, '4 GiB', MAX_BURST],
  ['uplink', parseUplink, '9000000 Gbit/s', 1_000_000_000_000],
])('a refused %s names a most that is taken', (_, parse, text, most) => {
  const said = /at most ([^(]+?)(?: \((\d+) \S+\))?$/.exec(value(parse(text)) as string);
  expect(parse(said?.[1])).toEqual({ ok: true, value: most });
  if (said?.[2] !== undefined) expect(parse(said[2])).toEqual({ ok: true, value: most });
});
