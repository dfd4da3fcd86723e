import { formatRate, formatSize, MAX_BURST, parseRate, parseSize } from '../../base/units.ts';
import { DIRECTIONS, type DirectionLimit, type Rate } from '../../facts/bandwidth.ts';
import { NIC_TYPES } from '../../facts/nics.ts';
import type { ScanCapability, ScanSelector } from '../module.ts';
import type { ApplyTo } from '../selectors/rule.ts';
import { type DomainNic, ownLimits, sameRate, supportsLimits, typesOf } from './domain_nic.ts';
import type { FoundNic } from './item.ts';

/** Rules that keep what NICs have. */
export const scanNics: ScanCapability<FoundNic> = {
  parts: ({ nic }) => partsOfNic(nic),
  selectors,
};

function selectors(alike: readonly FoundNic[], all: readonly FoundNic[]): readonly ScanSelector[] {
  if (alike.length === all.length) return [{}];
  const types = unlimitedTypes(alike, all);
  if (types.length > 0) return [{ nic: { type: types.length === 1 ? types[0] : types } }];
  const positions = alike.flatMap(({ nic }) => nic.index ?? []);
  const others = alike.filter(({ nic }) => nic.index === null);
  return [
    ...(positions.length === 0 ? [] : [{ nic: positions.length === 1 ? positions[0] : positions }]),
    ...others.map(({ nic }) => ({ nic: { mac: nic.mac } })),
  ];
}

/** Where all others are what libvirt cannot limit, what those are, excluded: that holds for VMs with more NICs, too. */
function unlimitedTypes(alike: readonly FoundNic[], all: readonly FoundNic[]): readonly string[] {
  const others = all.filter((one) => !alike.includes(one));
  if (others.some(({ nic }) => supportsLimits(nic))) return [];
  const types = [...new Set(others.map(({ nic }) => nic.type))].sort();
  const apart = alike.every(({ nic }) => !typesOf(nic).some((type) => types.includes(type)));
  return apart && types.every((type) => NIC_TYPES.includes(type)) ? types.map((type) => `!${type}`) : [];
}

/** Limits as a rule has them, in YAML's words. */
interface WrittenLimits {
  readonly rate?: WrittenRate;
  readonly inbound?: WrittenLimit;
  readonly outbound?: WrittenLimit;
}

type WrittenRate = string | number;
type WrittenLimit = WrittenRate | Readonly<Partial<Record<keyof Rate, WrittenRate>>>;

/**
 * What a NIC has of its own, as rules that change nothing. Directions without a limit are not written, nor what the
 * NIC inherits from its network's portgroup: that is the network's to say.
 */
function partsOfNic(nic: DomainNic): ReturnType<ScanCapability<FoundNic>['parts']> {
  const { live, config } = ownLimits(nic);
  const parts: Record<ApplyTo, { inbound?: Rate; outbound?: Rate }> = { both: {}, live: {}, config: {} };
  for (const direction of DIRECTIONS) {
    const [a, b] = [live?.[direction] ?? null, config?.[direction] ?? null];
    if (nic.live === null || nic.config === null || (a !== null && sameRate(a, b))) {
      const only = a ?? b;
      if (only !== null) parts.both[direction] = only;
    } else {
      if (a !== null) parts.live[direction] = a;
      if (b !== null) parts.config[direction] = b;
    }
  }
  const found = (['both', 'live', 'config'] as const).filter(
    (applyTo) => Object.keys(parts[applyTo]).length > 0,
  );
  if (found.length === 0) return { parts: [] };
  if (!supportsLimits(nic))
    return { why: `libvirt shows limits, but cannot limit a NIC of type ${nic.type}` };
  const all = found.flatMap((applyTo) => Object.values(parts[applyTo]) as Rate[]);
  if (nic.isOvs && all.some((limit) => limit.average > 0 && limit.peak === 0))
    return {
      why: 'on Open vSwitch its average without a peak limits nothing, and a rule would add the peak',
    };
  const written = found.map((applyTo) => ({
    ...writeLimits(parts[applyTo]),
    ...(applyTo === 'both' ? {} : { apply_to: applyTo }),
  }));
  if (!all.every(isWritable)) return { why: 'it has values that libvirt shows, but cannot be told again' };
  return { parts: written };
}

function isWritable({ average, peak, burst, floor }: Rate): boolean {
  const fits = (value: number, parse: typeof parseRate) => value === 0 || parse(value).ok;
  return (
    fits(average, parseRate) && fits(peak, parseRate) && fits(burst, parseSize) && fits(floor, parseRate)
  );
}

function writeLimits({ inbound, outbound }: { inbound?: Rate; outbound?: Rate }): WrittenLimits {
  if (
    inbound !== undefined &&
    outbound !== undefined &&
    isSetInterface(inbound) &&
    sameRate(inbound, outbound)
  )
    return { rate: writeRate(inbound.average) };
  return {
    ...(inbound === undefined ? {} : { inbound: writeLimit(inbound) }),
    ...(outbound === undefined ? {} : { outbound: writeLimit(outbound) }),
  };
}

function isSetInterface({ average, peak, burst, floor }: Rate): boolean {
  return floor === 0 && peak === average && burst === Math.min(average, MAX_BURST);
}

function writeLimit({ average, peak, burst, floor }: NonNullable<DirectionLimit>): WrittenLimit {
  if (peak === 0 && burst === 0 && floor === 0) return writeRate(average);
  return {
    ...(average === 0 ? {} : { average: writeRate(average) }),
    ...(peak === 0 ? {} : { peak: writeRate(peak) }),
    ...(burst === 0 ? {} : { burst: writeSize(burst) }),
    ...(floor === 0 ? {} : { floor: writeRate(floor) }),
  };
}

/** Units for people where they come back exactly, else libvirt's own number. */
function writeRate(value: number): WrittenRate {
  return exact(formatRate(value), value, parseRate);
}

function writeSize(value: number): WrittenRate {
  return exact(formatSize(value), value, parseSize);
}

function exact(text: string, value: number, parse: typeof parseRate): WrittenRate {
  const back = parse(text);
  return back.ok && back.value === value ? text : value;
}
