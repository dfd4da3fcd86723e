import { localUser } from '../api/local_user.ts';
import type { RunResult } from '../model/result.ts';

/**
 * What a command that is no run has found, in the shape that formats take.
 * @param found what it has of a run's result; times are those of now where it has none
 */
export function ownResult(found: Pick<RunResult, 'command' | 'exitCode'> & Partial<RunResult>): RunResult {
  const now = new Date().toISOString();
  return {
    id: found.startedAt ?? now,
    startedAt: now,
    finishedAt: now,
    mode: 'check',
    playbooks: [],
    inventory: [],
    user: localUser(process.env),
    hosts: [],
    unmatchedRules: [],
    missingDomains: [],
    warnings: [],
    ...found,
  };
}
