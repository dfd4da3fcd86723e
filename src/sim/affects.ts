import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from './command.ts';
import { flag } from './command.ts';
import type { SimDomain } from './model.ts';

/** Which states a call is about. */
export interface Affects {
  readonly live: boolean;
  readonly config: boolean;
}

/** What a call is about, from its flags: none of them means the live state of an active domain, else the config. */
export function resolveFlags(domain: SimDomain, flags: Affects): Affects | { readonly error: string } {
  const active = domain.live !== null;
  if (!flags.live && !flags.config) return { live: active, config: !active };
  if (flags.live && !active) return { error: 'Requested operation is not valid: domain is not running' };
  if (flags.config && !domain.persistent)
    return { error: 'Requested operation is not valid: transient domains do not have any persistent config' };
  return flags;
}

/** The same for a query, which is about one state only. */
export function queryFlags(call: Call, domain: SimDomain): Affects | { readonly error: string } {
  const flags = { live: flag(call, 'live'), config: flag(call, 'config') };
  return flags.live && flags.config
    ? { error: "Flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive" }
    : resolveFlags(domain, flags);
}

/** A change needs the domain's lock; libvirt waits for it and then gives up. A query needs no lock. */
export async function acquireJob(call: Call, domain: SimDomain): Promise<string | null> {
  const { busy, job } = domain;
  if (busy === null && job === null) return null;
  await delay(call.host.knobs.lockTimeoutMs);
  // The other job may have ended meanwhile.
  if (domain.job !== null) return heldBy(domain.job);
  if (busy === null || domain.busy === null) return null;
  busy.attempts--;
  if (busy.attempts <= 0) domain.busy = null;
  return heldBy(busy.holder);
}

const heldBy = (holder: string): string =>
  `Timed out during operation: cannot acquire state change lock (held by monitor=${holder})`;
