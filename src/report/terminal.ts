import { ciVariable } from '../base/ci.ts';
import { linesView } from './lines.ts';
import type { TerminalOptions, TerminalView } from './view.ts';

/** A live tree on a terminal, plain lines where there is none (a pipe) and in CI. */
export async function terminalView(options: TerminalOptions): Promise<TerminalView> {
  if (options.stream.isTTY && process.env.TERM !== 'dumb' && ciVariable(process.env) === null) {
    const { treeView } = await import('./tree.ts');
    return treeView(options);
  }
  return linesView(options);
}
