import { longWaits } from './long_waits.ts';
import { writeParts } from './parts.ts';
import { paintFor } from './style.ts';
import { troubleText } from './trouble.ts';
import {
  ending,
  pauseText,
  playTitle,
  type TerminalOptions,
  type TerminalView,
  waitingText,
} from './view.ts';

/**
 * Plain lines, for pipes and the logs of CI: the hosts at the end and in their order, so that two runs can be compared.
 * What goes wrong is told at once as well, on standard error.
 */
export function linesView(options: TerminalOptions): TerminalView {
  const { stream } = options;
  const end = ending(options);
  const paint = paintFor(process.stderr);
  const waits = longWaits((name, holder) => process.stderr.write(`${waitingText(name, holder)}\n`));
  return {
    playStarted: (name, hosts) => {
      end.playStarted();
      if (options.ofChanges) stream.write(`${playTitle(name, hosts, options)}\n\n`);
    },
    pausing: (seconds, hosts) => void process.stderr.write(`${pauseText(seconds, hosts)}\n`),
    hostWaiting: waits.hostWaiting,
    hostDone: (result) => {
      waits.over(result.name);
      end.hostDone(result);
      const trouble = troubleText(result, paint);
      if (trouble !== '') process.stderr.write(`${trouble}\n`);
    },
    say: (notice) => void process.stderr.write(`\n${notice}\n`),
    end: async (result) => {
      waits.end();
      if (result === null) return;
      writeParts(end.parts(result), (text) => void stream.write(text), options.folds);
    },
  };
}
