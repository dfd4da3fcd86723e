/** What libvirt's and virsh's error texts mean (LC_ALL=C). Texts: libvirt 9.0.0 source, tried on virsh 9.0.0. */

export type VirshErrorKind =
  /** virsh is not installed on the host. */
  | 'no_virsh'
  /** What is to run virsh (`libvirt_virsh`) cannot: its container is not there or does not run, or is not ours to use. */
  | 'no_container'
  /** awk is not installed on the host. */
  | 'no_awk'
  /** `libvirt_uri` is none that libvirt there can connect to, whether a daemon runs or not. */
  | 'wrong_uri'
  /** The libvirt daemon does not run or does not answer. */
  | 'no_libvirtd'
  /** The user may not read, or not write. */
  | 'no_rights'
  /** The domain or network is gone. */
  | 'gone'
  /** Another job holds the domain: migration, save, backup. Trying again helps. */
  | 'busy'
  /** Anything else: the text says it. */
  | 'virsh_failed';

const PATTERNS: readonly (readonly [VirshErrorKind, RegExp])[] = [
  [
    'busy',
    /cannot acquire state change lock|another migration job|is being migrated|job is already (?:running|active)/i,
  ],
  ['gone', /failed to get (?:domain|network)|Domain not found|Network not found|no domain with matching/i],
  [
    'no_rights',
    /Permission denied|authentication (?:failed|unavailable|cancelled)|access denied|read only access prevents|polkit|not authorized/i,
  ],
  // virConnectOpenInternal, qemuConnectURIProbe's callers (virConnectValidateURIPath), doRemoteOpen.
  [
    'wrong_uri',
    /no connection driver available|unexpected \w+ URI path|unable to parse URI|transport in URL not recognised|remote_open: |URI is missing the server part/i,
  ],
  [
    'no_libvirtd',
    /Failed to connect socket|Connection refused|Cannot recv data|End of file while reading|client socket is closed|failed to connect to the hypervisor|error from service/i,
  ],
];

/** Words of docker, podman, kubectl, runc, crun, chroot and env when they cannot run virsh at all. */
const WRAPPERS: readonly (readonly [VirshErrorKind, RegExp])[] = [
  [
    'no_virsh',
    /executable file.* not found|stat .*virsh: no such file|(?:failed to (?:run command|execute)|env:).*virsh.*No such file/i,
  ],
  [
    'no_container',
    /no such (?:container|object)|is not running|is (?:paused|restarting)|container state improper|running containers|Error response from daemon|Docker daemon|connect to Podman|OCI runtime|pods? "[^"]*" not found|cannot change root directory|cannot open \/proc\/\d+\/ns/i,
  ],
];

/** What kept the words of `libvirt_virsh` from running virsh; null where these are no words of that. */
export function wrapperTrouble(text: string): VirshErrorKind | null {
  return WRAPPERS.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}

/**
 * What libvirt and virsh say themselves. From `Child process (tc …) unexpected exit status 2: ` on it is what a program
 * printed that libvirt has run, whatever its words (virCommandRun).
 */
export function ownWords(text: string): string {
  return text.split('Child process (', 1)[0] ?? '';
}

/**
 * What tc says, untranslated, of a queue that was deleted or made beneath whoever sets one (net/sched's extended answers;
 * each tried with the commands of virNetDevBandwidthSet). libvirt sets a limit by some six of them.
 */
const RACED =
  /Parent Qdisc doesn't exist|Failed to find specified qdisc|Specified class not found|Exclusivity flag on|Invalid handle|RTNETLINK answers: (?:No such file or directory|File exists)/;

/**
 * Whether another program set the same device's queues while libvirt did, e.g. an agent of Neutron, which deletes those
 * of a tap that it has just found.
 */
export function isRacedByTc(text: string): boolean {
  const said = text.split(/Child process \((?:\S*\/)?tc [^)]*\)/)[1];
  return said !== undefined && RACED.test(said);
}

/** Classifies the text of one or more `error:` lines by libvirt's own words. */
export function classifyVirshError(text: string): VirshErrorKind {
  const own = ownWords(text);
  return PATTERNS.find(([, pattern]) => pattern.test(own))?.[0] ?? 'virsh_failed';
}

/** A refusal for want of rights in plain words, with libvirt's own. */
export function rightsText(what: 'read' | 'change', text: string): string {
  const why = REFUSALS.find(([pattern]) => pattern.test(text))?.[1];
  return `this login may not ${what} VMs${why === undefined ? '' : `, since ${why}`}: ${text}`;
}

/** What stands behind libvirt's words of a refusal. */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [
    /authentication unavailable|no polkit agent/i,
    'polkit wants a password for that, and nobody is there to be asked',
  ],
  [/authentication (?:failed|cancelled)/i, 'polkit, or the daemon, did not accept it'],
  [/Permission denied/i, "it may not open libvirt's socket"],
  [/access denied/i, "libvirt's access rules forbid it"],
];

/** The connection ended while libvirtd was asked: it may have done all of it, a part, or nothing. */
const LOST =
  /Disconnected from|End of file while reading|Cannot (?:recv|write|read|send) data|client socket is closed|Connection reset by peer|Broken pipe|connection closed due to|received hangup/i;
/**
 * virsh tells of a lost connection when its event loop comes to it, so it may stand with the next command, too
 * (virshCatchDisconnect).
 */
const DISCONNECTED =
  /Disconnected from \S+ due to (?:end of file|I\/O error|keepalive timeout|client request)/g;
/** virsh had no connection any more and got none: the command was never sent. */
const NOT_SENT = /failed to (?:re)?connect to the hypervisor/i;
/** The same with its cause, of a libvirtd that is just ending, and without any further error. */
const ONLY_NOT_SENT =
  /^[: ]*failed to (?:re)?connect to the hypervisor: (?:Cannot (?:recv|write) data: (?:Connection reset by peer|Broken pipe)|End of file while reading data: Input\/output error)$/i;
/** Refused before anything else is done (virDomainSetInterfaceParametersEnsureACL, virCheckReadOnlyGoto). */
const NO_ACCESS = /access denied|read only access prevents|authentication (?:failed|unavailable|cancelled)/i;

/**
 * Classifies what virsh said of a command that changes a domain. Stricter than {@link classifyVirshError}, since all but
 * `virsh_failed` and `lost` means that nothing was touched: a file that libvirtd may not write, or another daemon that
 * it cannot reach, is met in the middle of a change.
 */
export function classifyChangeError(text: string): VirshErrorKind | 'lost' {
  const own = ownWords(text);
  if (own !== text) return 'virsh_failed';
  const rest = own.replace(DISCONNECTED, '');
  if (LOST.test(rest) && !ONLY_NOT_SENT.test(rest)) return 'lost';
  if (NOT_SENT.test(own)) return classifyVirshError(own) === 'no_rights' ? 'no_rights' : 'no_libvirtd';
  if (rest !== own) return 'lost';
  const kind = classifyVirshError(own);
  if (kind === 'busy' || kind === 'gone') return kind;
  return NO_ACCESS.test(own) ? 'no_rights' : 'virsh_failed';
}

/** The `error:` lines of a virsh process's stderr without the prefix, as one line for people. */
export function virshErrorText(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^error: ?/, '').trim());
  // Two processes that fail for the same reason say it twice.
  return [...new Set(lines.filter((line) => line !== ''))].join(': ');
}
