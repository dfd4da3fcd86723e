import { DIRECTIONS } from '../../facts/bandwidth.ts';
import type { Values } from '../../model/change.ts';
import type { Watched } from '../module.ts';
import type { FoundNic } from './item.ts';
import { toLimits } from './settings.ts';

/** `<inbound average='12500'/>` within `<interface>`: the settings have the very names of the description. */
export const nicWatched: Watched = {
  element: 'interface',
  keep: ['mac', ...DIRECTIONS.map((direction) => `bandwidth/${direction}`)].map(
    (path) => `domain/devices/interface/${path}`,
  ),
  key: ({ mac }) => `mac.address=${mac}`,
};

/** What is written depends on the description as a whole, which has the limits too. */
export function nicWithLive(found: FoundNic, live: Values): FoundNic {
  const { nic } = found;
  if (nic.live === null) return { ...found, live };
  const { inbound = null, outbound = null } = toLimits(live);
  return { ...found, live, nic: { ...nic, live: { ...nic.live, limits: { inbound, outbound } } } };
}
