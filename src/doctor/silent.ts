import { ConnectionError } from '../connection/connection.ts';
import { splitSections } from '../libvirt/sections.ts';
import { type CheckName, type Finding, finding, ok } from './finding.ts';

/** What each part of the program asks, where that is not libvirt; it is in these parts that a host may fall silent. */
const ASKED: Readonly<Record<string, readonly [CheckName, string]>> = {
  begin: ['login_shell', 'the shell'],
  time: ['login_shell', 'the shell'],
  who: ['login_shell', 'the database of users (NSS, LDAP)'],
  login: ['login_shell', 'the database of users (NSS, LDAP)'],
  kernel: ['kernel_modules', 'the kernel'],
  tc: ['tc', 'tc'],
  modules: ['kernel_modules', 'the list of kernel modules'],
  ovs: ['ovs', 'Open vSwitch'],
  client: ['virsh', 'virsh'],
};

const LIBVIRT_FIX =
  'it runs and does not answer: systemctl status libvirtd virtqemud; a restart leaves VMs alone (systemctl restart libvirtd)';

/**
 * What an examination that a deadline has ended tells: who was asked last has not answered. Null where not even the
 * program had begun, or something else has gone wrong.
 */
export function silentFindings(marker: string, error: unknown): readonly Finding[] | null {
  if (!(error instanceof ConnectionError) || error.said === undefined) return null;
  const last = splitSections(marker, error.said.stdout).at(-1)?.name;
  if (last === undefined) return null;
  const [check, who] = ASKED[last] ?? ['libvirt', 'libvirt'];
  const text = `${who} did not answer: ${error.message}`;
  const silent = finding(check, 'problem', text, check === 'libvirt' ? LIBVIRT_FIX : error.hint);
  return check === 'login_shell' ? [silent] : [ok('login_shell', 'runs commands'), silent];
}
