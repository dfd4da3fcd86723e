import { DIRECTIONS, type Direction, type DirectionLimit, type Rate } from '../../facts/bandwidth.ts';
import type { OvsState } from '../../facts/ovs.ts';
import type { HtbClass, IngressFilter, Police, TcDevice, TcState } from '../../facts/tc.ts';
import { burstShown, isBurst, isRate, kilobytesOf } from '../../facts/tc_numbers.ts';
import type { KernelDrift, KernelState } from '../../model/change.ts';
import { type DomainNic, supportsLimits } from './domain_nic.ts';
import { type InOvsdb, inOvsdb } from './in_ovsdb.ts';
import { toValues } from './settings.ts';
import { limitText } from './text.ts';

/**
 * What the kernel does with a running NIC, as tc shows it, and what Open vSwitch was told of its port, beside what libvirt
 * describes; null for what does not run and what libvirt cannot limit.
 */
export function kernelOf(nic: DomainNic, tc: TcState, ovs: OvsState | null = null): KernelState | null {
  if (nic.live === null || !supportsLimits(nic)) return null;
  const { values, unknown, byDirection, foreign } = inTc(nic, nic.live, tc);
  const rows = nic.isOvs && ovs !== null ? inOvsdb(nic, ovs) : NO_ROWS;
  const why = unknown ?? rows.unknown;
  return {
    values,
    drift: [
      ...DIRECTIONS.flatMap((direction): readonly KernelDrift[] => {
        const row = rows.drift.get(direction);
        // Queues only follow the rows, so it is told once.
        return row === undefined ? byDirection[direction] : [{ ...row, settings: SETTINGS[direction] }];
      }),
      ...foreign,
    ],
    ...(why === undefined ? {} : { unknown: why }),
  };
}

const NO_ROWS: InOvsdb = { drift: new Map() };

/** What tc shows of a NIC. */
interface InTc extends Pick<KernelState, 'values' | 'unknown'> {
  readonly byDirection: Readonly<Record<Direction, readonly KernelDrift[]>>;
  /** What is of no direction. */
  readonly foreign: readonly KernelDrift[];
}

function inTc(nic: DomainNic, { target, limits }: NonNullable<DomainNic['live']>, tc: TcState): InTc {
  if (tc.unknown !== undefined) return notKnown(tc.unknown);
  const device = tc.devices.get(target);
  if (device === undefined || device.qdiscs.length === 0) return notKnown(NOT_LISTED);
  if (!isDeviceOf(nic, device)) return notKnown(ANOTHERS);
  const [shaped, policed] = directionsOf(nic);
  const shaper = shaperOf(device, nic.isOvs);
  const policer = policerOf(device, nic.isOvs);
  const found = {
    [shaped]: judge(shaped, limits[shaped], shaper, nic.isOvs),
    [policed]: judge(policed, limits[policed], policer, nic.isOvs),
  } as Record<Direction, Judged>;
  const foreign = [shaper, policer].flatMap((part) => ('foreign' in part ? [part.foreign] : []));
  return {
    values: toValues({ inbound: found.inbound.limit, outbound: found.outbound.limit }),
    byDirection: { inbound: found.inbound.drift, outbound: found.outbound.drift },
    foreign: [...new Set(foreign)].map(
      (what): KernelDrift => ({ kind: 'foreign', settings: [], text: foreignText(what) }),
    ),
  };
}

/** What the kernel limits of a running NIC, by direction. */
export function speedsOf(nic: DomainNic, tc: TcState): readonly (readonly [Direction, HtbClass | Police])[] {
  const device = tc.unknown === undefined ? tc.devices.get(nic.live?.target ?? '') : undefined;
  if (device === undefined || !supportsLimits(nic) || !isDeviceOf(nic, device)) return [];
  const [shaped, policed] = directionsOf(nic);
  const parts = [
    [shaped, shaperOf(device, nic.isOvs)],
    [policed, policerOf(device, nic.isOvs)],
  ] as const;
  return parts.flatMap(([direction, part]) => ('speed' in part ? [[direction, part.speed] as const] : []));
}

const notKnown = (unknown: string): InTc => ({
  values: null,
  byDirection: { inbound: [], outbound: [] },
  foreign: [],
  unknown,
});

const NOT_LISTED =
  'tc on the host does not list the device of the NIC: libvirt may be in another network namespace, e.g. of a container';
const ANOTHERS =
  'the device of that name on the host has another MAC: libvirt may be in another network namespace, e.g. of a container';

/**
 * libvirt gives a macvtap the NIC's MAC, and a tap the same with fe as its first byte. udev may give a tap one of its own
 * after that (MACAddressPolicy=persistent; seen on Debian); one that begins with fe and is not this NIC's is another's.
 */
function isDeviceOf({ mac, type }: DomainNic, device: TcDevice): boolean {
  if (device.mac.slice(2) === mac.slice(2) || type === 'ethernet') return true;
  return type !== 'direct' && device.mac !== '' && !device.mac.startsWith('fe:');
}

/** What is shaped and what is policed: a macvtap sees the VM's directions as the VM does (virNetDevBandwidthSet). */
function directionsOf({ type }: DomainNic): readonly [shaped: Direction, policed: Direction] {
  return type === 'direct' ? ['outbound', 'inbound'] : ['inbound', 'outbound'];
}

/** A queue or a policer as it was found. `half` says what lacks of it. */
type Part =
  | { readonly none: true }
  | { readonly half: string }
  | { readonly foreign: string }
  | { readonly speed: HtbClass | Police; readonly many: boolean };

const NONE: Part = { none: true };

/** Where only the system or libvirt itself has put a queue: libvirt's `noqueue` has a handle of its own. */
const isDefault = ({ kind, handle }: TcDevice['qdiscs'][number]) => kind === 'noqueue' || handle === '0:';

function shaperOf({ qdiscs, classes }: TcDevice, isOvs: boolean): Part {
  const root = qdiscs.find(({ parent }) => parent === 'root');
  if (root === undefined || isDefault(root)) return NONE;
  if (root.kind !== 'htb' || root.handle !== '1:') return { foreign: root.kind };
  const ofOvs = classes.some(({ id }) => id === '1:fffe');
  if (ofOvs !== isOvs && classes.length > 0) return { foreign: ofOvs ? 'queues of Open vSwitch' : 'htb' };
  if (root.fallback !== 1) return { foreign: 'htb' };
  const own = classes.filter(({ parent }) => parent === (isOvs ? '1:fffe' : 'root'));
  const speed = own.find(({ id }) => id === '1:1');
  return speed === undefined ? { half: 'its queue has no class' } : { speed, many: own.length > 1 };
}

function policerOf({ qdiscs, filters }: TcDevice, isOvs: boolean): Part {
  const hook = qdiscs.find(({ parent }) => parent === 'ffff:fff1');
  if (hook === undefined) return NONE;
  if (hook.kind !== 'ingress') return { foreign: hook.kind };
  const isOwn = ({ kind, all }: IngressFilter) => all && kind === (isOvs ? 'matchall' : 'u32');
  const other = filters.find((filter) => !isOwn(filter));
  if (other !== undefined) return { foreign: `filter ${other.kind}` };
  const [first, ...more] = filters;
  if (first === undefined || first.police === null)
    return { half: first === undefined ? 'its filter is missing' : 'its filter polices nothing' };
  return { speed: first.police, many: more.length > 0 };
}

interface Judged {
  readonly limit: DirectionLimit;
  readonly drift: readonly KernelDrift[];
}

/** One direction: what libvirt describes, beside what there is. */
function judge(direction: Direction, described: DirectionLimit, part: Part, isOvs: boolean): Judged {
  const wanted = described !== null && described.average > 0 ? described : null;
  const drift = (kind: KernelDrift['kind'], limit: DirectionLimit, text: string): Judged => ({
    limit,
    drift: [{ kind, settings: SETTINGS[direction], text: `${direction}: ${text}` }],
  });
  if (!('speed' in part)) {
    if (wanted !== null && 'half' in part)
      return drift(
        'half',
        null,
        `the kernel limits nothing, ${part.half}; libvirt describes ${limitText(wanted)}`,
      );
    if (wanted !== null)
      return drift('missing', null, `the kernel limits nothing; libvirt describes ${limitText(wanted)}`);
    if ('half' in part) return drift('leftover', null, `half of a limit is left in the kernel, ${part.half}`);
    return { limit: null, drift: [] };
  }
  const found = limitOf(part.speed, wanted, isOvs);
  if (wanted === null) {
    // What Open vSwitch does for others, e.g. for Neutron, looks the same.
    const kind = isOvs ? 'foreign' : 'leftover';
    const whose = isOvs ? 'which Open vSwitch was not told by libvirt' : 'which libvirt does not describe';
    return drift(kind, found.limit, `the kernel limits to ${limitText(found.limit)}, ${whose}`);
  }
  if (part.many)
    return drift('differs', found.limit, 'the kernel has more than one limit; libvirt describes one');
  if (found.same) return { limit: found.limit, drift: [] };
  return drift(
    'differs',
    found.limit,
    `the kernel limits to ${limitText(found.limit)}; libvirt describes ${limitText(wanted)}`,
  );
}

const settingsOf = (direction: Direction) => Object.keys(toValues({ [direction]: null }));
const SETTINGS: Readonly<Record<Direction, readonly string[]>> = {
  inbound: settingsOf('inbound'),
  outbound: settingsOf('outbound'),
};

/** A filter's burst where none is described is what passes in a second, as far as tc can hold that. */
const MOST = 4_194_303;

interface Seen {
  readonly limit: Rate;
  readonly same: boolean;
}

/**
 * What the kernel has in libvirt's units: the described number where tc may print that so, else the nearest one. A policer
 * has no peak, and a burst that was not described is the kernel's own.
 */
function limitOf(speed: HtbClass | Police, wanted: Rate | null, isOvs: boolean): Seen {
  const { rate, burst } = speed;
  const ceil = 'ceil' in speed ? speed.ceil : null;
  const average = wanted !== null && isRate(wanted.average, rate) ? wanted.average : kilobytesOf(rate);
  const seen = { average, peak: 0, burst: Math.round(burst / 1024), floor: 0 };
  const alone = ceil !== null && kilobytesOf(ceil) !== kilobytesOf(rate) ? kilobytesOf(ceil) : 0;
  if (wanted === null) return { limit: { ...seen, peak: alone }, same: false };
  // Open vSwitch lends all of the port's speed where it was told no peak.
  const samePeak =
    ceil === null || (isOvs && wanted.peak === 0) || isRate(wanted.peak || wanted.average, ceil);
  const peak = ceil === null || !samePeak ? alone : wanted.peak;
  const asked = wanted.burst || (ceil === null && !isOvs ? Math.min(wanted.average, MOST) : 0);
  const sameBurst = asked === 0 || isSameBurst(wanted.average, asked, burst, isOvs);
  // A burst of more than the 274 s that the kernel can count is set as another one, however often.
  const held = asked === 0 || isBurst(wanted.average, asked * 1024, burst);
  const limit = { ...seen, peak, burst: sameBurst && (held || isOvs) ? wanted.burst : seen.burst };
  return { limit, same: average === wanted.average && samePeak && sameBurst };
}

/** Open vSwitch never sets less than what passes in one tick, and older releases count 1000 bytes for 1024. */
function isSameBurst(average: number, kibibytes: number, shown: number, isOvs: boolean): boolean {
  return isOvs ? shown >= kibibytes * 970 : isBurst(average, burstShown(average, kibibytes), shown);
}

const foreignText = (what: string) => `the kernel has what libvirt did not set: ${what}`;
