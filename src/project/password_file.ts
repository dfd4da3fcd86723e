import { shellQuote } from '../base/quote.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { readText } from './files.ts';
import { isExecutable, isProgram, runProgram, said } from './program.ts';

const LIMITS = { milliseconds: 120_000, bytes: 1024 * 1024 };

/**
 * A password, as Ansible has it from a file: its text without blanks around it; of an executable one what it prints,
 * without line ends around it.
 * @param what what it is, e.g. `vault password`
 * @param args for a program
 */
export async function readPasswordFile(
  file: string,
  what: string,
  args: readonly string[] = [],
): Promise<Buffer | Diagnostic> {
  if (!(await isExecutable(file))) {
    const { text, diagnostics } = await readText(file, `${what} file`);
    return diagnostics[0] ?? Buffer.from(text?.trim() ?? '');
  }
  if (!(await isProgram(file))) {
    const message = `the ${what} file ${file} may be executed, but is no program`;
    return {
      severity: 'error',
      message,
      hint: `if it holds the password itself: chmod a-x ${shellQuote(file)}`,
    };
  }
  const result = await runProgram(file, args, LIMITS);
  if (result.ok) return trimLineEnds(result.stdout);
  return {
    severity: 'error',
    message: `the ${what} program ${file} ${result.message}${said(result.stderr)}`,
  };
}

function trimLineEnds(bytes: Buffer): Buffer {
  const isEnd = (byte: number | undefined) => byte === 0x0a || byte === 0x0d;
  let [from, to] = [0, bytes.length];
  while (from < to && isEnd(bytes[from])) from++;
  while (to > from && isEnd(bytes[to - 1])) to--;
  return bytes.subarray(from, to);
}
