import { vi } from 'vitest';
import { commandLine } from '../../../src/cli/program.ts';
import { InputError } from '../../../src/model/diagnostic.ts';

/**
 * Runs a command in this process, as if somebody had typed it; whoever calls restores the mocks.
 * @returns its exit status, and all that it printed
 */
export async function typed(
  ...words: readonly string[]
): Promise<{ readonly status: number; readonly said: string }> {
  let [status, said] = [0, ''];
  const hear = (text: unknown, ...more: unknown[]): boolean => {
    said += String(text);
    for (const done of more) if (typeof done === 'function') done();
    return true;
  };
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation(hear as typeof stream.write);
  try {
    await commandLine((code) => {
      status = code;
    }).parseAsync(['node', 'virtune', ...words]);
    return { status, said };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    said += error.diagnostics.map(({ message, hint = '' }) => `${message} (${hint})`).join('\n');
    return { status: 1, said };
  }
}
