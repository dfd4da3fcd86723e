import { FILTER, pathsWord } from './filter_script.ts';
import { lineParts } from './line_parts.ts';
import { LOCK, type LockRequest, lockWords, UNDER_LOCK } from './lock_script.ts';
import { END, ENVIRONMENT, HELLO, type LibvirtAccess, NEEDS, renderProgram } from './script.ts';

/**
 * Gives limits back by itself unless it is called off: what holds a confirmed apply together, also where the machine
 * that made it and the line to it are gone. It is a timer of systemd's where that is there and the login is root, else a
 * process of its own session that sleeps. What it knows is in one folder of a file system that lives in memory, which it
 * removes at its end: /run where it is root's, else /dev/shm.
 *
 * Files of the folder: `undo` what to give back, and until when it waits · `doing` the same, once its time has come · `confirmed` the same, once
 * it was called off · `start` this program, to run itself · `pid` the process that sleeps · `done` nothing is left to do.
 * Renaming `undo` decides between the two: only one can.
 */

/** Elements that hold what is limited. What is in one is read as words: `element.attribute=value`, `element=text`. */
export const WATCHED = ['interface', 'disk', 'device', 'domain'] as const;

/** What a subject is in a description: an element, and the word by which it is known among its like. */
export interface WatchedElement {
  readonly element: (typeof WATCHED)[number];
  /** `mac.address=52:54:00:02:01:01`; '' for the VM itself. */
  readonly key: string;
}

/** What to give back to one subject. */
export interface UndoEntry {
  readonly uuid: string;
  /** Null for what the run has not written yet: its VM is only known to be waited for. */
  readonly of: WatchedElement | null;
  /** By name of a word, without its value: what the run sets, and what was before; '' for nothing. */
  readonly words: readonly { readonly name: string; readonly set: string; readonly before: string }[];
  /** The run takes away what there is before it sets anything: so it may be found without, too. */
  readonly clears?: boolean;
  /** virsh commands, each an argument vector of safe words. */
  readonly commands: readonly (readonly string[])[];
}

/**
 * Defines `j`: from descriptions as the filter prints them, the commands of those entries of the file `$1` of which
 * every word has the value that the run has set or the one from before, and some word not the one from before. So what
 * somebody else has set is left alone, and what is given back already is not given back again. Of two entries for the
 * same subject the later one counts.
 *
 * Rules of filter_script.ts hold. No value, 0, a negative number, and libvirt's numbers for no limit are the same; and a
 * length of 1, which is QEMU's default; and a period beside no quota, which libvirt leaves there. Variables: F file · N entries, C commands, I their numbers by subject · t record,
 * u VM, D words of VMs, E element that we are in, S its words, X words by VM and element, one after the other.
 */
const DUE = [
  'function z(n,x){if(x~/^-?[0-9]+$/&&(x+0<=0||x+0>=17592186044415||(n~/_length$/&&x==1)))return e;return x}',
  'function g(S,n,i){if(n~/period$/&&g(S,substr(n,1,length(n)-6) k2)==e)return e;i=index(S,b n a);if(i==0)return e;S=substr(S,i+length(n)+2);return z(n,substr(S,1,index(S,b)-1))}',
  'BEGIN{RS=sprintf(c,10);q=sprintf(c,39);while((getline t<F)>0){k=t;split(t,W,b);x=W[1] b W[2] b W[3];',
  'if((x in I)==0)I[x]=++n;N[I[x]]=t;if((getline t<F)<1)t=e;C[I[x]]=t}',
  'RS=o;while((getline t)>0){M=index(t,m);r=e;if(M>0){r=t;t=substr(t,1,M-1);while((M=index(r,m))>0)r=substr(r,M+length(m))}',
  'p=index(t,v);if(p>0){T=substr(t,1,p-1);y=substr(t,p+1);gsub(/[ ]+$/,e,y);sub(/[^ -~].*$/,e,y);',
  'if(index(T,s)==1){if(substr(T,2)==E){h=++X[u,E];X[u,E,h]=S b;E=e}}',
  'else{gsub(w,q,T);l=split(T,A,q);H=A[1];sub(/[ ].*$/,e,H);if(substr(H,length(H))==s)H=substr(H,1,length(H)-1);',
  'if(H~/^(interface|disk|device)$/){E=H;S=e}',
  'L=e;for(i=1;i<l;i+=2){O=A[i];if(i==1)O=substr(O,length(H)+1);gsub(/[^A-Za-z0-9_-]/,e,O);',
  'if(index(A[i+1],b)==0)L=L b H d O a A[i+1]}if(y==e||index(y,b)>0);else L=L b H a y;',
  'if(E==e)D[u]=D[u] L;else S=S L}}',
  'if(r==e);else{u=e;E=e;if(r~/^l:/){u=substr(r,3,36);D[u]=e}}}',
  'for(i=1;i<=n;i++){l=split(N[i],W,b);u=W[1];if(C[i]==e||(u in D)==0)continue;P=0;',
  'if(W[2]~/^domain$/){S=D[u] b;P=1}else for(h=1;h<=X[u,W[2]];h++)if(P==0&&index(X[u,W[2],h],b W[3] b)>0){S=X[u,W[2],h];P=1}',
  'if(P==0&&W[2]~/^device$/){S=b;P=1}',
  'K=0;for(h=4;h<=l&&P;h++){p=index(W[h],a);H=substr(W[h],1,p-1);y=substr(W[h],p+1);o=split(y,A,k1);',
  'x=z(H,A[2]);r=g(S,H);if(r==x);else{K=1;if(r==z(H,A[1])||(o>2&&r==e));else P=0}}',
  'if(P&&K)print C[i]}}',
].join('');

const DEFINE_DUE =
  'j() { awk -v F="$1" -v m="$m:" -v c=%c -v b=" " -v a="=" -v o="<" -v v=">" -v s=/ -v d=. -v k1="~"' +
  ` -v k2=quota -v w="$(awk -v c=%c "BEGIN{printf c,34}")" "${DUE}"; }`;

/** Defines `s`, which writes how the program runs itself as the watchdog: after so many seconds. */
const DEFINE_START =
  's() { awk -v c=%c -v b=" " -v x="exec /bin/sh -c" "BEGIN{q=sprintf(c,39);ORS=e;print x;' +
  'for(i=1;i<ARGC;i++)print b q ARGV[i] q}" "$p" "$0" "$m" "$u" "$w" "" "" wait "$n" "$1" "$o" >$d/start; }';

/** The program's own text, as the kernel has it. */
const OWN_TEXT =
  'p=$(sed -z -n 3p /proc/$$/cmdline 2>/dev/null | tr -d "[:cntrl:]"); case $p in LC_ALL=C*:end?"; :") ;; *) p= ;; esac';

/** No file descriptor of the lock's, and none that a session waits for. */
const DETACHED = '</dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-';

/**
 * `arm NAME SECONDS LOCK [ENTRY COMMANDS]...`: begins the watchdog, or gives one that waits more to do.
 * y: why it cannot · r: the watchdogs of this run, which do not stand in each other's way.
 */
const ARM = [
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
  's=$3 o=$4 y= r=${n%-*}',
  OWN_TEXT,
  '[ -n "$p" ] || y=proc',
  'case $u in *:///*) ;; *) y=remote ;; esac',
  'for i in /run/virtune-*/undo /run/virtune-*/doing /dev/shm/virtune-*/undo /dev/shm/virtune-*/doing; do' +
    ' case $i in */"$r"-*) continue ;; /dev/*) [ -O "$i" ] || continue ;; esac; [ -r "$i" ] || continue' +
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
    '; for x in $z; do if grep -q "^$x " "$i"; then e=${i%/*}; echo "$m:waits:${e##*/}:$x"; y=waits; fi; done; done',
  'shift 4',
  'e() { for i in "$@"; do echo "$i"; done; }',
  DEFINE_START,
  'umask 022',
  'if [ -n "$y" ]; then :; elif [ -O $d/undo ]; then e "$@" >>$d/undo || y=folder' +
    '; elif mkdir $d 2>/dev/null && e "$@" >$d/undo; then' +
    ' if [ $d = /run/$n ] && [ -d /run/systemd/system ] && s 0 &&' +
    ' systemd-run -q --collect --unit="$n" --on-active="$s" --timer-property=AccuracySec=1s' +
    ' /bin/sh $d/start >/dev/null 2>&1 </dev/null; then :; elif command -v setsid >/dev/null 2>&1 && s "$s"; then' +
    ` setsid /bin/sh $d/start ${DETACHED} &` +
    ' i=0; until [ -s $d/pid ] || [ $i -ge 100 ]; do sleep 0.1 2>/dev/null || sleep 1; i=$((i+1)); done' +
    '; [ -s $d/pid ] || y=start; else y=setsid; fi; [ -z "$y" ] || rm -rf $d; else y=folder; fi',
  'if [ -n "$y" ]; then echo "$m:unarmed:$y"; else echo "$m:armed"; fi',
].join('; ');

/** So often what could not be given back is tried again, and so many seconds apart: VMs may be busy, libvirt down. */
const TRIES = 60;
const PAUSE = 5;

/** `wait NAME SECONDS LOCK`: the watchdog. */
const WAIT = [
  'o=$4',
  OWN_TEXT,
  'cd /',
  'if [ "$3" -gt 0 ]; then echo $$ >$d/pid; sleep "$3"; fi',
  'if mv $d/undo $d/doing 2>/dev/null; then i=0' +
    `; until [ -e $d/done ] || [ $i -ge ${TRIES} ]; do [ $i = 0 ] || sleep ${PAUSE}; i=$((i+1))` +
    '; /bin/sh -c "$p" "$0" "$m" "$u" "$w" "" "$o" try "$n" >/dev/null 2>&1 </dev/null; done' +
    '; if [ -e $d/done ]; then i=back; else i=in-vain; fi' +
    '; logger -t virtune "$n was not confirmed in time: limits from before were given $i" 2>/dev/null; fi',
  'rm -rf $d',
].join('; ');

/** `try NAME`: gives back, under the lock, what is to be given back now. */
const TRY = [
  DEFINE_DUE,
  'v() { $V -c "$u" "$1" </dev/null; }',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
  'g() { b=; while read -r c; do b="$b$c;"; [ ${#b} -lt 100000 ] || { v "$b"; b=; }; done; v "${b}echo $m:batch"; }',
  'b() { grep -E "^[0-9a-f-]{36} " $d/doing | cut -c 1-36 | sort -u | sed "s/.*/echo $m:l:&;dumpxml &/" | g 2>/dev/null | f 3>/dev/null; }',
  // An answer without its end is not believed.
  'x=$(b); case $x in *"$m:batch"*) q=$(printf %s "$x" | j $d/doing)' +
    '; if [ -z "$q" ]; then >$d/done; else echo "$q" | g >/dev/null 2>&1' +
    '; x=$(b); case $x in *"$m:batch"*) q=$(printf %s "$x" | j $d/doing); [ -n "$q" ] || >$d/done ;; esac; fi ;; esac',
].join('; ');

/** `drop NAME`: calls the watchdog off. */
const DROP = [
  'if [ -O $d ]; then if mv $d/undo $d/confirmed 2>/dev/null; then' +
    ' if [ -s $d/pid ]; then read -r x <$d/pid; case $(tr "[:cntrl:]" " " </proc/$x/cmdline 2>/dev/null) in' +
    ' *" $n "*) kill -9 -$x ;; esac; else systemctl -q stop "$n.timer"; fi 2>/dev/null' +
    '; rm -rf $d; echo "$m:dropped"; else echo "$m:late"; fi; else echo "$m:gone"; fi',
].join('; ');

/**
 * All that is done with a watchdog, as a constant text like those of script.ts. Arguments: marker, URI, paths to keep,
 * UUIDs, the words of a lock or nothing; then what to do, and what that takes.
 */
export const WATCHDOG_PROGRAM = [
  ENVIRONMENT,
  FILTER,
  'z=$4 l=$5',
  'shift 5',
  UNDER_LOCK,
  `if [ -z "$h" ]; then ${HELLO}; ${NEEDS}; if [ -n "$l" ]; then ${LOCK}; fi; fi`,
  'n=$2 d=/run/$2; case $n in virtune-*) ;; *) exit 0 ;; esac',
  '[ -z "$(echo "$n" | tr -d "A-Za-z0-9-")" ] || exit 0',
  '[ "$(id -u)" = 0 ] || d=/dev/shm/$n',
  `case $1 in arm) ${ARM} ;; wait) ${WAIT} ;; try) ${TRY} ;; drop) ${DROP} ;; esac`,
  END,
  ':',
].join('; ');

/** The folder, and the timer, of a run's watchdog on a hypervisor. @param hypervisor hexadecimal */
export function watchdogName(run: string, hypervisor: string): string {
  return `virtune-${run}-${hypervisor}`;
}

export interface WatchdogRequest extends LibvirtAccess {
  readonly marker: string;
  readonly name: string;
}

export interface ArmRequest extends WatchdogRequest {
  /** All paths that elements of any entry need; the same for all that one watchdog is given. */
  readonly keep: readonly string[];
  readonly seconds: number;
  /** The same as a time, in ISO form, for others who read the host; the clock is that of the run. */
  readonly until: string;
  /** Under which it is begun, and under which it gives back. */
  readonly lock: LockRequest;
}

/** So long, in seconds, a watchdog waits for other writers: longer than one of them may take. */
const PATIENCE = 3600;

/**
 * Command line that begins a watchdog, or gives one that waits more to do: no more entries than one of {@link entryParts} has.
 * @throws TypeError on words that no host can be given
 */
export function renderArm(
  { marker, uri, virsh, name, keep, seconds, until, lock }: ArmRequest,
  entries: readonly UndoEntry[],
): string {
  const args = [
    marker,
    uri,
    pathsWord(keep),
    [...new Set(entries.map(({ uuid }) => uuid))].join(' '),
    lockWords(lock),
    'arm',
    name,
    String(seconds),
    lockWords({ ...lock, waitSeconds: PATIENCE }),
    ...[`until ${until} -`, ''],
    ...entries.flatMap(linesOf),
  ];
  return renderProgram(WATCHDOG_PROGRAM, args, virsh);
}

/** Parts of these entries, in their order, each short enough for one command line. */
export function entryParts(entries: readonly UndoEntry[]): readonly (readonly UndoEntry[])[] {
  return lineParts(entries, (entry) =>
    linesOf(entry).reduce((sum, line) => sum + line.length + AROUND_A_LINE, entry.uuid.length),
  );
}

/** Quotes and a blank, also where becoming another user quotes these once more. */
const AROUND_A_LINE = 12;

/** Command line that calls a watchdog off. */
export function renderDrop({ marker, uri, virsh, name }: WatchdogRequest): string {
  return renderProgram(WATCHDOG_PROGRAM, [marker, uri, '', '', '', 'drop', name], virsh);
}

const VALUE = /^[A-Za-z0-9_.+-]*$/;

/** The two lines of an entry. */
function linesOf({ uuid, of, words, clears = false, commands }: UndoEntry): readonly [string, string] {
  if (of === null) return [`${uuid} - -`, ''];
  const key = of.key === '' ? '-' : of.key;
  const odd = words.find(({ set, before }) => !VALUE.test(set) || !VALUE.test(before));
  if (odd !== undefined || /\s/.test(key))
    throw new TypeError(`no watchdog can be given ${odd === undefined ? key : odd.name} of ${uuid}`);
  const stray = commands.find((command) => command[1] !== uuid);
  if (stray !== undefined) throw new TypeError(`not a command for ${uuid}: ${stray.join(' ')}`);
  const pairs = words.map(({ name, set, before }) => `${name}=${set}~${before}${clears ? '~' : ''}`);
  return [
    [uuid, of.element, key, ...pairs].join(' '),
    commands.map((command) => command.join(' ')).join(';'),
  ];
}
