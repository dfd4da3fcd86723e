import { DEVICES_CHANGED } from './device_script.ts';
import { FILTER, pathsWord } from './filter_script.ts';
import { ASK_STATES, IN_JOB, STARTING } from './job_script.ts';
import { BETWEEN, lanesOf } from './lanes.ts';
import { lineParts } from './line_parts.ts';
import { LOCK, type LockRequest, lockWords, TAKEN, UNDER_LOCK } from './lock_script.ts';
import { dumpCommands, END, ENVIRONMENT, HELLO, NEEDS, type ReadRequest, renderProgram } from './script.ts';
import { CHANGED } from './sum_script.ts';

/**
 * Asks for something of the configuration, so that a domain without one is known by the error. What it prints stands
 * outside of all descriptions, where the filter drops it.
 */
const ASK_CONFIG = 'memtune & --config;';

/** Defines `r`, which takes the commands for the domains in `$x` out of `$b`: a command's second word is its domain. */
const LEAVE_OUT =
  'r() { [ -z "$x" ] || b=$(printf %s "$b" | awk -v RS=";" -v ORS=";" -v k="$x" ' +
  '"BEGIN{n=split(k,W,/ +/);for(i=1;i<=n;i++){sub(/^j:/,e,W[i]);sub(/:.*/,e,W[i]);S[W[i]]}' +
  'while((getline t)>0){split(t,A,/ +/);if(A[2] in S);else print t}}"); }';

/**
 * Defines `s`, which runs the first commands of domains, and leaves in `$b` what is to be run after them: of domains
 * where those met no error what comes next. Where virsh itself did not come to their end, nothing more is done.
 */
const STEPS =
  's() { unset IFS; b=$1; shift; r; if [ $# -gt 0 ]; then e=$(v "$b" 2>&1 >/dev/null)' +
  '; printf %s "$e" >&2; echo >&2' +
  '; t=$(printf %s "$e" | sed -n -E -e "/^error: $m:s:/{s/$/;/;h;d;}" -e "/^error:/{g;p;}")' +
  '; b=echo; case "$e" in *"$m:s:half"*) b=' +
  '; while [ $# -gt 0 ]; do case "$t" in *"$m:s:$1;"*) ;; *) b="$b$2;" ;; esac; shift 2; done' +
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
  '; r; b="${b}echo --err $m:s:done" ;; esac; fi; }';

/**
 * The same side by side in lanes (lanes.ts), until all have ended. A line of a lane is told as it comes, in one write,
 * with the lane's number before it: where nobody hears it any more, the lane ends with its next mark, or before it
 * begins what comes after first steps.
 */
const LANES =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
  'n=$(echo; echo .); n=${n%.}; i=0; for a; do i=$((i+1))' +
  `; ( IFS="${BETWEEN}"; set -f; s $a; echo >&3 || exit; v "$b" ) 3>&2 2>&1 >/dev/null` +
  ' | while IFS= read -r t; do printf "error: $m:$i:%s$n" "$t" >&2; done & done; wait; b=echo';

/**
 * Writes, then reads the touched domains back: in one virsh process where each domain has one step.
 *
 * Before it writes, it takes the lock of the host (lock_script.ts), and reads the domains that are to be as they were:
 * those that are not (sum_script.ts) are named, `x:UUID`, and nothing is written to them. So are those that are written
 * to by a path of the host at which there is something else by now (device_script.ts). At the same time it asks which
 * of them libvirt lets nobody change (job_script.ts): they are named, `x:j:UUID:OPERATION`, and left out as well.
 * Nor is anything written where the watchdog that is to give it back (watchdog_script.ts) does not wait any more, e.g.
 * since the lock was long in coming: `unwatched`. A watchdog whose time comes later waits for the lock, and finds what was
 * written.
 *
 * Where domains have more steps, the first of each goes first. What comes after in a domain whose first step met any
 * error is held back, since each command on a domain that another job holds would wait for 30 seconds.
 *
 * Arguments: marker, URI, paths to keep, UUIDs to read back, each with `:NUMBER` where it must be as it was, the words
 * of a lock or nothing, the name of a watchdog or nothing, what the host's paths must be or nothing, virsh commands (each step marked on stderr); then for each
 * further step the number of its domain's first step, and its commands. Or, from the virsh commands on, `~` and all that
 * for each lane in one argument, with `~` between.
 */
export const APPLY_PROGRAM = [
  ENVIRONMENT,
  FILTER,
  'z=$4 l=$5',
  'shift 5',
  UNDER_LOCK,
  `if [ -z "$h" ]; then ${HELLO}; ${NEEDS}; if [ -n "$l" ]; then ${LOCK}; fi; else ${TAKEN}; fi`,
  CHANGED,
  DEVICES_CHANGED,
  IN_JOB,
  LEAVE_OUT,
  `d=$(for i in $z; do echo "\${i%:*}"; done | sed -n "${dumpCommands(ASK_CONFIG)}")`,
  'v() { $V -c "$u" "$1" </dev/null; }',
  `x=; case $z in *:*) x=$(v "${ASK_STATES}$d" 2>/dev/null | { ${STARTING}; f 3>/dev/null | c | { j; cat; }; }) ;; esac`,
  'y=$1 k=$2',
  'shift 2',
  '[ -z "$k" ] || x="$x $(p)"',
  '[ -z "$y" ] || [ -O "/run/$y/undo" ] || [ -O "/dev/shm/$y/undo" ] ||' +
    `{ echo "$m:unwatched"; for i in $z; do x="$x \${i%:*}"; done; }`,
  'for i in $x; do echo "$m:x:$i"; done',
  // Nothing is written for a line that was lost meanwhile.
  'echo >&2 || exit 0',
  STEPS,
  `if [ "$1" = "${BETWEEN}" ]; then shift; ${LANES}; else s "$@"; fi`,
  'v "$b;$d;echo $m:batch" | f 3>/dev/null',
  END,
  // Whatever the last write met: other statuses are those of flock and timeout.
  ':',
].join('; ');

/** One change on a host: virsh commands, each an argument vector of safe words, run one after the other. */
export interface WriteStep {
  /** The domain that the commands are for, as their second word, and that is read back afterwards. */
  readonly uuid: string;
  readonly commands: readonly (readonly string[])[];
  /** Paths of the host that they name. */
  readonly paths?: readonly string[];
}

/** What a write is made under. */
export interface WriteGuard {
  /** Default: none. */
  readonly lock?: LockRequest | undefined;
  /** By UUID, what sum_script.ts makes of domains that must be as they were. */
  readonly sums?: ReadonlyMap<string, string>;
  /** By path, what sum_script.ts makes of what the host must have there for steps that name paths. */
  readonly devices?: ReadonlyMap<string, string>;
  /** Nothing is written unless this watchdog waits still. Default: none. */
  readonly watchdog?: string | undefined;
}

/**
 * Command line that runs the steps, no more than one of {@link partsOf} has, and reads their domains back. The first
 * step of each domain comes first; the others are not run where that one met an error.
 * @throws TypeError on a command that is for another domain than its step
 */
export function renderApply(
  { marker, uri, virsh, keep }: ReadRequest,
  steps: readonly WriteStep[],
  { lock, sums = new Map(), devices = new Map(), watchdog = '' }: WriteGuard = {},
): string {
  const first = firstSteps(steps);
  const commands = steps.map((step, index) => {
    const stray = step.commands.find(([, uuid]) => uuid !== step.uuid);
    if (stray !== undefined) throw new TypeError(`not a command for ${step.uuid}: ${stray.join(' ')}`);
    return [`echo --err ${marker}:s:${index}`, ...step.commands.map((command) => command.join(' '))].join(
      ';',
    );
  });
  const lanes = lanesOf(steps);
  const words = [...new Set([0, ...lanes])].map((lane) => {
    const own = [...commands.keys()].filter((index) => lanes[index] === lane);
    const leads = own.flatMap((index) => (first[index] === index ? [commands[index]] : []));
    const others = own.flatMap((index) =>
      first[index] === index ? [] : [String(first[index]), commands[index] ?? ''],
    );
    const end = `echo --err ${marker}:s:${others.length === 0 ? 'done' : 'half'}`;
    return [[...leads, end].join(';'), ...others];
  });
  const touched = [...new Set(steps.map((step) => step.uuid))].map((uuid) => {
    const sum = sums.get(uuid);
    return sum === undefined ? uuid : `${uuid}:${sum}`;
  });
  const args = [
    marker,
    uri,
    pathsWord(keep),
    touched.join(' '),
    lock === undefined ? '' : lockWords(lock),
    watchdog,
    deviceWords(steps, devices),
    ...(words.length > 1 ? [BETWEEN, ...words.map((lane) => lane.join(BETWEEN))] : (words[0] ?? [])),
  ];
  return renderProgram(APPLY_PROGRAM, args, virsh);
}

/** The VMs of the steps that name paths, and what those paths must be. */
function deviceWords(steps: readonly WriteStep[], devices: ReadonlyMap<string, string>): string {
  const paths = [...new Set(steps.flatMap(({ paths = [] }) => paths))];
  const held = paths.flatMap((path) => (devices.has(path) ? [`${devices.get(path)}:${path}`] : []));
  if (held.length === 0) return '';
  return [
    ...new Set(steps.filter(({ paths = [] }) => paths.length > 0).map(({ uuid }) => uuid)),
    ...held,
  ].join(' ');
}

/** For each step the index of the first one of the same domain: its own, or that of the step that it waits for. */
export function firstSteps(steps: readonly WriteStep[]): readonly number[] {
  const first = new Map<string, number>();
  return steps.map(({ uuid }, index) => {
    const known = first.get(uuid) ?? index;
    first.set(uuid, known);
    return known;
  });
}

/** What stands around the commands of a step, and the name of its VM with what it is held against. */
const AROUND_A_STEP = 150;

/** The number of a path, and what stands around it. */
const AROUND_A_PATH = 16;

/** Parts of these steps, in their order, each short enough for one command line. */
export function partsOf<T extends WriteStep>(steps: readonly T[]): readonly (readonly T[])[] {
  return lineParts(
    steps,
    ({ uuid, paths = [], commands }) =>
      AROUND_A_STEP +
      paths.reduce((sum, path) => sum + path.length + AROUND_A_PATH, paths.length > 0 ? uuid.length : 0) +
      commands.reduce((sum, command) => sum + command.join(' ').length + 1, 0),
  );
}
