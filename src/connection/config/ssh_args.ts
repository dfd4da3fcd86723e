import { shellWords } from '../../base/shell_words.ts';

/** Arguments of ssh(1), sorted by what becomes of them. */
export interface SshArgs {
  /** What `ssh -G` and the openssh transport are given, ahead of everything else. */
  readonly args: readonly string[];
  /** In words: what has no effect here, for a warning. */
  readonly ignored: readonly string[];
  /** In words: what would change what is reached or trusted and can't be honoured. */
  readonly problems: readonly string[];
}

/** Flags that say something which the configuration can say too. */
const FLAGS = new Set(['-4', '-6', '-C', '-K', '-k']);
const WITH_VALUE = new Set(['-o', '-J', '-i', '-p', '-l', '-F', '-b', '-B', '-c', '-m', '-I', '-P']);
/** Without effect on commands that are run without a terminal and over a connection of virtune's own. */
const HARMLESS = new Set(['-A', '-a', '-x', '-X', '-Y', '-T', '-t', '-tt', '-q', '-M', '-n', '-y', '-g']);
const HARMLESS_WITH_VALUE = new Set(['-S', '-E', '-e', '-L', '-R', '-D', '-Q']);

/** Options that virtune sets itself, or that would end a connection of its kind. */
const OWN_OPTIONS =
  /^(control(master|path|persist)|requesttty|remotecommand|sessiontype|stdinnull|forkafterauthentication|escapechar|(local|remote|dynamic)forward|forward(agent|x11|x11trusted)|loglevel|batchmode|permitlocalcommand|localcommand|sendenv|visualhostkey|clearallforwardings|exitonforwardfailure|addkeystoagent|updatehostkeys)$/;
/** Ansible's own defaults are among them, which need no warning. */
const QUIET_OPTIONS = /^(control(master|path|persist)|batchmode|loglevel|forwardagent|requesttty|sendenv)$/;

/** Reads one of Ansible's `ansible_ssh_*args`. Pure; nothing of it is ever run by a shell. */
export function parseSshArgs(text: string): SshArgs {
  const args: string[] = [];
  const ignored: string[] = [];
  const problems: string[] = [];
  const words = shellWords(text);
  if ('problem' in words) return { args, ignored, problems: [words.problem] };
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (/^-v+$/.test(word) || HARMLESS.has(word)) continue;
    if (FLAGS.has(word)) {
      args.push(word);
      continue;
    }
    const flag = word.slice(0, 2);
    const takesValue = WITH_VALUE.has(flag) || HARMLESS_WITH_VALUE.has(flag);
    if (!word.startsWith('-') || !takesValue) {
      problems.push(`holds ${JSON.stringify(word)}, which virtune can't pass on`);
      // Perhaps its value, which is no mistake of its own.
      if (word.startsWith('-') && left[0]?.startsWith('-') === false) left.shift();
      continue;
    }
    const value = word.length > 2 ? word.slice(2) : left.shift();
    if (value === undefined) problems.push(`has nothing after ${flag}`);
    else if (HARMLESS_WITH_VALUE.has(flag)) {
      if (flag !== '-S' && flag !== '-E' && flag !== '-e') ignored.push(`${flag} ${value}`);
    } else if (flag === '-o') takeOption(value, args, ignored, problems);
    else args.push(flag, value);
  }
  return { args, ignored, problems };
}

function takeOption(value: string, args: string[], ignored: string[], problems: string[]): void {
  const found = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(\S.*)$/s.exec(value);
  if (found === null) {
    problems.push(`has -o ${JSON.stringify(value)}, which is not Option=value`);
    return;
  }
  const keyword = (found[1] as string).toLowerCase();
  if (!OWN_OPTIONS.test(keyword)) args.push('-o', `${found[1]}=${found[2]}`);
  else if (!QUIET_OPTIONS.test(keyword)) ignored.push(`-o ${found[1]}`);
}

/** The names of the options that arguments set, in lower case: for what is a default and what is meant. */
export function optionNames(args: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  const BY_FLAG: Readonly<Record<string, string>> = {
    '-J': 'proxyjump',
    '-c': 'ciphers',
    '-m': 'macs',
    '-I': 'pkcs11provider',
    '-i': 'identityfile',
    '-K': 'gssapiauthentication',
    '-C': 'compression',
  };
  for (const [index, arg] of args.entries()) {
    const previous = args[index - 1];
    if (previous === '-o') names.add((arg.split('=', 1)[0] ?? '').toLowerCase());
    else if (BY_FLAG[arg] !== undefined) names.add(BY_FLAG[arg]);
  }
  return names;
}
