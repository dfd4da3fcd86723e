import type { ConnectionError } from './connection.ts';

/** A login by which programs run on a host: what every transport has to give. */
export interface Transport {
  /**
   * Starts a program. Never throws; events come later, never during the call.
   * @param command one line for the login shell
   * @param noInput there will be none, so it ends at once
   */
  readonly start: (command: string, events: ProgramEvents, noInput?: boolean) => Program;
  /** Why the host must not be told a secret; undefined where it may. */
  readonly withholds: () => ConnectionError | undefined;
  /** Idempotent. What runs fails with code `closed`. */
  readonly close: () => void;
}

/** What a program does. Nothing comes after `ended` and `failed`, of which there is one. */
export interface ProgramEvents {
  readonly started?: (() => void) | undefined;
  readonly stdout: (chunk: Buffer) => void;
  readonly stderr: (chunk: Buffer) => void;
  /** All its output has come. */
  readonly ended: (code: number | null, signal: string | undefined) => void;
  /** ConnectionError: it did not start, or the connection is lost. BecomeError: it was not let become another user. */
  readonly failed: (error: Error) => void;
}

/** A program that was started, from the first moment on: what is written early waits for it. */
export interface Program {
  /** @param done called when more may be written; not called any more once the program is over */
  readonly write: (data: string, done?: () => void) => void;
  /** Ends its input, after what was written. */
  readonly end: () => void;
  /** Holds its standard output back, as far as the connection can. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends it, if it has not ended; no event comes after this. */
  readonly kill: () => void;
}
