import { linesView } from './lines.ts';
import type { TerminalOptions, TerminalView } from './view.ts';

/** A live tree on a terminal, plain lines where there is none (a pipe, a CI log). */
export async function terminalView(options: TerminalOptions): Promise<TerminalView> {
  if (options.stream.isTTY && process.env.TERM !== 'dumb') {
    const { treeView } = await import('./tree.ts');
    return treeView(options);
  }
  return linesView(options);
}
