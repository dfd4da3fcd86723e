import { ConnectionError } from '../connection/connection.ts';
import { newMarker } from '../connection/marker.ts';
import type { Session } from '../connection/session.ts';
import { type AnswerError, hungDomain, parseReadAnswer } from '../libvirt/answer.ts';
import { keepPaths } from '../libvirt/keep.ts';
import { renderRead } from '../libvirt/script.ts';
import type { HostFacts } from '../model/facts.ts';
import type { HostJob } from './job.ts';

/** So many VMs of a host may keep libvirt from answering; each costs a deadline. */
const MAX_HUNG = 3;

/**
 * Reads a host, and once more without each VM for which libvirt did not answer before the deadline: such a VM is
 * unreadable, and keeps nobody from the others.
 * @throws ConnectionError
 */
export async function readHost(session: Session, job: HostJob): Promise<HostFacts | AnswerError> {
  const tasks = [...job.tasks, ...(job.rivals ?? [])];
  const metadata = tasks.some((task) => task.module.needs(task.args).metadata);
  const keep = keepPaths({ metadata });
  const hung = new Map<string, string>();
  for (;;) {
    const marker = newMarker();
    try {
      const command = renderRead({ marker, uri: job.uri, keep }, [...hung.keys()]);
      const { stdout, stderr } = await session.exec(command);
      const answer = parseReadAnswer(marker, stdout, stderr, hung);
      return 'error' in answer ? answer.error : answer.facts;
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
