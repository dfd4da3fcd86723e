import type { DesiredLimits, DirectionLimit } from '../../facts/bandwidth.ts';

/**
 * The argument of `--inbound` and `--outbound`: average[,peak[,burst[,floor]]]. A direction that is passed is replaced
 * whole, so all its fields are sent; 0 takes the limit away. Zero and empty fields are the same to virsh
 * (`virshParseRateStr`), but an average of 0 beside a floor must be empty.
 */
export function renderRate(limit: DirectionLimit): string {
  if (limit === null) return '0';
  const { average, peak, burst, floor } = limit;
  const fields =
    floor > 0 ? [average, peak, burst, floor] : peak > 0 || burst > 0 ? [average, peak, burst] : [average];
  return fields.map((field, index) => (index === 0 && field === 0 ? '' : String(field))).join(',');
}

/** All forms of {@link domiftune}. */
export const DOMIFTUNE =
  'domiftune $uuid ([0-9a-f]{2}:){5}[0-9a-f]{2}( --live)?( --config)?( --inbound [0-9]*(,[0-9]+){0,3})?( --outbound [0-9]*(,[0-9]+){0,3})?';

/**
 * A `virsh domiftune` that sets the given directions. NICs are addressed by UUID and MAC, never by name: target names
 * differ between the live and the persistent configuration.
 */
export function domiftune(
  uuid: string,
  mac: string,
  flags: readonly ('--live' | '--config')[],
  limits: DesiredLimits,
): readonly string[] {
  const command: string[] = ['domiftune', uuid, mac, ...flags];
  if (limits.inbound !== undefined) command.push('--inbound', renderRate(limits.inbound));
  if (limits.outbound !== undefined) command.push('--outbound', renderRate(limits.outbound));
  return command;
}
