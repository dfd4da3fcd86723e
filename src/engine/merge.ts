import type { HostResult, HostStatus } from '../model/result.ts';
import { mergeNics } from './merge_nics.ts';

/** Worst first. */
const SEVERITY: readonly HostStatus[] = ['unreachable', 'failed', 'refused', 'skipped', 'changed', 'ok'];

/** One result for a host that several plays had. */
export function mergeHostResults(first: HostResult | undefined, second: HostResult): HostResult {
  if (first === undefined) return second;
  // What is ignored shows only where nothing counts.
  const counted = [first, second].filter((result) => result.ignored !== true);
  const shown =
    counted.some((result) => SEVERITY.indexOf(result.status) < 4) || counted.length === 2
      ? counted
      : [first, second];
  const status = SEVERITY.find((name) => shown.some((result) => result.status === name)) ?? second.status;
  const { ignored: _first, ...one } = first;
  const { ignored: _second, ...two } = second;
  const notes = [...new Set([...(first.notes ?? []), ...(second.notes ?? [])])];
  return {
    ...one,
    ...two,
    status,
    durationMs: first.durationMs + second.durationMs,
    nics: mergeNics([...first.nics, ...second.nics]),
    nicsTotal: Math.max(first.nicsTotal, second.nicsTotal),
    ...(notes.length === 0 ? {} : { notes }),
    ...(shown.some((result) => result.ignored === true && result.status === status) ? { ignored: true } : {}),
  };
}
