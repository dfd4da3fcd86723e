import type { RunResult } from '../model/result.ts';
import { moduleNamed } from '../modules/index.ts';

/** More digits the parser does not read. */
const MOST = 999_999;

const ACTION = { new: 'create', changed: 'update', removed: 'delete' } as const;

/**
 * The three counts of GitLab's merge request widget ("N to add, N to change, N to delete"): limits that are new, are
 * changed, are taken away. In check mode those that a run would make, else those that it made.
 */
export function* gitlabTerraformReport({ hosts, mode }: RunResult): Generator<string> {
  const status = mode === 'check' ? 'pending' : 'changed';
  const counts = { create: 0, update: 0, delete: 0 };
  const seen = new Set<string>();
  for (const { hypervisor, resources } of hosts)
    for (const change of resources) {
      // A hypervisor may have several inventory names.
      const key = JSON.stringify([hypervisor, change.module, change.domain.uuid, change.subject.key]);
      if (change.status !== status || seen.has(key)) continue;
      seen.add(key);
      counts[ACTION[moduleNamed(change.module).text.effect(change)]] += 1;
    }
  const capped = Object.entries(counts).map(([name, count]) => [name, Math.min(count, MOST)]);
  yield `${JSON.stringify(Object.fromEntries(capped))}\n`;
}
