import type { HostResult, HostStatus, MissingDomain, UnmatchedRule } from '../model/result.ts';
import type { SubjectStatus } from '../model/status.ts';

export const EXIT = {
  ok: 0,
  input: 1,
  pending: 2,
  failed: 3,
  unreachable: 4,
  refused: 5,
  stale: 6,
  locked: 7,
  interrupted: 130,
} as const;

/** The error of a host on which virtune itself failed. */
export const INTERNAL = 'internal';

/** What of a run's outcome decides its exit status. */
export interface ExitOutcome {
  readonly hosts: readonly HostResult[];
  /** A required rule named nothing. */
  readonly requiredUnmet: boolean;
  readonly missingDomains: readonly MissingDomain[];
  readonly unmatchedRules: readonly UnmatchedRule[];
}

/** How what is not quite an error counts. */
export interface Strictness {
  /** Exact names that no host has are a warning. */
  readonly missingOk?: boolean | undefined;
  /** Every warning is an error. */
  readonly strict?: boolean | undefined;
}

/** The exit status of a run: with several, the first of interrupted, 1, 5, 3, 4, 2 that holds. */
export function exitCode(
  { hosts, requiredUnmet, missingDomains, unmatchedRules }: ExitOutcome,
  interrupted: boolean,
  { missingOk = false, strict = false }: Strictness = {},
): number {
  const host = (...statuses: HostStatus[]) =>
    hosts.some((h) => h.ignored !== true && statuses.includes(h.status));
  const subject = (...statuses: SubjectStatus[]) =>
    hosts.some((h) => h.resources.some((one) => one.ignored !== true && statuses.includes(one.status)));
  if (interrupted) return EXIT.interrupted;
  if (missingDomains.length > 0 && (strict || !missingOk)) return EXIT.input;
  if (strict && unmatchedRules.length > 0) return EXIT.input;
  if (requiredUnmet || hosts.some(({ errorCode }) => errorCode === INTERNAL)) return EXIT.input;
  if (host('refused') || subject('refused')) return EXIT.refused;
  // A run that ended early has hosts that are not as declared, whatever made it end.
  if (host('failed')) return EXIT.failed;
  if (host('unreachable')) return EXIT.unreachable;
  if (host('skipped')) return EXIT.failed;
  return subject('pending') ? EXIT.pending : EXIT.ok;
}
