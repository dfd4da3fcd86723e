import { plural, printable } from '../base/text.ts';
import type { Observer } from '../engine/observer.ts';
import type { HostResult, RunResult } from '../model/result.ts';
import { hung } from './hang.ts';
import { overview } from './overview.ts';
import { type Folds, linesOf, type Part } from './parts.ts';
import { paintFor } from './style.ts';
import { closingLines, type TextOptions } from './text.ts';
import { troubleText } from './trouble.ts';
import { wrapText } from './wrap.ts';

/** The view for people, on one stream, while a run goes on and at its end. */
export interface TerminalView extends Observer {
  /** Says at once what becomes of the run, e.g. that it was interrupted. */
  say(text: string): void;
  /** Waits until everything is drawn, then writes the closing lines; none for null, where others say what became of it. */
  end(result: RunResult | null): Promise<void>;
}

export interface TerminalOptions extends Omit<TextOptions, 'paint' | 'columns'> {
  readonly stream: NodeJS.WriteStream;
  /** What is said of each host by itself; where it is absent, all of them are told together. */
  readonly hostLines?: ((host: HostResult, options: TextOptions) => string[]) | undefined;
  /** The run changes something, or would: a title and a word on check mode. */
  readonly ofChanges: boolean;
  /** What folds long lists, where the stream is a log that can. */
  readonly folds?: Folds | undefined;
  readonly plays: readonly { readonly name: string; readonly hosts: number }[];
}

/** What the views have in common: what they say once the run is over. */
export interface Ending {
  readonly playStarted: () => void;
  readonly hostDone: (result: HostResult) => void;
  readonly parts: (result: RunResult) => readonly Part[];
}

/** Hosts are told in the order of the result. Of one that is told by itself its text is kept, and not all that it has. */
export function ending(options: TerminalOptions): Ending {
  const { stream, hostLines, ofChanges, plays } = options;
  const text: TextOptions = { ...options, paint: paintFor(stream), columns: stream.columns };
  const parts: Map<string, Part>[] = [];
  return {
    playStarted: () => void parts.push(new Map()),
    hostDone: (result) => {
      if (hostLines === undefined) return;
      // What went wrong stays open, and so does what somebody has asked to see.
      const foldable = ofChanges && troubleText(result, text.paint) === '';
      const lines = hostLines(result, text);
      parts.at(-1)?.set(result.name, { lines: ofChanges ? hung(lines, stream.columns) : lines, foldable });
    },
    parts: (result) => {
      const byHost = parts.flatMap((own, play) => {
        const { name, hosts } = plays[play] ?? { name: '', hosts: 0 };
        const title = ofChanges && plays.length > 1 ? [{ lines: [playTitle(name, hosts, options)] }] : [];
        return [...title, ...result.hosts.flatMap((host) => own.get(host.name) ?? [])];
      });
      const told = hostLines === undefined ? overview(result.hosts, text) : byHost;
      // A command line stays whole, to be copied.
      const closing = closingLines(result, text).flatMap((line) =>
        line === '' || line.startsWith(' ') ? [line] : wrapText(line, 0, stream.columns),
      );
      // The title above ends with a blank line.
      if (linesOf(told).length === 0 && closing[0] === '') closing.shift();
      const last = linesOf(told).at(-1);
      const gap = last !== undefined && last !== '' && closing[0] !== '' ? [''] : [];
      // A table ends with a blank line of its own.
      const rest = last === '' && closing[0] === '' ? closing.slice(1) : closing;
      return [...told, { lines: [...gap, ...rest] }];
    },
  };
}

/** `PLAY Enforce NIC limits: 3 hosts, check mode`. */
export function playTitle(
  name: string,
  hosts: number,
  { check, plan }: Pick<TextOptions, 'check' | 'plan'>,
): string {
  return `PLAY ${printable(name)}: ${[plural(hosts, 'host'), ...modeWords(check, plan)].join(', ')}`;
}

/** What kind of run that is, where it writes nothing. @param plan the file of the plan that it is saved in */
export function modeWords(check: boolean, plan: string | undefined): readonly string[] {
  if (plan !== undefined) return ['a plan'];
  return check ? ['check mode'] : [];
}

/** What a host does whose write waits for that of another. @param holder the host's words */
export const waitingOn = (holder: string): string => `waits for another writer: ${printable(holder)}`;

/** What is said while a host waits for another writer. @param holder the host's words */
export function waitingText(name: string, holder: string): string {
  return `${printable(name)} ${waitingOn(holder)}`;
}

/** What is said while a run waits before a batch. */
export function pauseText(seconds: number, hosts: number): string {
  return `Waiting ${seconds} s before the next ${plural(hosts, 'host')}.`;
}
