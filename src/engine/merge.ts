import type { HostResult, HostStatus } from '../model/result.ts';

/** Worst first. */
const SEVERITY: readonly HostStatus[] = ['unreachable', 'failed', 'refused', 'skipped', 'changed', 'ok'];

/** One result for a host that several plays had. */
export function mergeHostResults(first: HostResult | undefined, second: HostResult): HostResult {
  if (first === undefined) return second;
  const status = SEVERITY.find((name) => first.status === name || second.status === name) ?? second.status;
  return {
    ...first,
    ...second,
    status,
    durationMs: first.durationMs + second.durationMs,
    nics: [...first.nics, ...second.nics],
    nicsTotal: Math.max(first.nicsTotal, second.nicsTotal),
  };
}
