import type { AnswerError } from '../libvirt/answer.ts';
import { DEFAULT_URI, type LibvirtAccess } from '../libvirt/script.ts';
import type { Remedy } from '../model/result.ts';

/** What to do about an answer that is none. */
const ADVICE: Readonly<Partial<Record<AnswerError['kind'], string>>> = {
  no_awk: 'install mawk, gawk or busybox there',
  no_virsh:
    'install libvirt-clients there; where it is elsewhere, in a container perhaps, libvirt_virsh must say how it is run (docs/containers.md)',
  no_container:
    'look on the host for the container that libvirt_virsh names: docker ps -a (podman ps -a); the login, or become, must be one that may use it',
  no_libvirtd: 'is libvirtd (or virtqemud) running there?',
  merged_streams:
    'nothing was written: look for "exec 2>&1" in the profile of the login (~/.bashrc, /etc/profile.d), or for a become method that merges the two, e.g. one with a terminal',
  no_rights: 'connect as root, or as a user who may use libvirt (group libvirt): docs/privileges.md',
};

/** What to do about an answer that is none, where libvirt is reached like this. */
export function adviceFor({ kind, message }: AnswerError, { uri, virsh }: LibvirtAccess): string | undefined {
  if (kind === 'wrong_uri')
    return uri === DEFAULT_URI
      ? "install libvirt's driver for QEMU there: libvirt-daemon-driver-qemu"
      : `correct libvirt_uri, which is ${uri}: QEMU's is ${DEFAULT_URI}`;
  if (kind === 'no_libvirtd' && uri !== DEFAULT_URI)
    return `is libvirtd (or virtqemud) running there, and ${uri} its libvirt_uri?`;
  if (kind === 'no_virsh' && virsh !== undefined && virsh !== 'virsh') {
    const command = virsh.split(' ')[0] ?? '';
    // Without the command itself there is nothing to say but its name.
    return message.startsWith(`${command}, `)
      ? `install ${command} there, or correct libvirt_virsh: ${virsh}`
      : 'correct libvirt_virsh: there is no such virsh where it looks';
  }
  return ADVICE[kind];
}

/** What to do where a login may read and not write, as doctor says it too. */
export function writeAdvice(uri: string): string {
  return `checks will do, runs will not: docs/privileges.md says how to let the login write to ${uri}`;
}

/** What is to be done, where it is the same on all hosts with the error. */
export function sharedAdvice(error: { readonly message: string; readonly hint?: string | undefined }): {
  readonly remedy?: Remedy;
} {
  return error.hint === undefined ? {} : { remedy: { error: error.message, text: error.hint } };
}

/** An error and what to do about it, in one text. */
export function textOf(error: { message: string; hint?: string | undefined }): string {
  return error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
}

/** What to say of a defect of virtune's own. */
export function internalError(error: unknown): string {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `virtune itself failed there, please report it: ${trace
    .split('\n')
    .slice(0, 3)
    .map((line) => line.trim())
    .join(' ')}`;
}
