import type { Change } from '../model/change.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { HostResult, HostStatus, MissingDomain, UnmatchedRule } from '../model/result.ts';
import type { SubjectStatus } from '../model/status.ts';
import { hasFailed } from './failures.ts';

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
  /** What files warn of. */
  readonly warnings?: readonly Diagnostic[];
}

/** What `--fail-on` chooses among, in the words of outcomes; `changed` is what a run has written. */
export const FAIL_ON = ['pending', 'changed', 'failed', 'unreachable', 'refused', 'warnings'] as const;

export type FailOn = (typeof FAIL_ON)[number];

/** Drift fails a check, and what a run has changed is what it was for. */
export const FAILS_BY_DEFAULT: readonly FailOn[] = ['pending', 'failed', 'unreachable', 'refused'];

/** How what is not quite an error counts. */
export interface Strictness {
  /** Exact names that no host has are a warning. */
  readonly missingOk?: boolean | undefined;
  /** Every warning is an error. */
  readonly strict?: boolean | undefined;
  /** Default: {@link FAILS_BY_DEFAULT}. */
  readonly failOn?: readonly FailOn[] | undefined;
}

/** The exit status of a run: with several, the first of interrupted, 1, 5, 6, 7, 3, 4, 2 that holds. */
export function exitCode(
  { hosts, requiredUnmet, missingDomains, unmatchedRules, warnings = [] }: ExitOutcome,
  interrupted: boolean,
  { missingOk = false, strict = false, failOn = FAILS_BY_DEFAULT }: Strictness = {},
): number {
  const counted = hosts.filter(({ ignored }) => ignored !== true);
  const host = (status: HostStatus, counts = true) => counts && counted.some((h) => h.status === status);
  const subject = (...statuses: SubjectStatus[]) =>
    hosts.some((h) =>
      h.resources.some((one) => one.ignored !== true && statuses.includes(one.status) && !isHeld(one)),
    );
  const fails = (what: FailOn) => failOn.includes(what);
  const everyWarning = strict || fails('warnings');
  if (interrupted) return EXIT.interrupted;
  if (missingDomains.length > 0 && (everyWarning || !missingOk)) return EXIT.input;
  if (everyWarning && unmatchedRules.length + warnings.length > 0) return EXIT.input;
  if (requiredUnmet || hosts.some(({ errorCode }) => errorCode === INTERNAL)) return EXIT.input;
  if (fails('refused') && (host('refused') || subject('refused'))) return EXIT.refused;
  if (fails('failed') && subject('stale')) return EXIT.stale;
  if (fails('failed') && subject('locked')) return EXIT.locked;
  if (host('failed', fails('failed'))) return EXIT.failed;
  if (host('unreachable', fails('unreachable'))) return EXIT.unreachable;
  // A run that ended early has hosts that are not as declared, whatever made it end.
  if (host('skipped', fails('failed'))) return EXIT.failed;
  // A host that was lost is not called failed: where that passes, what failed on it before still counts.
  const lost = counted.filter(({ status }) => status === 'unreachable');
  if (fails('failed') && lost.some(({ resources }) => resources.some(hasFailed))) return EXIT.failed;
  if (fails('pending') && subject('pending')) return EXIT.pending;
  return fails('changed') && subject('changed') ? EXIT.pending : EXIT.ok;
}

/** What waits for a confirm, which writes it, is not left undone by the run. */
export const isHeld = ({ status, held }: Pick<Change, 'status' | 'held'>): boolean =>
  status === 'pending' && held !== undefined;
