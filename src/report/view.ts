import { plural, printable } from '../base/text.ts';
import type { Observer } from '../engine/observer.ts';
import type { HostResult, RunResult } from '../model/result.ts';
import type { TextOptions } from './text.ts';

/** The view for people, on one stream, while a run goes on and at its end. */
export interface TerminalView extends Observer {
  /** Says at once what becomes of the run, e.g. that it was interrupted. */
  say(text: string): void;
  /** Waits until everything is drawn, then writes the closing lines. */
  end(result: RunResult): Promise<void>;
}

export interface TerminalOptions extends Omit<TextOptions, 'paint'> {
  readonly stream: NodeJS.WriteStream;
  /** What is said of a host: its changes, or a table of all its NICs. */
  readonly hostLines: (host: HostResult, options: TextOptions) => string[];
  /** The run changes something, or would: a title and a word on check mode. */
  readonly ofChanges: boolean;
  readonly plays: readonly { readonly name: string; readonly hosts: number }[];
}

/** `PLAY Enforce NIC limits: 3 hosts, check mode`. */
export function playTitle(name: string, hosts: number, check: boolean): string {
  return `PLAY ${printable(name)}: ${plural(hosts, 'host')}${check ? ', check mode' : ''}`;
}
