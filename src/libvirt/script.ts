import { CGROUPS } from './cgroup_script.ts';
import { DEVICES, DEVICES_WISH } from './device_script.ts';
import { FILTER_LISTS, LISTS_FIRST, pathsWord } from './filter_script.ts';
import { HINT } from './hint_script.ts';
import { KERNEL, KERNEL_WISH, type KernelWord } from './kernel_script.ts';
import { lineParts } from './line_parts.ts';
import { NAMED, wordsForHost } from './named_script.ts';
import { TRIALS } from './trials_script.ts';

/**
 * The two programs that virtune runs on a host. Both are constants: whatever belongs to a run (marker, URI, UUIDs,
 * commands) is passed as positional arguments, so that no data is ever read as program text.
 *
 * They hold no single quote, backslash, exclamation mark or line break. Then one pair of single quotes around them
 * means the same to sh, bash, zsh, fish and csh, whatever the login shell is. Within them only POSIX sh, sed,
 * awk and virsh are used.
 */

/** Sets the environment, and what all programs know themselves by. */
export const ENVIRONMENT = [
  'LC_ALL=C',
  'PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'export LC_ALL PATH',
  // No URI has a blank: sudoers, which compares all arguments joined by blanks, could let one grow by what follows it.
  'm=$1 u=${2%% *}',
  // The name that sh gives the program: `virtune`, or the words that run virsh here (virsh_words.ts).
  'V=virsh; case $0 in virtune*) ;; *) V=$0;; esac',
].join('; ');

/** Begins the answer. */
export const HELLO = [
  // On both streams: what a profile printed last may lack its line end.
  'echo; echo >&2',
  'echo "$m:begin"',
].join('; ');

export const BEGIN = `${ENVIRONMENT}; ${HELLO}`;

/** Names what the host lacks and ends, where a program could do nothing without it. */
export const NEEDS =
  'for i in awk ${V%% *}; do command -v $i >/dev/null 2>&1 || { echo "$m:no$i"; exit 0; }; done';

/**
 * Turns a line with a UUID into the commands that print both descriptions of that domain, errors marked too. Each
 * description begins with a mark that names its domain, so that what cannot be read is known by name.
 */
export const dumpCommands = (first = '') =>
  `s/.*/echo --err $m:d:&;${first}echo $m:l:&;dumpxml &;echo $m:c:&;dumpxml --inactive &/p`;

/** Counts the NICs of those descriptions that the filter names on descriptor 3: they hold more than elements and text. */
const COUNT_COMMANDS =
  '-e "/^l:/{s/..//;s/.*/echo --err $m:d:i:&;echo $m:i:l:&;domiflist &/p;}"' +
  ' -e "/^c:/{s/..//;s/.*/echo --err $m:d:i:&;echo $m:i:c:&;domiflist & --inactive/p;}"';

/** Asks QEMU of the disks that the filter names on descriptor 3: a mark of each, and what it says. */
const DISK_COMMANDS =
  '-e "/^q:/{s/..//;h;s/.*/echo --err $m:d:q:&;echo $m:q:&/p;x;s/:/ /;s/.*/blkdeviotune & --live/p;}"';

/**
 * The part that reads a host. Read-only connections throughout: this program cannot change anything. One virsh process
 * prints the lists of domains (and of networks, where a path asks for something of theirs), and then describes what the
 * host lets the program guess (hint_script.ts). One more describes what that left out of the list, which is often
 * nothing (more only where the commands would pass Linux's limit of 128 KiB for one argument). Of a list only UUIDs
 * count, each at the beginning of its row: how names are printed differs by release. `list` prints UUID and name
 * together, since libvirt 10.7.0 prints a table for `--uuid` alone.
 *
 * The fourth argument: domains that are only listed, since libvirt does not answer for them. A guess could be one of
 * them, or one that the sixth argument does not mean: with either there is none.
 *
 * Where the filter met comments, CDATA or processing instructions (only metadata can hold them), virsh counts that
 * VM's NICs itself, with libxml2, as a second opinion.
 */
export const READ_BODY = [
  NEEDS,
  FILTER_LISTS,
  KERNEL_WISH,
  'v() { $V -r -c "$u" "$1" </dev/null; }',
  // Runs the commands on its standard input, one a line.
  'g() { b=; while read -r c; do b="$b$c;"; [ ${#b} -lt 100000 ] || { v "${b}echo $m:batch"; b=; }; done;' +
    ' v "${b}echo $m:batch"; }',
  't=; case " $3" in *" network/"*) t="net-list --all --uuid;" ;; esac',
  NAMED,
  HINT,
  'a="list --all --uuid --name"',
  'l="' +
    [
      'echo $m:all;$a',
      'echo $m:transient;$a --transient',
      'echo $m:paused;$a --state-paused',
      'echo $m:shutoff;$a --state-shutoff',
      'echo $m:other;$a --state-other',
      'echo $m:saved;$a --with-managed-save',
      'echo $m:nets;${t}echo $m:listed;$b"',
    ].join(';'),
  'exec 4>&1',
  `o=$(if [ -n "$q" ]; then v "$l" | n; else v "$l"; fi | f "${LISTS_FIRST}" "$4" 3>&1 >&4)`,
  'case $o in *[@=]*) o=$(echo "$o"; echo "$o" | sed -n' +
    ` -e "/^@/{s/.//;${dumpCommands()};}" -e "/^=/{s/.//;s/.*/echo --err $m:d:&;echo $m:n:&;net-dumpxml &/p;}"` +
    ' | g | f 3>&1 >&4) ;; esac',
  `case $o in *[lc]:*) echo "$o" | sed -n ${COUNT_COMMANDS} | g ;; esac`,
  `case $o in *q:*) echo "$o" | sed -n ${DISK_COMMANDS} | g ;; esac`,
].join('; ');

/** Without it an answer is not believed. */
export const END = 'echo "$m:end"';

/**
 * Reads a host, and nothing else: after its domains what is on trial there. Arguments: marker, URI, paths of elements to keep (filter_script.ts), UUIDs of domains
 * to list and not to describe, paths of block devices to look at (devices.ts), which domains
 * alone are meant (named_script.ts), nothing for all, and what to tell of the kernel (kernel_script.ts).
 */
export const READ_PROGRAM = [BEGIN, READ_BODY, TRIALS, DEVICES_WISH, DEVICES, KERNEL, CGROUPS, END].join(
  '; ',
);

/** What may be passed to a program: no character that any login shell or virsh's own parser treats specially in quotes. */
const SAFE_ARGUMENT = /^[A-Za-z0-9 ,.:;/@_=%+?&~-]*$/;

/** libvirt connection URIs that {@link renderProgram} can pass on. */
export const SAFE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[A-Za-z0-9,.:/@_=%+?&~-]*$/;

/**
 * The command line for an SSH exec that runs a program with arguments.
 * @param virsh the words that run virsh on the host, as virsh_words.ts allows them; by default `virsh`. They are the
 *   program's name and not one more argument, so that a sudoers line whose arguments end in `*` permits no other words
 * @throws TypeError on an argument with an unsafe character: callers pass only markers, UUIDs, MACs and numbers
 */
export function renderProgram(program: string, args: readonly string[], virsh = 'virsh'): string {
  for (const arg of [...args, virsh]) {
    if (!SAFE_ARGUMENT.test(arg))
      throw new TypeError(`unsafe argument for a remote program: ${JSON.stringify(arg)}`);
  }
  const name = virsh === 'virsh' ? 'virtune' : `'${virsh}'`;
  return `exec /bin/sh -c '${program}' ${name} ${args.map((arg) => `'${arg}'`).join(' ')}`;
}

/** Libvirt's driver for QEMU, as root. */
export const DEFAULT_URI = 'qemu:///system';

/** How libvirt is reached on a host. */
export interface LibvirtAccess {
  /** libvirt connection URI. */
  readonly uri: string;
  /** The words that run virsh, where that is not `virsh` itself: virsh_words.ts. */
  readonly virsh?: string | undefined;
}

export interface ReadRequest extends LibvirtAccess {
  readonly marker: string;
  /** What to keep of the descriptions: paths of filter_script.ts, e.g. `domain/name`. */
  readonly keep: readonly string[];
  /** Paths of block devices of the host to tell of. */
  readonly devices?: readonly string[];
  /** What to tell of the host's kernel. */
  readonly kernel?: readonly KernelWord[];
}

/**
 * Command line that reads a host.
 * @param without UUIDs of domains that are not described, since libvirt did not answer for them
 * @param named names and UUIDs of the only domains that need to be described; none for all of the host
 */
export function renderRead(
  { marker, uri, virsh, keep, devices = [], kernel = [] }: ReadRequest,
  without: readonly string[] = [],
  named: readonly string[] = [],
): string {
  const lists = [pathsWord(keep), without.join(' '), devices.join(' ')];
  return renderProgram(READ_PROGRAM, [marker, uri, ...lists, wordsForHost(named), kernel.join(' ')], virsh);
}

/** A UUID that no domain has: libvirt takes none of equal bytes. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

export interface ReadLine {
  readonly marker: string;
  readonly line: string;
}

/**
 * Command lines that read a host: almost always one, since rules may name more paths of block devices than a line holds.
 * The others list the domains, describe none, and tell of further paths. Parameters as of {@link renderRead}.
 */
export function readLines(
  request: Omit<ReadRequest, 'marker'>,
  without: readonly string[],
  named: readonly string[],
  newMarker: () => string,
): { readonly first: ReadLine; readonly others: readonly ReadLine[] } {
  const { keep, devices = [], kernel = [] } = request;
  const rest = [pathsWord(keep), without.join(' '), wordsForHost(named), kernel.join(' ')];
  const [first = [], ...others] = lineParts(devices, ({ length }) => length + 1, rest.join(' ').length);
  const lineOf = (asked: Omit<ReadRequest, 'marker'>, ...vms: [readonly string[], readonly string[]]) => {
    const marker = newMarker();
    return { marker, line: renderRead({ ...asked, marker }, ...vms) };
  };
  return {
    first: lineOf({ ...request, devices: first }, without, named),
    others: others.map((part) =>
      lineOf({ ...request, keep: ['domain/uuid'], kernel: [], devices: part }, [], [NOBODY]),
    ),
  };
}
