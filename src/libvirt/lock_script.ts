/**
 * One writer at a time on a host. The writing program runs itself once more as the child of `flock`, on libvirt's own
 * run folder: it is there wherever libvirt's daemon is, every user may lock it, nothing is created, and the kernel
 * frees it with the last process that has it, whatever ends that. `timeout` bounds it. The holder is named by the
 * arguments of the program that holds it, so there is nothing that could be left behind.
 */

/** Who asks for the lock, as others are shown it. */
export interface LockOwner {
  /** The user that runs virtune. */
  readonly user: string;
  /** The machine that it runs on. */
  readonly machine: string;
  /** The id of the run. */
  readonly run: string;
}

/** How a write asks for the lock of its host. */
export interface LockRequest {
  readonly owner: LockOwner;
  /** How long to wait where somebody else has it; 0 for not at all. */
  readonly waitSeconds: number;
  /** The longest time that the program may hold it. */
  readonly deadlineSeconds: number;
}

/** The words of a request: a program's argument. What a name has beyond the narrow alphabet is shown as `_`. */
export function lockWords({ owner, waitSeconds, deadlineSeconds }: LockRequest): string {
  const { user, machine, run } = plainOwner(owner);
  return `${waitSeconds} ${deadlineSeconds} owner=${user}@${machine} run=${run}`;
}

/** Whoever has a lock, as the others are told it. */
export function ownerText(owner: LockOwner): string {
  const { user, machine, run } = plainOwner(owner);
  return `${user}@${machine}, run ${run}`;
}

function plainOwner({ user, machine, run }: LockOwner): LockOwner {
  const plain = (text: string): string => text.replaceAll(/[^A-Za-z0-9._+-]/g, '_').slice(0, 64) || '_';
  return { user: plain(user), machine: plain(machine), run: plain(run) };
}

/** The argument of the program that holds the lock begins with it. */
const HELD = 'held ';

/**
 * Whether the program runs under its lock already, by its argument `$l`, or is the first one: `$h` is then empty.
 * Variables of {@link LOCK}: l what is asked for, n seconds to wait, o deadline · q the folder · y why there is no lock ·
 * p the program's own text, as the kernel has it · a status of the locked program (75: somebody else has the lock).
 */
export const UNDER_LOCK = 'h=; case $l in held*) h=1 ;; esac';

/** What it says first under its lock, so that whoever was told of a holder knows that it waits no longer. */
export const TAKEN = 'echo "$m:taken"';

/**
 * Runs the program under the lock and ends, or goes on without one and says why. Where somebody else has it, it names
 * the holder, and says that it waits. While it does, it says something now and then: so it ends soon after the line, and
 * whoever reads is not kept waiting without a word. Statuses below 128
 * other than 0 and 75 are those of `flock` and `timeout` themselves: the program always ends with 0.
 */
export const LOCK = [
  `y= p= q=/run/libvirt; n=\${l%% *}; l=\${l#* }; o=\${l%% *}; l=\${l#* }`,
  'case $u in */session*) y=session ;; *:///*) [ -r $q ] || y=folder ;; *) y=remote ;; esac',
  'for i in flock timeout; do command -v $i >/dev/null 2>&1 || y=$i; done',
  '[ "$n" -ge 0 ] && [ "$o" -gt 0 ] || y=words',
  '[ -n "$y" ] || { p=$(sed -z -n 3p /proc/$$/cmdline 2>/dev/null | tr -d "[:cntrl:]");' +
    ' case $p in LC_ALL=C*:end?"; :") ;; *) y=proc ;; esac; }',
  `k() { timeout -k 5 "$o" flock $g -E 75 $q /bin/sh -c "$p" "$0" "$m" "$u" "$w" "$z" "${HELD}$l" "$@"; }`,
  'if [ -z "$y" ]; then g=-n; k "$@"; a=$?',
  // Whose it is: the lock's line names the process that took it, and that its arguments.
  'if [ $a = 75 ]; then echo "$m:holder"; d=$(stat -c %d:%i $q 2>/dev/null)' +
    // As the kernel writes it: major and minor number of the device, hexadecimal, and the inode.
    `; i=\${d#*:} d=\${d%%:*}; i=$(printf %02x:%02x:%d $((d>>8&4095)) $((d&255|d>>12&1048320)) $i)` +
    '; while read -r x1 x2 x3 x4 x5 x6 x7; do case $x2:$x6 in FLOCK:$i)' +
    ` x=$(sed -z -n "s/^${HELD}//p" /proc/$x5/cmdline 2>/dev/null | tr -d "[:cntrl:]"); x=\${x:-$(tr "[:cntrl:]" " " </proc/$x5/cmdline 2>/dev/null)}` +
    '; echo "$x5 $x" | tr -c "A-Za-z0-9 ,.:;/@_=%+?&~-" " " | cut -c 1-200; echo ;; esac; done 2>/dev/null </proc/locks' +
    '; [ "$n" -le 0 ] || echo "$m:waiting"; fi',
  'while [ $a = 75 ] && [ "$n" -gt 0 ]; do echo >&2 || exit 0' +
    '; if [ "$n" -lt 5 ]; then g="-w $n"; else g="-w 5"; fi; n=$((n-5)); k "$@"; a=$?; done',
  'case $a in 75) echo "$m:locked"; echo "$m:end"; exit 0 ;; 1 | 6? | 7? | 12[567]) y=flock ;; *) exit 0 ;; esac; fi',
  'echo "$m:unlocked:$y"',
].join('; ');
