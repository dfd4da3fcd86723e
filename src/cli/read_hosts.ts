import type { Session } from '../connection/session.ts';
import type { HostJob } from '../engine/job.ts';
import { openSession, type ReadOutcome, readVisit } from '../engine/visit.ts';
import { type Visits, visitHosts } from './visit_hosts.ts';

/** Reads hosts, and plans what their tasks want, without writing anything. */
export function readHosts(jobs: readonly HostJob[], forks: number): Promise<Visits<ReadOutcome>> {
  return visitHosts(jobs, forks, async (job, signal, connector) => {
    const visit = { jobs: [job], rivals: [], everyVm: true } as const;
    let session: Session | null = null;
    try {
      return await readVisit(visit, '', { listAll: false, rewrite: false, kernel: false }, async () => {
        session = await openSession(visit, { connector, signal }, []);
        return session;
      });
    } finally {
      (session as Session | null)?.close();
    }
  });
}
