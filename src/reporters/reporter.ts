import type { RunResult } from '../model/result.ts';

/** What a report tells beside the result. */
export interface ReportContext {
  /** The version of virtune. */
  readonly version: string;
  /**
   * A file of the user as platforms link it: relative to the root of its repository, with `/`. A file outside of it,
   * or where there is none, stays as it is.
   */
  readonly inRepository: (file: string) => string;
}

/** What a platform reads from a file whose name it gives in a variable. It is added to what is there. */
export interface Attachment {
  readonly variable: string;
  readonly pieces: Iterable<string>;
}

/** One format of `--report`. Pure: the same result gives the same pieces. */
export interface Reporter {
  /** For help texts, a few words. */
  readonly about: string;
  readonly write: (result: RunResult, context: ReportContext) => Iterable<string>;
  /** Where the format is made of lines that the platform takes for commands. */
  readonly ofCommands?: true;
  readonly attachments?: (result: RunResult, context: ReportContext) => readonly Attachment[];
}
