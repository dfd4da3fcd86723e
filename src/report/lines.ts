import { paintFor } from './style.ts';
import { closingLines, type TextOptions } from './text.ts';
import { playTitle, type TerminalOptions, type TerminalView } from './view.ts';

/** Plain lines in the order in which hosts are done: for pipes and the logs of CI. */
export function linesView(options: TerminalOptions): TerminalView {
  const { stream } = options;
  const text: TextOptions = { ...options, paint: paintFor(stream) };
  const write = (lines: readonly string[]) => stream.write(`${lines.join('\n')}\n`);
  return {
    playStarted: (name, hosts) => {
      if (options.ofChanges) write([playTitle(name, hosts, options.check), '']);
    },
    hostDone: (result) => write(options.hostLines(result, text)),
    say: (notice) => void process.stderr.write(`\n${notice}\n`),
    end: async (result) => {
      write(closingLines(result, text));
    },
  };
}
