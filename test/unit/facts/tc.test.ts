import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTc, type TcDevice } from '../../../src/facts/tc.ts';
import { burstShown, isBurst, isRate, parseTcRate, parseTcSize } from '../../../src/facts/tc_numbers.ts';
import { recorded } from './tc_recorded.ts';

const device = (name: string, dev = 'vnet4'): TcDevice => {
  const state = parseTc(recorded(name));
  if (state.unknown !== undefined) throw new Error(state.unknown);
  return state.devices.get(dev)!;
};
const rate = (text: string) => parseTcRate(text)!;

describe('what tc shows', () => {
  it('a tap that libvirt has limited in both directions', () => {
    const { mac, qdiscs, classes, filters } = device('rates 12345 4321');
    expect(mac).toBe('fe:54:00:cc:00:01');
    expect(qdiscs).toEqual([
      { kind: 'htb', handle: '1:', parent: 'root', fallback: 1 },
      { kind: 'sfq', handle: '2:', parent: '1:1' },
      { kind: 'ingress', handle: 'ffff:', parent: 'ffff:fff1' },
    ]);
    const speed = { bits: 98_760_000, step: 1000 };
    expect(classes).toEqual([{ id: '1:1', parent: 'root', rate: speed, ceil: speed, burst: 4_424_682 }]);
    expect(filters).toEqual([{ kind: 'u32', all: true, police: { rate: speed, burst: 4_424_682 } }]);
  });

  it.each([
    ['root-deleted', ['fq_codel 0:', 'ingress ffff:'], 0, 1],
    ['ingress-deleted', ['htb 1:', 'sfq 2:'], 1, 0],
    ['half', ['htb 1:', 'ingress ffff:'], 0, 0],
    ['changed', ['htb 1:', 'sfq 2:', 'ingress ffff:'], 1, 1],
    ['cleared', ['noqueue 8007:'], 0, 0],
    ['foreign-root', ['cake 8008:'], 0, 0],
    ['foreign-fq-clsact', ['fq 8009:', 'clsact ffff:'], 0, 0],
    ['neutron-linuxbridge', ['fq_codel 0:', 'ingress ffff:'], 0, 1],
    ['all-deleted', ['fq_codel 0:'], 0, 0],
  ])('%s', (name, qdiscs, classes, filters) => {
    const found = device(name);
    expect(found.qdiscs.map(({ kind, handle }) => `${kind} ${handle}`)).toEqual(qdiscs);
    expect([found.classes.length, found.filters.length]).toEqual([classes, filters]);
  });

  it('a filter of Neutron, which is not libvirt’s', () => {
    expect(device('neutron-linuxbridge').filters).toEqual([
      { kind: 'basic', all: false, police: { rate: { bits: 3e6, step: 1000 }, burst: 102_400 } },
    ]);
  });

  it('a port of Open vSwitch', () => {
    const { classes, filters } = device('ovs', 'vnet5');
    expect(
      classes.map(({ id, parent, rate: { bits }, ceil, burst }) => [id, parent, bits, ceil.bits, burst]),
    ).toEqual([
      ['1:1', '1:fffe', 8e6, 16e6, 512_000],
      ['1:fffe', 'root', 16e6, 16e6, 1498],
    ]);
    expect(filters).toEqual([
      { kind: 'matchall', all: true, police: { rate: { bits: 24e6, step: 1000 }, burst: 614_400 } },
    ]);
  });

  it('counts what has passed, where it was asked for', () => {
    const none = { bytes: 0, packets: 0, dropped: 0, overlimits: 0 };
    const some = { ...none, bytes: 420, packets: 6 };
    for (const dev of ['vnet4', 'vnet5']) {
      expect(device('counters', dev).classes[0]?.counters).toEqual(some);
      expect(device('counters', dev).filters[0]?.police?.counters).toEqual(none);
    }
  });

  it.each([
    [null, 'libvirt is reached by a URI of another host, whose tc was not asked'],
    ['absent\n', 'tc was not found on the host'],
    [
      'failed\nCannot open netlink socket: Operation not permitted\n',
      'tc did not answer: Cannot open netlink socket: Operation not permitted',
    ],
    ['', 'tc did not answer: '],
  ])('says why it is not known: %j', (said, why) => expect(parseTc(said)).toEqual({ unknown: why }));

  it('takes any text for data', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => parseTc(`ok\n${text}`)).not.toThrow();
      }),
    );
    const words = fc.constantFrom(
      'qdisc',
      'link',
      'Object "@a" is unknown',
      'class htb',
      'filter',
      ' police',
      'rate',
      'Sent',
      ' match',
      '8Mbit',
      '(dropped',
      '\n',
      'fh 800::800',
      'pref 1 u32',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (text) => {
        expect(() => parseTc(`ok\n${text.join(' ')}`)).not.toThrow();
      }),
    );
  });
});

describe('numbers of tc', () => {
  it.each([
    ['81920Kbit', 81_920_000, 1000],
    ['8Mbit', 8e6, 1000],
    ['34359Mbit', 34_359e6, 1e6],
    ['10Gbit', 10e9, 1e6],
    ['34359Gbit', 34_359e9, 1e9],
    ['984bit', 984, 1],
    ['2.5Gbit', 2.5e9, 1e6],
    ['3Mibit', 3 * 1024 * 1024, 1024],
    ['1Tbit', 1e12, 1e9],
  ])('%s', (text, bits, step) => expect(parseTcRate(text)).toEqual({ bits, step }));

  it.each([
    ['1600b', 1600],
    ['500Kb', 512_000],
    ['5Mb', 5 * 1024 * 1024],
    ['2.748e+06Kb', 2_748_000 * 1024],
    ['4294960000b', 4_294_960_000],
    ['4Gb', 4 * 1024 ** 3],
  ])('%s', (text, bytes) => expect(parseTcSize(text)).toBe(bytes));

  it.each(['', 'bit', '8', '8mbit', 'rate', '8Mb', '-8Mbit', 'NaNbit'])('no rate: %j', (text) =>
    expect(parseTcRate(text)).toBeUndefined(),
  );

  it('recognises what was declared, and nothing else', () => {
    // As recorded: kB/s, KiB and what tc printed for them.
    const pairs: readonly (readonly [number, number, string, string])[] = [
      [12_345, 4321, '98760Kbit', '4424682b'],
      [123_457, 1, '987656Kbit', '987b'],
      [1_250_000, 999, '10Gbit', '1021250b'],
      [12_500, 12_501, '100Mbit', '12801000b'],
      [10_240, 4_194_303, '81920Kbit', '1480216504b'],
      [5_000_000, 4_194_303, '40Gbit', '4294960000b'],
      [1000, 500, '8Mbit', '500Kb'],
      [10_240, 2_748_000, '81920Kbit', '2.748e+06Kb'],
    ];
    for (const [average, burst, shownRate, shownBurst] of pairs) {
      expect(isRate(average, rate(shownRate)), shownRate).toBe(true);
      expect(isBurst(average, burstShown(average, burst), parseTcSize(shownBurst)!), shownBurst).toBe(true);
      expect(isRate(average * 1.01, rate(shownRate))).toBe(false);
      expect(isBurst(average, burstShown(average, burst * 2), parseTcSize(shownBurst)!)).toBe(false);
    }
    // More than 32 bits of bytes a second, cut off in print.
    expect(isRate(4_294_967, rate('34359Mbit'))).toBe(true);
    expect(isRate(1_250_001, rate('10Gbit'))).toBe(true);
    expect(isRate(1_375_000, rate('10Gbit'))).toBe(false);
    expect(isRate(4_294_967_295, rate('34359Gbit'))).toBe(true);
  });

  it('every rate that libvirt takes is found in what tc prints of it', () => {
    const print = (kilobytes: number) => {
      let [bits, unit] = [BigInt(kilobytes) * 8000n, 0];
      while (unit < 4 && bits >= 1000n && (bits % 1000n === 0n || bits >= 1_000_000n)) {
        bits /= 1000n;
        unit++;
      }
      return `${bits}${['', 'K', 'M', 'G', 'T'][unit]}bit`;
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_294_967_295 }), (kilobytes) => {
        const shown = rate(print(kilobytes));
        expect(isRate(kilobytes, shown), print(kilobytes)).toBe(true);
        expect(isRate(kilobytes + Math.ceil(kilobytes / 100) + 1, shown)).toBe(false);
      }),
    );
  });
});
