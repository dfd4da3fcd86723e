import { insertAudit } from './store/audit.ts';
import type { Queries } from './store/database.ts';
import { withdrawOverride } from './store/overrides.ts';
import type { Override } from './store/records.ts';

/**
 * Ends an override that nobody withdraws: its time is over, or its server is gone. Within a transaction.
 * @param action for the audit, as is `detail` @returns false where it has ended already
 */
export async function endOverride(
  queries: Queries,
  { server, mac, owner, request, project }: Override,
  action: string,
  detail: string,
): Promise<boolean> {
  const ended = await withdrawOverride(queries, server, mac, { owner, request, host: null });
  if (ended === null) return false;
  await insertAudit(queries, {
    ...{ request, remote: '', owner: null, projects: [project, owner.project.id] },
    ...{ action, server, mac, status: null, detail },
  });
  return true;
}
