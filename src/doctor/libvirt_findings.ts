import { plural } from '../base/text.ts';
import { BecomeError } from '../connection/become/errors.ts';
import { adviceFor, writeAdvice } from '../engine/trouble.ts';
import { networkFactsOf } from '../facts/fact.ts';
import { networksFact } from '../facts/networks.ts';
import { rightsText, type VirshErrorKind, wrapperTrouble } from '../libvirt/errors.ts';
import type { LibvirtAccess } from '../libvirt/script.ts';
import type { Examination, VirshTrouble } from './examination.ts';
import { type Finding, finding, ok } from './finding.ts';
import { bugsOf, isBefore } from './known_bugs.ts';
import type { WriteRight } from './write_probe.ts';

const READ_FIX: Readonly<Partial<Record<VirshErrorKind, string>>> = {
  no_virsh:
    'install libvirt-clients (Debian, Ubuntu) or libvirt-client (Fedora, RHEL); where virsh is in a container only, set libvirt_virsh (docs/containers.md)',
  no_container:
    'docker ps -a (podman ps -a) on the host lists containers: start the one that libvirt_virsh names, or correct the name; the login, or become, must be one that may use them',
  no_libvirtd: 'is libvirtd (or virtqemud) running there? systemctl status libvirtd virtqemud',
  no_rights: 'docs/privileges.md says who may read',
};

/** What came of asking for a change as a run would; `checks`: runs with --check are judged, which only read. */
export type WriteTried = WriteRight | BecomeError | 'checks' | 'not_tried';

/** virsh, libvirt, its URI, and what may be done with it. */
export function libvirtFindings(
  found: Examination,
  { uri: wantedUri, virsh }: LibvirtAccess,
  hasOvs: boolean,
  write: WriteTried,
): Finding[] {
  if (found.virsh === '') {
    const missing = finding('virsh', 'problem', ...noVirsh(found, virsh));
    return [
      missing,
      ...(['libvirt', 'read', 'write'] as const).map((check) => finding(check, 'unknown', 'without virsh')),
    ];
  }
  return [
    virshFinding(found.virsh, virsh),
    versionFinding(found, hasOvs),
    uriFinding(found, wantedUri),
    readFinding(found, { uri: wantedUri, virsh }),
    writeFinding(found, wantedUri, write),
  ];
}

/** What RHEL 7 has; the programs use nothing of virsh that is newer (libvirt facts, section 5). */
const OLDEST = '4.5.0';

/** What the words of `libvirt_virsh` came to, and what to do about it. */
function noVirsh({ virshSaid, facts }: Examination, words: string | undefined): readonly [string, string] {
  if (words === undefined) return ['was not found', READ_FIX.no_virsh as string];
  const command = words.split(' ')[0] ?? '';
  // Without the command itself there is nothing to say but its name.
  if ('kind' in facts && facts.kind === 'no_virsh' && facts.text.startsWith(`${command}, `))
    return [facts.text, `install ${command} there, or correct libvirt_virsh: ${words}`];
  const kind = 'kind' in facts ? (wrapperTrouble(virshSaid) ?? facts.kind) : 'no_virsh';
  const fix =
    kind === 'no_virsh' ? 'correct libvirt_virsh: there is no such virsh where it looks' : READ_FIX[kind];
  return [
    `${words} did not run: ${virshSaid || 'not a word'}`,
    fix ?? 'try these words on the host: they must run virsh',
  ];
}

function virshFinding(version: string, words: string | undefined): Finding {
  const by = words === undefined ? '' : `, by ${words}`;
  if (!isBefore(version, OLDEST)) return ok('virsh', `${version}${by}`);
  const text = `${version}${by} is older than ${OLDEST}, the oldest release that virtune supports`;
  return finding('virsh', 'warning', text, 'upgrade libvirt, or try it with --check first');
}

function versionFinding({ daemon, qemu }: Examination, hasOvs: boolean): Finding {
  if (daemon === '') return finding('libvirt', 'unknown', 'the daemon did not tell its version');
  const text = `${daemon}${qemu === '' ? '' : `, ${qemu}`}`;
  const { warnings, notes } = bugsOf(daemon, hasOvs);
  const old = isBefore(daemon, OLDEST)
    ? [`it is older than ${OLDEST}, the oldest release that virtune supports`]
    : [];
  if (warnings.length === 0 && old.length > 0)
    return {
      ...finding('libvirt', 'warning', `${text} is too old`, 'upgrade libvirt'),
      notes: [...old, ...notes],
    };
  if (warnings.length === 0) return ok('libvirt', text, notes);
  const all = { notes: [...old, ...warnings, ...notes] };
  return { ...finding('libvirt', 'warning', `${text} has bugs that matter`, 'upgrade libvirt'), ...all };
}

function uriFinding({ uri, user }: Examination, wanted: string): Finding {
  const shown = uri || wanted;
  const driver = /^([a-z]+)/.exec(shown)?.[1] ?? '';
  if (driver !== 'qemu' && driver !== 'test') {
    const fix = 'set libvirt_uri to qemu:///system';
    return finding('uri', 'problem', `${shown}: only libvirt's QEMU driver can limit NICs`, fix);
  }
  if (/\/session$/.test(shown)) {
    return finding(
      'uri',
      user === 'root' ? 'warning' : 'problem',
      `${shown} is a session: libvirt limits no running VM there`,
      'set libvirt_uri to qemu:///system',
    );
  }
  return ok('uri', shown);
}

function readFinding({ facts, user, daemon }: Examination, access: LibvirtAccess): Finding {
  if ('kind' in facts) {
    const fix = READ_FIX[facts.kind] ?? adviceFor({ kind: facts.kind, message: facts.text }, access);
    return finding('read', 'problem', spelled(facts, 'read'), fix);
  }
  const { domains, unreadable } = facts;
  const networks = networkFactsOf(facts, networksFact);
  const first = unreadable[0];
  if (first !== undefined) {
    const text = `${unreadable.length} of the VMs could not be read: ${first.name || first.uuid}: ${first.error}`;
    return finding('read', 'problem', text, 'virsh dumpxml on the host says more');
  }
  const seen = `${user} sees ${plural(domains.length, 'VM')} and ${plural(networks.length, 'network')}`;
  return ok('read', daemon === '' ? `${seen}, though the daemon hides its version` : seen);
}

function writeFinding({ user, keyMode }: Examination, uri: string, write: WriteTried): Finding {
  if (write === 'checks') return ok('write', 'not tried: runs with --check only read');
  if (keyMode === 'read') {
    const fix =
      'if this key is to change limits: mode apply in its line of authorized_keys (docs/privileges.md); if it is only to check: doctor --check';
    return finding('write', 'problem', "the key's forced command allows reading only", fix);
  }
  if (write === 'not_tried')
    return finding('write', 'unknown', 'not tried, since not even reading is allowed as in a run');
  if (write instanceof BecomeError) return finding('write', 'problem', write.message, write.hint);
  if (write === 'vm')
    return ok('write', `${user} may change VMs (tried on one, with a NIC that does not exist)`);
  if (write === 'connection') {
    const text = `not proven: ${user} may connect to write, but there is no VM with a configuration to try it on`;
    return finding('write', 'unknown', text);
  }
  return finding('write', 'problem', spelled(write, 'change'), writeFix(write, uri));
}

function spelled({ kind, text }: VirshTrouble, what: 'read' | 'change'): string {
  return kind === 'no_rights' ? rightsText(what, text) : text;
}

function writeFix({ kind }: VirshTrouble, uri: string): string | undefined {
  if (kind !== 'no_rights') return READ_FIX[kind];
  return writeAdvice(uri);
}
