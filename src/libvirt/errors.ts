/** What libvirt's and virsh's error texts mean (LC_ALL=C). Texts: libvirt 9.0.0 source, tried on virsh 9.0.0. */

export type VirshErrorKind =
  /** virsh is not installed on the host. */
  | 'no_virsh'
  /** awk is not installed on the host. */
  | 'no_awk'
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
  [
    'no_libvirtd',
    /Failed to connect socket|Connection refused|Cannot recv data|End of file while reading|client socket is closed|no connection driver|failed to connect to the hypervisor|error from service/i,
  ],
];

/** Classifies the text of one or more `error:` lines. */
export function classifyVirshError(text: string): VirshErrorKind {
  return PATTERNS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'virsh_failed';
}

/** The `error:` lines of a virsh process's stderr without the prefix, as one line for people. */
export function virshErrorText(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^error: ?/, '').trim());
  // Two processes that fail for the same reason say it twice.
  return [...new Set(lines.filter((line) => line !== ''))].join(': ');
}
