/**
 * Somebody beside a host's libvirt who sets limits there, e.g. a cloud. Changes name it by the program whose commands
 * their steps are (`via`); who it is, and how it is reached, only those know who make it.
 */
export interface Enforcer {
  /**
   * What it has of what is asked about, read anew: for each question an answer of the enforcer's own form, or why there
   * is none. Never rejects.
   */
  readonly read: (questions: readonly Question[], signal?: AbortSignal) => Promise<readonly Answer[]>;
  /**
   * Runs the commands of steps, each step to an outcome. It writes only where what it has is as it last read it. Never
   * rejects.
   */
  readonly run: (
    steps: readonly (readonly (readonly string[])[])[],
    signal?: AbortSignal,
  ) => Promise<readonly EnforcerOutcome[]>;
  /** At the end of a run: takes away what it made and nobody needs any more. @returns what is worth knowing. Never rejects. */
  readonly finish: () => Promise<readonly string[]>;
}

/** Plain words, by which the enforcer knows what is meant. */
export type Question = Readonly<Record<string, string>>;

export type Answer = { readonly value: unknown } | { readonly problem: string };

export interface EnforcerOutcome {
  /**
   * - ok: all is done
   * - gone: what was to be set is not there any more
   * - stale: it is not as it was read, so that nothing was written
   * - failed: the enforcer said no; nothing is in force that was not before
   * - lost: whether it is done is not known
   */
  readonly kind: 'ok' | 'gone' | 'stale' | 'failed' | 'lost';
  /** Why, in words; '' where it is done. */
  readonly error: string;
}

/** By the names of their programs. */
export type Enforcers = ReadonlyMap<string, Enforcer>;
