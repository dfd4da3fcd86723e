import { type DesiredLimits, DIRECTIONS, type Limits } from '../../facts/bandwidth.ts';
import type { Step } from '../../model/change.ts';
import { type DomainNic, sameRate } from './domain_nic.ts';
import { domiftune } from './domiftune.ts';
import type { CurrentLimits, DesiredBySide, Side } from './item.ts';

/**
 * The writes that bring a NIC from what it has to what is desired, for the sides that differ. One command where both
 * sides take the same: then libvirt leaves the configuration alone if the live set fails. Where they take different
 * ones, the configuration is a step of its own that runs only after the live one has succeeded, for the same reason.
 * @param rewrite sets what is in force anew, whatever it seems to be
 */
export function stepsFor(
  nic: DomainNic,
  desired: DesiredBySide,
  current: CurrentLimits,
  differing: readonly Side[],
  rewrite: boolean,
): readonly Step[] {
  const { uuid } = nic.domain;
  const live = { ...fromElsewhere(nic, desired.live), ...withKept(nic, desired.live, current.live) };
  const config = withKept(nic, desired.config, current.config);
  const write = (flags: readonly ('--live' | '--config')[], what: DesiredLimits): Step => ({
    commands: [
      ...(flags.includes('--live') ? clearFirst(nic, what, rewrite) : []),
      domiftune(uuid, nic.mac, flags, what),
    ],
  });
  if (differing.length === 2 && sameLimits(live, config)) return [write(['--live', '--config'], live)];
  return differing.map((side) => (side === 'live' ? write(['--live'], live) : write(['--config'], config)));
}

/**
 * A portgroup's limits hold for a NIC as long as it has none of its own at all. So the first own limit, of one
 * direction, would silently drop the portgroup's limit of the other: pass on what is in force as well.
 */
function withKept(nic: DomainNic, desired: DesiredLimits, current: Limits | null): DesiredLimits {
  if (nic.inherited === null || current === null || Object.keys(desired).length === 0) return desired;
  return { ...current, ...desired };
}

/**
 * What a running NIC has in a libvirt network and its configuration does not say: it may have got that from a portgroup
 * when it was plugged, which has it no more by now, or which its configuration does not name. It is passed on as well.
 */
function fromElsewhere({ live, config }: DomainNic, desired: DesiredLimits): DesiredLimits {
  if (!live?.source.network || Object.keys(desired).length === 0) return {};
  const own = DIRECTIONS.filter(
    (direction) =>
      live.limits[direction] !== null && !sameRate(live.limits[direction], config?.limits[direction] ?? null),
  );
  return Object.fromEntries(own.map((direction) => [direction, live.limits[direction]]));
}

/**
 * Open vSwitch: libvirt only sets keys in OVSDB, so a burst or peak that is left out stays in force. Clearing the
 * direction first removes the row (facts: virNetDevOpenvswitchInterfaceSetQos). Nor does ovs-vswitchd do anything where
 * OVSDB stays as it is, so to rewrite is to clear and to set.
 */
function clearFirst(nic: DomainNic, desired: DesiredLimits, rewrite: boolean): (readonly string[])[] {
  if (!nic.isOvs || nic.live === null) return [];
  const old = nic.live.limits;
  const stale = DIRECTIONS.filter((direction) => {
    const had = old[direction];
    const want = desired[direction];
    if (had === null || want === undefined || want === null) return false;
    return (
      rewrite ||
      (direction === 'inbound' && had.peak > 0 && want.peak === 0) ||
      (had.burst > 0 && want.burst === 0)
    );
  });
  if (stale.length === 0) return [];
  const none = Object.fromEntries(stale.map((direction) => [direction, null]));
  return [domiftune(nic.domain.uuid, nic.mac, ['--live'], none)];
}

/** Whether two states are to have the same. */
export function sameLimits(a: DesiredLimits, b: DesiredLimits): boolean {
  return DIRECTIONS.every((direction) => {
    const [x, y] = [a[direction], b[direction]];
    return x === undefined || y === undefined ? x === y : sameRate(x, y);
  });
}
