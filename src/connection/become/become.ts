import { renderProgram } from '../../libvirt/script.ts';
import type { Secret } from '../connection.ts';
import type { ExecResult } from '../session.ts';
import { BEGUN } from './errors.ts';

export const BECOME_METHODS = ['sudo', 'doas'] as const;

/** The user that commands run as on a host, and how they get there from the login. */
export interface Become {
  readonly method: (typeof BECOME_METHODS)[number];
  readonly user: string;
  /** The program, where it is not the one of the method's name in PATH. */
  readonly exe?: string | undefined;
  /** For sudo only, which reads it from standard input; doas reads one from a terminal and nowhere else. */
  readonly password?: Secret | undefined;
}

/**
 * Runs its arguments from the seventh on as another user, or as they are where the login is that user already.
 * A constant under the rules of libvirt/script.ts: no single quote, backslash, exclamation mark or line break.
 * Arguments: marker, program, user, 1 when the password comes on standard input else 0, 1 to run the command as the
 * login where becoming is refused else 0, method; then the command.
 */
export const BECOME_PROGRAM = [
  'LC_ALL=C',
  'PATH=$PATH:/run/wrappers/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'export LC_ALL PATH',
  'm=$1 w=$2 u=$3 p=$4 f=$5 k=$6',
  'shift 6',
  'if [ "$(id -un)" = "$u" ]; then exec "$@"; fi',
  'echo "$m:become" >&2',
  'b() { command -v "$w" >/dev/null 2>&1 || { echo "$m:missing" >&2; return 127; };' +
    ' case $k$p in' +
    ' doas*) "$w" -n -u "$u" "$@";;' +
    ' sudo1) "$w" -H -S -p "$m:password:" -u "$u" "$@";;' +
    ' *) "$w" -H -n -u "$u" "$@";; esac; }',
  'b "$@"',
  'c=$?',
  'echo "$m:became:$c" >&2',
  'if [ "$c$f" = 01 ] || [ "$f" = 0 ]; then exit "$c"; fi',
  'exec "$@"',
].join('; ');

/** The names of users that a host may have, as far as they can be passed on unharmed. */
export const USER_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/;

export interface BecomeCommand {
  readonly command: string;
  readonly stdin: string | undefined;
}

/**
 * The command line that runs a rendered program (libvirt/script.ts) as another user.
 * The password is no part of it: it goes over standard input, so that no process list has it.
 * @param fallback run the program as the login where becoming is refused
 */
export function becomeCommand(
  command: string,
  { method, user, password, exe }: Become,
  marker: string,
  fallback = false,
): BecomeCommand {
  const inner = command.replace(/^exec /, '');
  const asks = password === undefined ? '0' : '1';
  const outer = renderProgram(BECOME_PROGRAM, [
    marker,
    exe ?? method,
    user,
    asks,
    fallback ? '1' : '0',
    method,
  ]);
  return {
    command: `${outer} ${inner}`,
    stdin: password === undefined ? undefined : `${password()}\n`,
  };
}

/** Takes the marks and the prompt of becoming out of whole lines of standard error. */
export function becomeMarks(marker: string): (text: string) => string {
  const marks = new RegExp(`^${marker}:(?:become|missing|became:\\d+)\n`, 'gm');
  return (text) => text.replaceAll(`${marker}:password:`, '').replace(marks, '');
}

/** A host that repeats its input must not have the password repeated. */
export function withoutSecret(text: string, password: Secret | undefined): string {
  return password === undefined ? text : text.replaceAll(password(), '********');
}

/** What the program itself has said: without the marks and the prompt of becoming. */
export function withoutBecome(result: ExecResult, { password }: Become, marker: string): ExecResult {
  const stderr = becomeMarks(marker)(result.stderr);
  if (BEGUN.test(result.stdout)) return { ...result, stderr };
  // Whatever answered, it was not the program.
  const [out, err] = [result.stdout, stderr].map((text) => withoutSecret(text, password));
  return { ...result, stdout: out ?? '', stderr: err ?? '' };
}
