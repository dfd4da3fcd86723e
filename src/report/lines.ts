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

/** A wait of less than this many ms is as good as none: two runs on one fleet meet at many hosts. */
const LONG_MS = 1000;

/** Tells of waits that last, each once for the same holder. */
function longWaits(tell: (name: string, holder: string) => void): {
  readonly hostWaiting: (name: string, holder: string | null) => void;
  readonly end: () => void;
} {
  const timers = new Map<string, NodeJS.Timeout>();
  const told = new Set<string>();
  const stop = (name: string): void => {
    clearTimeout(timers.get(name));
    timers.delete(name);
  };
  return {
    hostWaiting: (name, holder) => {
      stop(name);
      const wait = `${name}\0${holder}`;
      if (holder === null || told.has(wait)) return;
      const lasts = (): void => {
        told.add(wait);
        tell(name, holder);
      };
      timers.set(name, setTimeout(lasts, LONG_MS));
    },
    end: () => {
      for (const name of [...timers.keys()]) stop(name);
    },
  };
}

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
      if (options.ofChanges) stream.write(`${playTitle(name, hosts, options.check)}\n\n`);
    },
    pausing: (seconds, hosts) => void process.stderr.write(`${pauseText(seconds, hosts)}\n`),
    hostWaiting: waits.hostWaiting,
    hostDone: (result) => {
      waits.hostWaiting(result.name, null);
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
