import { ConnectionError } from '../connection/connection.ts';
import { newMarker } from '../connection/marker.ts';
import type { Session } from '../connection/session.ts';
import type { Fact } from '../facts/fact.ts';
import { devicePaths, hostFacts, keepPaths } from '../facts/read.ts';
import { type AnswerError, hungDomain, parseReadAnswer } from '../libvirt/answer.ts';
import { type LibvirtAccess, renderRead } from '../libvirt/script.ts';
import type { HostFacts } from '../model/facts.ts';

/** So many VMs of a host may keep libvirt from answering; each costs a deadline. */
const MAX_HUNG = 3;

/**
 * Reads what these facts need of a host, and once more without each VM for which libvirt did not answer before the
 * deadline: such a VM is unreadable, and keeps nobody from the others.
 * @throws ConnectionError
 */
export async function readHost(
  session: Session,
  access: LibvirtAccess,
  facts: readonly Fact[],
): Promise<{ readonly facts: HostFacts } | { readonly error: AnswerError }> {
  const { uri, virsh } = access;
  const [keep, devices] = [keepPaths(facts), devicePaths(facts)];
  const hung = new Map<string, string>();
  for (;;) {
    const marker = newMarker();
    try {
      const request = { marker, uri, virsh, keep, devices };
      const { stdout, stderr } = await session.exec(renderRead(request, [...hung.keys()]));
      const read = parseReadAnswer(marker, stdout, stderr, hung);
      return 'error' in read ? read : { facts: hostFacts(read.answer, facts) };
    } catch (error) {
      if (!(error instanceof ConnectionError) || error.said === undefined) throw error;
      const uuid = hungDomain(marker, error.said.stdout, error.said.stderr);
      if (uuid === null || hung.has(uuid) || hung.size === MAX_HUNG) throw error;
      hung.set(
        uuid,
        `libvirt did not answer for it: ${error.message} (virsh domjobinfo ${uuid} tells of jobs)`,
      );
    }
  }
}
