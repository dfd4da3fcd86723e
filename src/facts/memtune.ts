import { child, type Element, text } from '../libvirt/xml.ts';
import type { DomainFact } from './fact.ts';

/** What one description says of a VM's memory, in KiB. */
export interface MemTune {
  /** `<memory>`: what the guest may have, DIMMs included. */
  readonly memory: number;
  /** null is unlimited; 0 is a limit. */
  readonly soft_limit: number | null;
  readonly hard_limit: number | null;
  readonly swap_hard_limit: number | null;
}

/** What libvirt takes, and virsh prints, for no limit (VIR_DOMAIN_MEMORY_PARAM_UNLIMITED). */
const UNLIMITED = 9_007_199_254_740_991;

/** `<memtune>`, and the memory that it limits; libvirt prints all of them in KiB. */
export const memTuneFact: DomainFact<MemTune> = {
  of: 'domain',
  name: 'memtune',
  keep: [
    'domain/memory',
    ...['soft_limit', 'hard_limit', 'swap_hard_limit'].map((name) => `domain/memtune/${name}`),
  ],
  parse: (domain) => {
    const tune = child(domain, 'memtune');
    return {
      memory: number(domain, 'memory') ?? 0,
      soft_limit: number(tune, 'soft_limit'),
      hard_limit: number(tune, 'hard_limit'),
      swap_hard_limit: number(tune, 'swap_hard_limit'),
    };
  },
};

function number(parent: Element | undefined, name: string): number | null {
  const shown = text(child(parent, name)).trim();
  return /^\d+$/.test(shown) && Number(shown) < UNLIMITED ? Number(shown) : null;
}
