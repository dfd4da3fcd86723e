/**
 * Quotes one argument for a POSIX shell: whatever it holds, the shell passes it on as it is, as one word.
 * @throws RangeError when it holds a NUL, which no argument of a process can
 */
export function shellQuote(arg: string): string {
  if (arg.includes('\0')) throw new RangeError('an argument of a command cannot hold a NUL character');
  return /^[\w@%+:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
