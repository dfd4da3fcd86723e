import type { DesiredLimits } from '../../facts/bandwidth.ts';
import type { Queries } from './database.ts';
import { finishJob, JOB_COLUMNS, type JobRow, toJob } from './jobs.ts';
import type { Before, Job, Override, Owner } from './records.ts';

/** What is asked for one NIC. */
export interface Asked {
  readonly server: string;
  readonly mac: string;
  readonly limits: DesiredLimits;
  /** What the NIC had when it was seen last. */
  readonly before: Before | null;
  readonly owner: Owner;
  readonly project: string;
  readonly request: string;
  readonly reason: string;
  readonly until: Date | null;
  readonly host: string | null;
}

const COLUMNS =
  'id, server, mac, limits, before, owner, project, request, reason, created_at, until, ended_at, restored, revision';

/**
 * Takes what is asked as desired, beside the directions that were set before: an override and the job that makes it so.
 */
export async function setOverride({ query }: Queries, asked: Asked): Promise<Job> {
  const { server, mac, owner, project, request, reason, until, limits, before, host } = asked;
  const projects = [...new Set([project, owner.project.id])];
  const [row] = await query<JobRow>(
    `SELECT ${JOB_COLUMNS} FROM virtune_set($1::uuid, $2::text, $3::text::jsonb, $4::text::jsonb, $5::text::jsonb,
       $6::text, $7::text, $8::text, $9::timestamptz, $10::text[], $11::text)`,
    [
      ...[server, mac, json(limits), json(before), json(owner), project, request, reason, until, projects],
      host,
    ],
  );
  return toJob(row as JobRow);
}

/**
 * Ends an override, so that what was there before is there again: the job that makes it so; null where there is none.
 * Within a transaction.
 */
export async function withdrawOverride(
  queries: Queries,
  server: string,
  mac: string,
  by: { readonly owner: Owner; readonly request: string; readonly host: string | null },
): Promise<Job | null> {
  const revision = await nextRevision(queries);
  const [row] = await queries.query<JobRow>(
    `WITH ended AS (
       UPDATE virtune_override SET ended_at = now(), revision = $3
       WHERE server = $1 AND mac = $2 AND ended_at IS NULL RETURNING id, server, mac, project, revision
     ), superseded AS (
       UPDATE virtune_job SET state = 'superseded', finished_at = now(), progress = ''
       FROM ended WHERE override = ended.id AND state IN ('queued', 'running')
     )
     INSERT INTO virtune_job (kind, override, server, mac, projects, request, revision, host)
     SELECT 'withdraw', id, server, mac, CASE WHEN project = $4 THEN ARRAY[project] ELSE ARRAY[project, $4] END,
       $5, revision, $6 FROM ended RETURNING ${JOB_COLUMNS}`,
    [server, mac, revision, by.owner.project.id, by.request, by.host],
  );
  return row === undefined ? null : toJob(row);
}

/** What was let last until now, in some direction at least. Another process that asks the same gets others. */
export async function expiredOverrides(queries: Queries, most: number): Promise<readonly Override[]> {
  const over = 'ended_at IS NULL AND until <= now()';
  const [any] = await queries.query(`SELECT id FROM virtune_override WHERE ${over} LIMIT 1`);
  if (any === undefined) return [];
  await lockRevision(queries);
  const rows = await queries.query<OverrideRow>(
    `SELECT ${COLUMNS} FROM virtune_override WHERE ${over} ORDER BY until LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [most],
  );
  return rows.map(toOverride);
}

/** What of an override that has just ended is to last longer holds on, by an override of its own. Within a transaction. */
export async function keepLonger(queries: Queries, id: number): Promise<void> {
  const revision = await nextRevision(queries);
  await queries.query(
    `INSERT INTO virtune_override (server, mac, limits, before, owner, project, request, reason, until, ends, revision)
     SELECT server, mac, kept.limits, before, owner, project, request, reason, kept.until, kept.ends, $2
     FROM virtune_override o, LATERAL (
       SELECT jsonb_object_agg(key, o.limits -> key) AS limits, jsonb_object_agg(key, value) AS ends,
         min(value::timestamptz) AS until
       FROM jsonb_each_text(o.ends) WHERE value IS NULL OR value::timestamptz > now()
     ) kept WHERE o.id = $1 AND kept.limits IS NOT NULL`,
    [id, revision],
  );
}

/** An override is over for good: it is refused, or what was there before is there again. */
async function closeOverride({ query }: Queries, id: number): Promise<void> {
  const revision = await nextRevision({ query });
  await query(
    'UPDATE virtune_override SET ended_at = coalesce(ended_at, now()), restored = true, revision = $2 WHERE id = $1',
    [id, revision],
  );
}

/** Ends a job, and with it its override. Within a transaction. @returns as finishJob */
export async function finishAndClose(
  queries: Queries,
  job: Pick<Job, 'id' | 'kind' | 'override'>,
  ...end: [process: number, end: Parameters<typeof finishJob>[3]]
): Promise<boolean> {
  await lockRevision(queries);
  if (!(await finishJob(queries, job, ...end))) return false;
  await (job.kind === 'set' ? dropOverride : closeOverride)(queries, job.override);
  return true;
}

/**
 * What was set cannot be made so, and is over for good. What it has replaced, and was made so, holds again. Within a
 * transaction.
 */
async function dropOverride(queries: Queries, id: number): Promise<void> {
  await closeOverride(queries, id);
  for (let replacing: unknown = id; ; ) {
    const [before] = await queries.query<{ readonly id: unknown; readonly state: string | null }>(
      `SELECT o.id, (SELECT state FROM virtune_job WHERE override = o.id AND kind = 'set' LIMIT 1) AS state
       FROM virtune_override o, virtune_override other
       WHERE other.id = $1 AND o.server = other.server AND o.mac = other.mac AND o.id < other.id
         AND o.ended_at = other.created_at`,
      [replacing],
    );
    if (before === undefined) return;
    replacing = before.id;
    if (before.state !== null && before.state !== 'done') continue;
    await queries.query(
      'UPDATE virtune_override SET ended_at = NULL, restored = false, revision = $2 WHERE id = $1',
      [before.id, await nextRevision(queries)],
    );
    return;
  }
}

/** All that have changed since a revision, up to the one that is returned with them. */
export async function changedSince(
  { query }: Queries,
  since: number,
): Promise<{ readonly revision: number; readonly changed: readonly Override[] }> {
  // Of what ended before this process began nothing is left to do.
  const rows = await query<OverrideRow & { readonly now: unknown }>(
    `SELECT now.revision AS now, o.* FROM virtune_revision now LEFT JOIN virtune_override o
       ON o.revision > $1::bigint AND o.revision <= now.revision AND ($1::bigint > 0 OR NOT o.restored)`,
    [since],
  );
  const revision = Math.max(since, Number(rows[0]?.now ?? 0));
  const changed = rows.filter(({ id }) => id !== null).map(({ now: _, ...row }) => toOverride(row));
  return { revision, changed };
}

/** The NICs of these servers of which what is set has changed since a revision. */
export async function nicsChangedSince(
  { query }: Queries,
  since: number,
  servers: readonly string[],
): Promise<readonly Pick<Override, 'server' | 'mac'>[]> {
  return query<Pick<Override, 'server' | 'mac'>>(
    'SELECT DISTINCT server, mac FROM virtune_override WHERE revision > $1 AND server = ANY ($2::uuid[])',
    [since, servers],
  );
}

/** How many NICs of a project have limits of the API. Until the transaction ends nobody adds one. */
export async function countOf(queries: Queries, project: string): Promise<number> {
  await lockRevision(queries);
  const [row] = await queries.query<{ count: unknown }>(
    'SELECT count(*) AS count FROM virtune_override WHERE project = $1 AND ended_at IS NULL',
    [project],
  );
  return Number(row?.count ?? 0);
}

/** @param project null for all of them @param after an id: those that come after it, newest first */
export async function listOverrides(
  { query }: Queries,
  {
    project,
    after,
    limit,
  }: { readonly project: string | null; readonly after: number | null; readonly limit: number },
): Promise<readonly Override[]> {
  const rows = await query<OverrideRow>(
    `SELECT ${COLUMNS} FROM virtune_override
     WHERE ended_at IS NULL AND ($1::text IS NULL OR project = $1) AND ($2::bigint IS NULL OR id < $2)
     ORDER BY id DESC LIMIT $3`,
    [project, after, limit],
  );
  return rows.map(toOverride);
}

/**
 * Before anything else of a transaction that takes a revision and locks other rows: in any other order two of them could
 * wait for each other.
 */
async function lockRevision({ query }: Queries): Promise<void> {
  await query('SELECT revision FROM virtune_revision FOR UPDATE');
}

/** Whoever has it holds all others up until its transaction ends, so that revisions become visible in their order. */
async function nextRevision({ query }: Queries): Promise<number> {
  const [row] = await query<{ revision: unknown }>('SELECT virtune_next_revision() AS revision');
  return Number(row?.revision);
}

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

interface OverrideRow {
  readonly id: unknown;
  readonly server: string;
  readonly mac: string;
  readonly limits: DesiredLimits;
  readonly before: Before | null;
  readonly owner: Owner;
  readonly project: string;
  readonly request: string;
  readonly reason: string;
  readonly created_at: Date;
  readonly until: Date | null;
  readonly ended_at: Date | null;
  readonly restored: boolean;
  readonly revision: unknown;
}

function toOverride({ id, revision, created_at, ended_at, ...row }: OverrideRow): Override {
  return { ...row, id: Number(id), revision: Number(revision), createdAt: created_at, endedAt: ended_at };
}
