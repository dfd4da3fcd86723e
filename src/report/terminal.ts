import { ciVariable } from '../base/ci.ts';
import { linesView } from './lines.ts';
import type { TerminalOptions, TerminalView } from './view.ts';

/** A live tree on a terminal, plain lines where there is none (a pipe) and in CI. */
export async function terminalView(options: TerminalOptions): Promise<TerminalView> {
  if (drawsOn(options.stream)) {
    const { treeView } = await import('./tree.ts');
    return treeView(options);
  }
  return linesView(options);
}

/** Whether rows may be drawn over in place there. */
export function drawsOn({ isTTY }: NodeJS.WriteStream): boolean {
  return isTTY && process.env.TERM !== 'dumb' && ciVariable(process.env) === null;
}
