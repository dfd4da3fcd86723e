import { shellQuote } from '../base/quote.ts';

/** What stands for a secret wherever a command line or a file is shown. */
const MASK = '********';

/** A variable with `pass` in its name and something after it, in any of the forms of extra variables. */
const SECRET = /pass(?:word|phrase|wd)?["']?\s*[:=]/i;

/**
 * A command line without the secrets in it. An argument that sets a password is hidden whole: how its value is quoted
 * is more than can be told for certain here.
 */
export function maskArguments(args: readonly string[]): readonly string[] {
  return args.map((arg, index) => {
    if (SECRET.test(arg)) return MASK;
    return args[index - 1] === '--notify' || arg.startsWith('--notify=') ? maskAddress(arg) : arg;
  });
}

/** Short options that take a value; the rest of the argument, or the next one. */
const WITH_VALUE = 'ielfuTtn';

/**
 * A command line for the record, which is kept: of extra variables the names alone are left, whatever they are called.
 */
export function recordedArguments(args: readonly string[]): readonly string[] {
  return maskArguments(args).map((arg, index) => {
    if (isExtra(args[index - 1] ?? '')) return namesAlone(arg);
    const [, long] = /^--extra-vars=(.*)$/s.exec(arg) ?? [];
    if (long !== undefined) return `--extra-vars=${namesAlone(long)}`;
    const at = extraAt(arg);
    return at === null || at === arg.length - 1 ? arg : arg.slice(0, at + 1) + namesAlone(arg.slice(at + 1));
  });
}

/** Whether the value of extra variables is the argument after this one. */
function isExtra(arg: string): boolean {
  return arg === '--extra-vars' || extraAt(arg) === arg.length - 1;
}

/** Where `e` stands among short options, such as in `-Ce`; null where it does not. */
function extraAt(arg: string): number | null {
  if (!/^-[^-]/.test(arg)) return null;
  const at = [...arg].findIndex((char, index) => index > 0 && WITH_VALUE.includes(char));
  return at > 0 && arg[at] === 'e' ? at : null;
}

/** `env=prod who=me` → `env=********`: where a value ends is more than can be told for certain here. A file stays. */
function namesAlone(value: string): string {
  if (value.startsWith('@') || value === MASK) return value;
  const [, name] = /^\s*([A-Za-z_]\w*)=/.exec(value) ?? [];
  return name === undefined ? MASK : `${name}=${MASK}`;
}

/** One line that a shell would take as these arguments, with the program called as people call it. */
export function commandLine(args: readonly string[]): string {
  return args
    .map(shellQuote)
    .join(' ')
    .replace(/^\S*(?:main\.[jt]s|\/virtune)(?= |$)/, 'virtune');
}

/** Who knows the address of a webhook may write there: of `[SHAPE=]URL` the host alone is left. */
function maskAddress(arg: string): string {
  const host = /^(?:--notify=)?(?:[a-z]+=)?https?:\/\/[^/?#@]*(?=[/?#]|$)/.exec(arg)?.[0];
  return host === undefined ? MASK : host === arg ? arg : `${host}/${MASK}`;
}

/** A file's text for excerpts: what follows a variable with `pass` in its name is hidden, columns stay. */
export function maskText(text: string): string {
  return text.replace(
    /(pass(?:word|phrase|wd)?["']?[ \t]*[:=])([^\n]*)/gi,
    (_, name: string, value: string) => name + value.replace(/[^\s]/gu, '*'),
  );
}
