/**
 * What became of one subject. The names are the report's:
 * - inSync: has what it is to have, nothing was written
 * - pending: differs, check mode wrote nothing
 * - changed: written, read back, and right
 * - unsupported: libvirt cannot limit it, or cannot hold what is asked for
 * - notFound: it was there when read and gone when written
 * - notRunning: the rule is for the running VM only, and the VM does not run
 * - ambiguous: libvirt's address of it means another one, or several
 * - conflict: somebody else limits it too, by a way of their own, so nothing was written
 * - busy: another job held the VM throughout all tries
 * - refused: libvirt would take the change and the VM would not start again, two tasks want different things of it, or
 *   a guard rail says no
 * - stale: it, or its VM, is not as it was when the change was planned, so nothing was written
 * - locked: somebody else was writing on the host throughout, so nothing was written
 * - failed: libvirt refused, or the read-back shows something else; see the reason
 * - unreachable: the host was lost before the outcome was known
 * - skipped: the run ended before its turn
 * - waived: differs, and is left so until a time, as somebody has said in a file
 * - unmanaged: no rule names it; listed only when asked for
 */
export const SUBJECT_STATUSES = [
  'inSync',
  'pending',
  'changed',
  'unsupported',
  'notFound',
  'notRunning',
  'ambiguous',
  'conflict',
  'busy',
  'refused',
  'stale',
  'locked',
  'failed',
  'unreachable',
  'skipped',
  'waived',
  'unmanaged',
] as const;

export type SubjectStatus = (typeof SUBJECT_STATUSES)[number];

/** The rule that something desired came from. */
export interface RuleRef {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** What a watch has nothing to do about; all others are not as declared. */
export const AS_DECLARED: readonly SubjectStatus[] = [
  'inSync',
  'changed',
  'unmanaged',
  'notRunning',
  'waived',
];
