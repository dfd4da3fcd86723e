import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/inventory/address.ts';
import { expandRanges } from '../../../src/inventory/ranges.ts';

describe('expandRanges', () => {
  it.each<[string, readonly string[]]>([
    ['hv1', ['hv1']],
    ['hv[01:03]', ['hv01', 'hv02', 'hv03']],
    ['hv[1:3].net', ['hv1.net', 'hv2.net', 'hv3.net']],
    ['hv[8:11]', ['hv8', 'hv9', 'hv10', 'hv11']],
    ['hv[08:11]', ['hv08', 'hv09', 'hv10', 'hv11']],
    ['hv[1:010]', ['hv1', 'hv2', 'hv3', 'hv4', 'hv5', 'hv6', 'hv7', 'hv8', 'hv9', 'hv10']],
    ['hv[0:2]', ['hv0', 'hv1', 'hv2']],
    ['hv[:2]', ['hv0', 'hv1', 'hv2']],
    ['hv[1:9:4]', ['hv1', 'hv5', 'hv9']],
    ['hv[01:10:3]', ['hv01', 'hv04', 'hv07', 'hv10']],
    ['r[a:c]', ['ra', 'rb', 'rc']],
    ['r[x:B]', ['rx', 'ry', 'rz', 'rA', 'rB']],
    ['r[a:f:2]', ['ra', 'rc', 're']],
    ['r[a:b]-n[1:2]', ['ra-n1', 'ra-n2', 'rb-n1', 'rb-n2']],
    ['hv[5:5]', ['hv5']],
  ])('%s', (name, names) => {
    expect(expandRanges(name)).toEqual({ ok: true, names });
  });

  it.each([
    [
      'hv[01:5]',
      'the range in "hv[01:5]" "[01:5]" must have ends of equal length, since the first has a leading zero',
    ],
    ['hv[5:1]', 'ends before it begins'],
    ['r[c:a]', 'ends before it begins'],
    ['hv[1]', 'is not begin:end or begin:end:step'],
    ['hv[1:2:3:4]', 'is not begin:end or begin:end:step'],
    ['hv[1-5]', 'is not begin:end or begin:end:step'],
    ['hv[1:]', 'has no end'],
    ['hv[1:5:0]', 'needs a step of 1 or more'],
    ['hv[1:5:-1]', 'needs a step of 1 or more'],
    ['hv[ab:cd]', 'must go from number to number or from letter to letter'],
    ['hv[a:5]', 'must go from number to number or from letter to letter'],
    ['hv[1:2', 'has a bracket without its other one'],
    ['hv1:2]', 'has a bracket without its other one'],
    ['hv]1[1:2]', 'has a bracket without its other one'],
    ['hv[1:100001]', 'stands for more than 100000 hosts'],
    ['hv[1:999999999999999]', 'stands for more than 100000 hosts'],
    ['hv[1:1000][1:1000]', 'stands for more than 100000 hosts'],
    [`hv${'[0:9]'.repeat(5000)}`, 'stands for more than 100000 hosts'],
  ])('%s is refused', (name, message) => {
    expect(expandRanges(name)).toEqual(
      expect.objectContaining({ ok: false, message: expect.stringContaining(message) }),
    );
  });

  it('takes 100,000 hosts and no more', () => {
    expect(expandRanges('h[1:100000]').ok).toBe(true);
    expect(expandRanges('h[0:100000]').ok).toBe(false);
    expect(expandRanges('h[1:1000][1:100]').ok).toBe(true);
  });

  it('has every number once, in order, padded as written', () => {
    const nat = fc.nat({ max: 500 });
    fc.assert(
      fc.property(
        nat,
        nat,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 5 }),
        (a, length, step, width) => {
          const end = a + length;
          const digits = Math.max(width, String(end).length);
          const text = (n: number) => String(n).padStart(digits, '0');
          const expanded = expandRanges(`h[${text(a)}:${text(end)}:${step}]x`);
          if (!expanded.ok) throw new Error(expanded.message);
          expect(expanded.names.map((name) => Number(name.slice(1, -1)))).toEqual(
            Array.from({ length: Math.floor(length / step) + 1 }, (_, i) => a + i * step),
          );
          const padded = text(a).startsWith('0') && text(a).length > 1;
          if (padded)
            expect(new Set(expanded.names.map((name) => name.length))).toEqual(new Set([digits + 2]));
        },
      ),
    );
  });
});

describe('parseAddress', () => {
  it.each<[string, string, number | null]>([
    ['hv1', 'hv1', null],
    ['hv1:2222', 'hv1', 2222],
    ['hv[1:3]', 'hv[1:3]', null],
    ['hv[1:3]:22', 'hv[1:3]', 22],
    ['10.0.0.1:22', '10.0.0.1', 22],
    ['::1', '::1', null],
    ['2001:db8::1', '2001:db8::1', null],
    ['[2001:db8::1]:22', '2001:db8::1', 22],
    ['fe80::1%eth0', 'fe80::1%eth0', null],
    ['a:b', 'a:b', null],
  ])('%s', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });
});
