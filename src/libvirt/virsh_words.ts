/** What is wrong with the words of {@link virshWords}, and what to do about it. */
export interface WordsProblem {
  readonly problem: string;
  readonly hint?: string;
}

/** No character that a shell treats specially, even unquoted: the programs split the words at blanks and nothing else. */
const WORD = /^[A-Za-z0-9_./:@=+,%-]+$/;
/** A command of the host's PATH or an absolute path; what holds `=` would be no command. */
const COMMAND = /^(?:[A-Za-z0-9_]|\/)[A-Za-z0-9_./:@+%-]*$/;
const VIRSH = /^(?:\/|[A-Za-z0-9_])(?:[A-Za-z0-9_.@+-]|\/)*$/;
/** They read their arguments as text of a program, and virsh's commands are separated as those of a shell are. */
const INTERPRETERS = /^(?:sh|bash|dash|ash|ksh|zsh|csh|tcsh|fish|su|ssh|eval|xargs)$/;
/** Words of sh itself: the programs must find a command. */
const OF_SH = /^(?:exec|source|command|builtin|trap|set|export|unset|alias|test|cd)$/;
const CONTAINER_TOOLS = /^(?:docker|podman|nerdctl|kubectl|crictl)$/;
const TERMINAL = /^(?:-(?:t|it|ti)|--tty(?:=.*)?)$/;

/**
 * Whether words run virsh on a host, with what virtune adds: `[-r] -c URI COMMANDS`. The last word is virsh itself, so
 * that `-r`, which keeps check mode from writing, reaches virsh and nothing else.
 * @param text words separated by blanks, e.g. `docker exec nova_libvirt virsh`, `/opt/libvirt/bin/virsh`
 * @returns the words separated by one blank each
 */
export function virshWords(text: string): { readonly words: string } | WordsProblem {
  const words = text.split(' ').filter((word) => word !== '');
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined) return { problem: 'is empty', hint: EXAMPLES };
  const strange = words.find((word) => !WORD.test(word));
  if (strange !== undefined) {
    const problem = `holds ${JSON.stringify(strange)}: words may hold letters, digits and _ . / : @ = + , % - and no quotes`;
    return { problem, hint: EXAMPLES };
  }
  if (first.includes('=')) return { problem: `begins with ${first}`, hint: `env ${words.join(' ')}` };
  if (!COMMAND.test(first) || (first.includes('/') && !first.startsWith('/')) || first.startsWith('virtune'))
    return { problem: `begins with ${first}, which is no command of PATH and no absolute path` };
  if (OF_SH.test(first)) return { problem: `begins with ${first}, a word of the shell`, hint: EXAMPLES };
  if (!VIRSH.test(last) || !nameOf(last).endsWith('virsh'))
    return { problem: `does not end with virsh, but with ${last}`, hint: EXAMPLES };
  const reader = words.slice(0, -1).find((word) => INTERPRETERS.test(nameOf(word)));
  if (reader !== undefined)
    return { problem: `runs ${reader}, which would take virsh's commands for its own`, hint: EXAMPLES };
  const terminal = words.find((word) => TERMINAL.test(word));
  if (terminal !== undefined && words.some((word) => CONTAINER_TOOLS.test(nameOf(word))))
    return {
      problem: `asks for a terminal (${terminal})`,
      hint: `leave ${terminal} out: virtune needs none`,
    };
  return { words: words.join(' ') };
}

const EXAMPLES = 'e.g. docker exec nova_libvirt virsh, /opt/libvirt/bin/virsh';

/** `virsh` of `/usr/bin/virsh`. */
const nameOf = (word: string): string => word.slice(word.lastIndexOf('/') + 1);
