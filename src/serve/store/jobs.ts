import { auditDetail } from './audit.ts';
import { LOCK_CLASS, type Queries } from './database.ts';
import type { Job, JobState } from './records.ts';

/** Of a job, as {@link toJob} takes them. */
export const JOB_COLUMNS =
  'id, kind, override, server, mac, projects, request, revision, state, attempts, created_at, started_at, finished_at, host, progress, result';

/** Takes what is due for this process; rows that another one is just taking are left to it. */
export async function claimJobs({ query }: Queries, process: number, most: number): Promise<readonly Job[]> {
  const rows = await query<JobRow>(`SELECT ${JOB_COLUMNS} FROM virtune_claim($1, $2)`, [process, most]);
  return rows.map(toJob).sort((a, b) => a.id - b.id);
}

/** What a process that is no more has begun goes back, by the lock that each process holds. @returns how many */
export async function reclaimJobs({ query }: Queries, self: number): Promise<number> {
  const others = await query<{ process: number }>(
    "SELECT DISTINCT process FROM virtune_job WHERE state = 'running' AND process <> $1",
    [self],
  );
  let count = 0;
  for (const { process } of others) {
    const [row] = await query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock($1, $2) AS free', [
      LOCK_CLASS,
      process,
    ]);
    if (row?.free !== true) continue;
    const back = await query(
      "UPDATE virtune_job SET state = 'queued', process = NULL, due_at = now() WHERE state = 'running' AND process = $1 RETURNING id",
      [process],
    );
    count += back.length;
  }
  return count;
}

/** What this process has taken and does not know of: the answer to the statement that took it was lost. */
export async function handBackJobs(
  { query }: Queries,
  process: number,
  known: readonly number[],
): Promise<void> {
  await query(
    `UPDATE virtune_job SET state = 'queued', process = NULL
     WHERE state = 'running' AND process = $1 AND NOT (id = ANY ($2::bigint[]))
       AND started_at < now() - interval '5 minutes'`,
    [process, known],
  );
}

/** It waits, and is tried again after so many milliseconds. */
export async function postponeJob(
  { query }: Queries,
  { id }: Pick<Job, 'id'>,
  process: number,
  afterMs: number,
  progress: string,
): Promise<void> {
  await query(
    `UPDATE virtune_job SET state = 'queued', process = NULL, progress = $3,
       due_at = now() + $4 * interval '1 millisecond'
     WHERE id = $1 AND process = $2 AND state = 'running'`,
    [id, process, progress, Math.round(afterMs)],
  );
}

/**
 * Ends a job, with its line in the audit, both or none.
 * @returns false where it is not this process's any more: something newer holds, or another process has ended it
 */
export async function finishJob(
  { query }: Queries,
  { id }: Pick<Job, 'id'>,
  process: number,
  end: {
    readonly state: JobState;
    readonly host: string;
    readonly progress: string;
    readonly result: object;
  },
): Promise<boolean> {
  const { state, host, progress, result } = end;
  const [row] = await query<{ readonly isOwn: boolean }>(
    'SELECT virtune_finish($1, $2, $3, $4, $5, $6::text::jsonb, $7) AS "isOwn"',
    [id, process, state, host, progress, JSON.stringify(result), auditDetail(progress)],
  );
  return row?.isOwn === true;
}

/** A number for this process, which no other one of this database has or had. */
export async function newProcess({ query }: Queries): Promise<number> {
  const [row] = await query<{ id: unknown }>("SELECT nextval('virtune_process') AS id");
  return Number(row?.id);
}

export async function jobById({ query }: Queries, id: number): Promise<Job | null> {
  const [row] = await query<JobRow>(`SELECT ${JOB_COLUMNS} FROM virtune_job WHERE id = $1`, [id]);
  return row === undefined ? null : toJob(row);
}

export interface JobQuery {
  /** null for all of them. */
  readonly project: string | null;
  readonly server: string | null;
  readonly state: JobState | null;
  readonly after: number | null;
  readonly limit: number;
}

/** Newest first. */
export async function listJobs(
  { query }: Queries,
  { project, server, state, after, limit }: JobQuery,
): Promise<readonly Job[]> {
  const rows = await query<JobRow>(
    `SELECT ${JOB_COLUMNS} FROM virtune_job
     WHERE ($1::text IS NULL OR projects @> ARRAY[$1::text]) AND ($2::uuid IS NULL OR server = $2)
       AND ($3::text IS NULL OR state = $3) AND ($4::bigint IS NULL OR id < $4)
     ORDER BY id DESC LIMIT $5`,
    [project, server, state, after, limit],
  );
  return rows.map(toJob);
}

export interface JobRow
  extends Omit<Job, 'id' | 'override' | 'revision' | 'createdAt' | 'startedAt' | 'finishedAt'> {
  readonly id: unknown;
  readonly override: unknown;
  readonly revision: unknown;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

export function toJob({ id, override, revision, created_at, started_at, finished_at, ...row }: JobRow): Job {
  return {
    ...row,
    id: Number(id),
    override: Number(override),
    revision: Number(revision),
    createdAt: created_at,
    startedAt: started_at,
    finishedAt: finished_at,
  };
}
