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
