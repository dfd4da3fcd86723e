import { BEGIN, END, type LibvirtAccess, renderProgram } from './script.ts';

/** The kinds of libvirt's events that a watch subscribes to. Guests cannot raise them at will, as they can `reboot`. */
export const EVENT_KINDS = ['lifecycle', 'device-added'] as const;

/** Where libvirt keeps a file a VM: of its running state, and of its configuration. Reading leaves them alone. */
const STATE_FOLDER = '/run/libvirt/qemu';
const STATE_FILES = `${STATE_FOLDER}/*.xml /etc/libvirt/qemu/*.xml`;

/**
 * Tells of events for as long as somebody writes to it, as a constant text like those of script.ts. Arguments: marker,
 * URI, seconds of silence after which it ends, seconds between looks at libvirt's files, and `tc` where it is to tell
 * what happens to queues of the kernel, too.
 *
 * One virsh process for each kind of event, read-only, which prints a line an event at once. What raises no event
 * (`domiftune`, `update-device`, changes of the configuration) shows in libvirt's files: a sum over their times, numbers
 * and names is told of when it changes. Nothing is left behind: the virsh processes end with this program's input, with
 * its silence, and, by the loop that looks at the files, with the program itself if that is killed. virsh in a container
 * is out of reach of a signal; there it ends by itself within the hour, and is started again. Numbers stand in quotes,
 * since a sudoers line whose arguments end in `*` lets them be anything.
 *
 * `tc monitor` prints what becomes of queues, classes and filters in the moment it happens, to users of any rights. A
 * change is told at once, what follows within a second by one more line: so a host whose containers come and go costs a
 * line a second. Devices that were made or unmade (`noqueue`) say nothing of limits. awk or grep would hold lines back.
 */
export const WATCH_PROGRAM = [
  BEGIN,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
  'for i in awk timeout dd ${V%% *}; do command -v $i >/dev/null 2>&1 || { echo "$m:no$i"; exit 0; }; done',
  // The name of the last background process's variable holds a letter that csh takes for its history.
  'p=$(awk -v c=%c "BEGIN{printf c c,36,33}")',
  't=; [ "$V" = virsh ] || t="--timeout 3600"',
  's() { ( $V -r -k 5 -K 3 -c "$u" "uri;echo $m:up:$1;event --event $1 --loop $t" </dev/null & eval v=$p;' +
    ' trap "kill $v" TERM; wait $v; echo "$m:ended:$1" ) & }',
  // Taken before the subscription stands: what changes after that is told.
  `n() { { [ -r ${STATE_FOLDER} ] && stat -c %y.%i.%n ${STATE_FOLDER} ${STATE_FILES}; } 2>/dev/null | cksum; }`,
  'o=; case $u in *:///system*) o=$(n) ;; esac',
  's lifecycle',
  'eval a=$p',
  's device-added',
  'eval b=$p',
  // The last program of a pipe is the one whose number is known: it is told that of the first one.
  'q() { ( tc monitor </dev/null 2>/dev/null & eval v=$p; echo $v; trap "kill $v" TERM; wait $v ) |' +
    ' ( read -r v; trap "kill $v; exit" TERM; while read -r x; do case $x in *noqueue*) continue ;; esac;' +
    ' echo "$m:queues"; while [ "$(timeout 1 cat | grep -c -v noqueue)" -gt 0 ]; do echo "$m:queues"; done; done;' +
    ' echo "$m:deaf" ) & }',
  'd=; case "$5 $u" in "tc "*:///*) q; eval d=$p ;; esac',
  '( while sleep "$4" >/dev/null 2>&1; kill -0 $$ 2>/dev/null; do [ -n "$o" ] || continue; q=$(n);' +
    ' case $q in *" 0") echo "$m:blind"; o= ;; "$o") ;; *) echo "$m:touched"; o=$q ;; esac; done;' +
    ' kill $a $b $d ) & eval c=$p',
  'while [ -n "$(timeout "$3" dd bs=64 count=1 2>/dev/null)" ]; do echo "$m:alive"; done',
  'kill $a $b $c $d 2>/dev/null',
  END,
].join('; ');

export interface WatchRequest extends LibvirtAccess {
  readonly marker: string;
  /** The program ends when it hears nothing for so long. */
  readonly silenceSeconds: number;
  readonly lookSeconds: number;
  /** What happens to queues of the kernel is told, too. */
  readonly kernel: boolean;
}

/** Command line of {@link WATCH_PROGRAM}. */
export function renderWatch(request: WatchRequest): string {
  const { marker, uri, virsh, silenceSeconds, lookSeconds, kernel } = request;
  const args = [marker, uri, String(silenceSeconds), String(lookSeconds), kernel ? 'tc' : ''];
  return renderProgram(WATCH_PROGRAM, args, virsh);
}

/** What a line of {@link WATCH_PROGRAM} says; null for what says nothing. */
export type Heard =
  /** The subscription to this kind of event stands. */
  | { readonly what: 'up'; readonly kind: string }
  | { readonly what: 'ended'; readonly kind: string }
  /** It has read what was written to it. */
  | { readonly what: 'alive' }
  /** libvirt's files have changed. */
  | { readonly what: 'touched' }
  /** libvirt's files cannot be seen from there. */
  | { readonly what: 'blind' }
  /** Queues of the kernel have changed. */
  | { readonly what: 'queues' }
  /** What happens to queues cannot be heard there, or no more. */
  | { readonly what: 'deaf' }
  /** A program that it needs is missing. */
  | { readonly what: 'missing'; readonly program: string }
  | Event;

/** Only its word counts. The name is a user's text and may itself look like an event: it is shown, and means nothing. */
export interface Event {
  readonly what: 'event';
  readonly name: string;
  /** `Started Booted`, or `device-added`. */
  readonly word: string;
}

/** `event 'lifecycle' for domain 'NAME': Started Booted`; the name may hold quotes and everything but line breaks. */
const LIFECYCLE = /^event 'lifecycle' for domain '(.*)': ([A-Z][a-z]+ [A-Z][\w -]*)$/su;
const DEVICE = /^event 'device-added' for domain '(.*)': \S+$/su;

/** @param line without its line end */
export function heardIn(marker: string, line: string): Heard | null {
  if (line.startsWith(`${marker}:`)) return markHeard(line.slice(marker.length + 1));
  const lifecycle = LIFECYCLE.exec(line);
  if (lifecycle !== null) return { what: 'event', name: lifecycle[1] ?? '', word: lifecycle[2] ?? '' };
  const device = DEVICE.exec(line);
  return device === null ? null : { what: 'event', name: device[1] ?? '', word: 'device-added' };
}

/** What virsh and the program print once all subscriptions stand, whatever is in it. */
const KNOWN = /^(event '(lifecycle|device-added)' for domain '.*': \S.*|events received: \d+|)$/su;

/** Whether a line is none that the program prints: half of one, or anybody else's words. */
export function isGarbled(
  { marker, uri }: { readonly marker: string; readonly uri: string },
  line: string,
): boolean {
  return line !== uri && !line.startsWith(`${marker}:`) && !KNOWN.test(line);
}

function markHeard(mark: string): Heard | null {
  const [what = '', kind = ''] = mark.split(':');
  if (what === 'up' || what === 'ended') return { what, kind };
  if (what === 'alive' || what === 'touched' || what === 'blind') return { what };
  if (what === 'queues' || what === 'deaf') return { what };
  return what.startsWith('no') ? { what: 'missing', program: what.slice(2) } : null;
}

/**
 * Whether limits may be missing after an event. A VM that migrates in is told of when it has arrived: until then
 * libvirt lets nobody change it.
 */
export function isWorthARead({ word }: Event): boolean {
  return /^(Started|Resumed|Defined|device-added)/.test(word) && word !== 'Started Migrated';
}
