/**
 * The two programs that virtune runs on a host. Both are constants: whatever belongs to a run (marker, URI, UUIDs,
 * commands) is passed as positional arguments, so that no data is ever read as program text.
 *
 * They hold no single quote, backslash, exclamation mark or line break. Then one pair of single quotes around them
 * means the same to sh, bash, zsh, fish and csh, whatever the login shell is. Within them only POSIX sh, sed and
 * virsh are used.
 */

/** Sets the environment and begins the answer. */
export const BEGIN = [
  'LC_ALL=C',
  'PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'export LC_ALL PATH',
  'm=$1 u=$2',
  // On both streams: what a profile printed last may lack its line end.
  'echo; echo >&2',
  'echo "$m:begin"',
].join('; ');

const NEEDS_VIRSH = 'command -v virsh >/dev/null 2>&1 || { echo "$m:novirsh"; exit 0; }';

/**
 * Keeps of a description only what virtune reads: libvirt's own indentation tells the parts apart. Metadata is kept
 * or dropped as a range of its own, so that nothing inside it can be taken for another part.
 * With metadata dropped this is most of the bytes that a host would send.
 */
const FILTER = [
  'if [ "$3" = 1 ]; then k=p; else k=d; fi',
  'f() { sed -n -E' +
    ' -e "/^  <metadata>/,/^  <.metadata>/{$k;d;}"' +
    ' -e "/^<network/,/^<.network>/{p;d;}"' +
    ' -e "/^    <interface /,/^    <.interface>/{p;d;}"' +
    ' -e "/^$m:/p" -e "/^<.?domain/p" -e "/^  <(uuid|name|title)>/p" -e "/^  <.?devices>/p"; }',
].join('; ');

/** Turns a line with a UUID into the commands that print both descriptions of that domain, errors marked too. */
const DUMP_COMMANDS = 's/.*/echo --err $m:d:&;echo $m:l;dumpxml &;echo $m:c;dumpxml --inactive &/p';

/**
 * The part that reads a host: one virsh process lists the domains and networks, one more describes them all (more only where the
 * commands would pass Linux's limit of 128 KiB for one argument). Read-only connections throughout: this program
 * cannot change anything. `list` prints UUID and name together, since libvirt 10.7.0 prints a table for `--uuid` alone.
 */
export const READ_BODY = [
  NEEDS_VIRSH,
  FILTER,
  'v() { virsh -r -c "$u" "$1" </dev/null; }',
  'l=$(v "' +
    [
      'echo $m:all;list --all --uuid --name',
      'echo $m:transient;list --all --uuid --name --transient',
      'echo $m:paused;list --all --uuid --name --state-paused',
      'echo $m:shutoff;list --all --uuid --name --state-shutoff',
      'echo $m:other;list --all --uuid --name --state-other',
      'echo $m:nets;net-list --all --uuid',
      'echo $m:listed',
    ].join(';') +
    '")',
  'printf %s "$l"',
  'echo',
  'printf %s "$l" | sed -n -E' +
    ` -e "/^$m:all/,/^$m:transient/{/^[0-9a-f-]{36} /{s/ .*//;${DUMP_COMMANDS};};d;}"` +
    ' -e "/^$m:nets/,/^$m:listed/{/^[0-9a-f-]{36}/s/.*/echo --err $m:d:&;echo $m:n;net-dumpxml &/p;}"' +
    ' | { b=; while read -r c; do b="$b$c;"; [ ${#b} -lt 100000 ] || { v "${b}echo $m:batch"; b=; }; done;' +
    ' v "${b}echo $m:batch"; } | f',
].join('; ');

/** Without it an answer is not believed. */
export const END = 'echo "$m:end"';

/** Reads a host, and nothing else. Arguments: marker, URI, 1 to keep metadata else 0. */
export const READ_PROGRAM = [BEGIN, READ_BODY, END].join('; ');

/**
 * Writes, then reads the touched domains back, in one virsh process.
 * Arguments: marker, URI, 1 to keep metadata else 0, UUIDs to read back, virsh commands (each step marked on stderr).
 */
export const APPLY_PROGRAM = [
  BEGIN,
  NEEDS_VIRSH,
  FILTER,
  `d=$(for i in $4; do echo "$i"; done | sed -n "${DUMP_COMMANDS}")`,
  'virsh -c "$u" "$5;$d;echo $m:batch" </dev/null | f',
  END,
].join('; ');

/** What may be passed to a program: no character that any login shell or virsh's own parser treats specially in quotes. */
const SAFE_ARGUMENT = /^[A-Za-z0-9 ,.:;/@_=%+?&~-]*$/;

/** libvirt connection URIs that {@link renderProgram} can pass on. */
export const SAFE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[A-Za-z0-9,.:/@_=%+?&~-]*$/;

/**
 * The command line for an SSH exec that runs a program with arguments.
 * @throws TypeError on an argument with an unsafe character: callers pass only markers, UUIDs, MACs and numbers
 */
export function renderProgram(program: string, args: readonly string[]): string {
  for (const arg of args) {
    if (!SAFE_ARGUMENT.test(arg))
      throw new TypeError(`unsafe argument for a remote program: ${JSON.stringify(arg)}`);
  }
  return `exec /bin/sh -c '${program}' virtune ${args.map((arg) => `'${arg}'`).join(' ')}`;
}

/** One change on a host: virsh commands, each an argument vector of safe words, run one after the other. */
export interface WriteStep {
  /** The domain that is read back afterwards. */
  readonly uuid: string;
  readonly commands: readonly (readonly string[])[];
}

export interface ReadRequest {
  readonly marker: string;
  readonly uri: string;
  readonly metadata: boolean;
}

/** Command line that reads a whole host. */
export function renderRead({ marker, uri, metadata }: ReadRequest): string {
  return renderProgram(READ_PROGRAM, [marker, uri, metadata ? '1' : '0']);
}

/** Command line that runs the steps in order and reads their domains back. Keep it below {@link MAX_STEPS} steps. */
export function renderApply({ marker, uri, metadata }: ReadRequest, steps: readonly WriteStep[]): string {
  const uuids = [...new Set(steps.map((step) => step.uuid))];
  const batch = steps
    .flatMap((step, index) => [
      `echo --err ${marker}:s:${index}`,
      ...step.commands.map((command) => command.join(' ')),
    ])
    .concat(`echo --err ${marker}:s:done`);
  return renderProgram(APPLY_PROGRAM, [marker, uri, metadata ? '1' : '0', uuids.join(' '), batch.join(';')]);
}

/** So many steps and their re-read stay well below 128 KiB, Linux's limit for one argument. */
export const MAX_STEPS = 150;
