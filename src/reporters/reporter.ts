import type { HostResult, RunHead, RunResult } from '../model/result.ts';

/** What a report tells beside the result. */
export interface ReportContext {
  /** The version of virtune. */
  readonly version: string;
  /**
   * A file of the user as platforms link it: relative to the root of its repository, with `/`. A file outside of it,
   * or where there is none, stays as it is.
   */
  readonly inRepository: (file: string) => string;
  /** The file of the saved plan that the result is of. */
  readonly plan?: string | undefined;
}

/** What a platform reads from a file whose name it gives in a variable. It is added to what is there. */
export interface Attachment {
  readonly variable: string;
  readonly pieces: Iterable<string>;
}

/** The line of each event, written as it happens. Pure: times come from the caller, RFC 3339 in UTC. */
export interface EventFormat {
  runStarted(run: RunHead, at: string): string;
  playStarted(play: string, hosts: number, at: string): string;
  hostStarted(host: string, at: string): string;
  hostWaiting(host: string, holder: string | null, at: string): string;
  hostDone(result: HostResult, at: string): string;
  runEnded(result: RunResult, at: string): string;
}

/** One format of `--report`. Pure: the same result gives the same pieces. */
export interface Reporter {
  /** For help texts, a few words. */
  readonly about: string;
  readonly write: (result: RunResult, context: ReportContext) => Iterable<string>;
  /** Where it is written while the run goes on; `write` is for a run that is over. */
  readonly events?: EventFormat;
  /** Where the format is made of lines that the platform takes for commands. */
  readonly ofCommands?: true;
  readonly attachments?: (result: RunResult, context: ReportContext) => readonly Attachment[];
}
