import { defineDomain } from './define.ts';
import type { SimHost } from './model.ts';
import { simHost } from './model.ts';
import { novaMetadata } from './nova.ts';

export interface ScaleSpec {
  readonly hosts: number;
  readonly domains: number;
  readonly nics: number;
  /** Share of the NICs that are as {@link scaleRules} wants them, 0 to 1; default 1. */
  readonly converged?: number;
  /** Nova's metadata in every domain; default true. */
  readonly metadata?: boolean;
  readonly seed?: number;
}

/** What every NIC of a scale fleet is to have. */
const RATE = { average: 12_500, peak: 12_500, burst: 12_500, floor: 0 };

/** The rules that a scale fleet is in sync with, as `nic_limits` has them. */
export function scaleRules(): readonly Readonly<Record<string, unknown>>[] {
  return [{ name: 'everything', domain: 'vm-*', rate: '100 Mbit/s' }];
}

/** Many alike hypervisors for benchmarks: the same at every start. */
export function scaleFleet(spec: ScaleSpec): readonly SimHost[] {
  const random = mulberry32(spec.seed ?? 1);
  const converged = spec.converged ?? 1;
  return Array.from({ length: spec.hosts }, (_, h) => {
    const host = simHost(`hv${String(h + 1).padStart(4, '0')}`);
    for (let d = 1; d <= spec.domains; d++) {
      const name = `vm-${String(d).padStart(3, '0')}`;
      const nics = Array.from({ length: spec.nics }, () => ({
        source: { bridge: 'br0' },
        ...(random() < converged ? { inbound: RATE, outbound: RATE } : {}),
      }));
      defineDomain(host, { name, nics, metadata: spec.metadata === false ? '' : metadataOf(d) });
    }
    return host;
  });
}

/** One string for all hosts: memory counts here. */
const metadataTexts = new Map<number, string>();

function metadataOf(index: number): string {
  const known = metadataTexts.get(index);
  if (known !== undefined) return known;
  const text = novaMetadata({
    name: `app-${index}`,
    flavor: 'm1.small',
    memoryMiB: 2048,
    vcpus: 2,
    project: 'shop',
    user: 'alice',
  });
  metadataTexts.set(index, text);
  return text;
}

/** A small seeded generator. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
