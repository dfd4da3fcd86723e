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
      const options = { listAll: false, rewrite: false, kernel: false, now: Date.now() };
      return await readVisit(visit, '', options, async () => {
        session = await openSession(visit, { connector, signal }, []);
        return session;
      });
    } finally {
      (session as Session | null)?.close();
    }
  });
}
