import type { SimDomain, SimLiveNic, SimNic } from './model.ts';
import type { SimTuning } from './tuning.ts';

type InactiveNic = SimNic & { readonly alias?: string };

const derived = new WeakMap<readonly SimLiveNic[], readonly InactiveNic[]>();

/**
 * The NICs that `dumpxml --inactive` shows. A domain that was created transient has no definition of its own: libvirt
 * prints the live one without what it generated, but with aliases and with live limits (seen on 9.0.0).
 */
export function inactiveNics({ config, live }: SimDomain): readonly InactiveNic[] {
  if (config !== null) return config;
  if (live === null) return [];
  const known = derived.get(live);
  if (known !== undefined) return known;
  const nics = live.map((nic) => ({ ...nic, target: isGenerated(nic.target) ? '' : nic.target }));
  derived.set(live, nics);
  return nics;
}

/** The rest of what `dumpxml --inactive` shows. */
export function inactiveTuning({ configTuning, liveTuning }: SimDomain): SimTuning {
  const tuning = configTuning ?? liveTuning;
  if (tuning === null) throw new Error('a domain has a live state or a config');
  return tuning;
}

function isGenerated(target: string): boolean {
  return /^(vnet|macvtap|macvlan)/.test(target);
}
