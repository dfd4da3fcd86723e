import type { ExecResult } from '../session.ts';

/** Named outcomes of a host that does not let its login run commands as the user that was asked for. */
export type BecomeErrorCode =
  /** The method's program is not there. */
  | 'become_missing'
  | 'become_password_required'
  | 'become_password_wrong'
  /** It wants a terminal (requiretty). */
  | 'become_needs_terminal'
  /** There is no such user. */
  | 'become_user_unknown'
  /** The rules do not allow it. */
  | 'become_refused'
  /** It is broken, or says something else: the text has it. */
  | 'become_failed';

/** The host was reached; it does not let its login become another user. Nothing was run. */
export class BecomeError extends Error {
  override readonly name = 'BecomeError';
  readonly code: BecomeErrorCode;
  readonly hint: string;
  constructor(code: BecomeErrorCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** The first line of every program of virtune. */
export const BEGUN = /^vt[0-9a-f]{24}:begin$/m;

/** Who was to become which user, and how. */
export interface BecomeAttempt {
  readonly method: string;
  readonly user: string;
  readonly exe?: string | undefined;
  readonly password?: unknown;
}

/** Why a wrapped command did not run, or null: it did, or the connection's other end never got so far. */
export function becomeRefusal(
  { stdout, stderr, code }: ExecResult,
  attempt: BecomeAttempt,
  marker: string,
): BecomeError | null {
  if (code === 0 || BEGUN.test(stdout)) return null;
  return becomeTrouble(stderr, attempt, marker);
}

/** What sudo or doas said between the marks of BECOME_PROGRAM; null where it let the command run, or was not asked. */
export function becomeTrouble(stderr: string, attempt: BecomeAttempt, marker: string): BecomeError | null {
  const start = stderr.indexOf(`${marker}:become\n`);
  if (start < 0 || stderr.includes(`${marker}:became:0\n`)) return null;
  const said = stderr
    .slice(start)
    .split(new RegExp(`^${marker}:became:`, 'm'))[0]
    ?.replaceAll(`${marker}:password:`, '\n')
    .replace(`${marker}:become\n`, '')
    .trim();
  return classify(said ?? '', attempt, marker);
}

type Rule = readonly [code: BecomeErrorCode, pattern: RegExp, message: (attempt: BecomeAttempt) => string];

/**
 * Texts of sudo 1.9.13 and doas 6.8.2 as tried on Debian 12; of sudo-rs as in its source. The first that holds counts:
 * sudo says "a password is required" after other troubles too.
 */
const RULES: readonly Rule[] = [
  [
    'become_needs_terminal',
    /must have a tty/,
    ({ method }) => `${method} wants a terminal (requiretty), and virtune has none`,
  ],
  ['become_user_unknown', /unknown user/i, ({ method, user }) => `${method} knows no user ${user} there`],
  [
    'become_failed',
    /syntax error|parse error|no valid sudoers|owned by uid|nosuid|no new privileges|not enabled|account validation/i,
    ({ method }) => `${method} does not work there`,
  ],
  [
    'become_refused',
    /not in the sudoers|not allowed to (?:run sudo|execute)|Operation not permitted|I'm afraid I can't do that/i,
    ({ method, user }) => `${method} does not allow this login to run the command as ${user}`,
  ],
  [
    'become_password_wrong',
    /try again|incorrect (?:password|authentication) attempt|Authentication failed/i,
    ({ method }) => `${method} did not take the password`,
  ],
  [
    'become_password_required',
    /password is required|terminal is required|authentication (?:is )?required|Authorization required|no password was provided/i,
    ({ method, user }) => `${method} would not run the command as ${user} without a password`,
  ],
];

const HINTS: Readonly<Record<BecomeErrorCode, string>> = {
  become_missing: 'install it, set ansible_become_method, or do without: docs/privileges.md',
  become_password_required:
    'set ansible_become_password or use -K, or allow the command without one (NOPASSWD, nopass): docs/privileges.md',
  become_password_wrong: 'check ansible_become_password; it is the password of the login, not of root',
  become_needs_terminal: 'put "Defaults:LOGIN !requiretty" in sudoers',
  become_user_unknown: 'check ansible_become_user',
  become_refused: 'sudoers (or doas.conf) must allow it: docs/privileges.md has the lines',
  become_failed: 'put it right there, or do without: docs/privileges.md',
};

function classify(said: string, attempt: BecomeAttempt, marker: string): BecomeError {
  const { method, exe = method } = attempt;
  if (said.includes(`${marker}:missing`))
    return new BecomeError('become_missing', `${exe} is not installed there`, HINTS.become_missing);
  const [code, , message] = RULES.find(([, pattern]) => pattern.test(said)) ?? [
    'become_failed' as const,
    /./,
    () => `${method} did not run the command`,
  ];
  const text = ownWords(said);
  return new BecomeError(code, `${message(attempt)}${text === '' ? '' : ` ("${text}")`}`, HINTS[code]);
}

/** The line that says it, without the whole text of the command that sudo repeats. */
function ownWords(said: string): string {
  const lines = said.split('\n').map((line) => line.trim());
  const telling = lines.filter((line) => RULES.some(([, pattern]) => pattern.test(line)));
  const line = telling[0] ?? lines.filter((each) => each !== '').at(-1) ?? '';
  return line.replace(/execute '.*' as/s, 'execute /bin/sh as').slice(0, 200);
}
