import type { DesiredLimits } from '../../facts/bandwidth.ts';
import type { Queries } from './database.ts';
import { insertJob, supersede } from './jobs.ts';
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

export interface Accepted {
  readonly override: Override;
  readonly job: Job;
}

const COLUMNS =
  'id, server, mac, limits, before, owner, project, request, reason, created_at, until, ended_at, restored, revision';

/**
 * Takes what is asked as desired, beside the directions that were set before: an override and the job that makes it so.
 * Within a transaction, in which nobody else changes any.
 */
export async function setOverride(
  { query }: Queries,
  asked: Asked,
  merge: (before: DesiredLimits, more: DesiredLimits) => DesiredLimits,
): Promise<Accepted> {
  const revision = await nextRevision({ query });
  const { server, mac, owner, project, request, reason, until } = asked;
  const [old] = await openOf({ query }, server, mac);
  const limits = old === undefined || old.endedAt !== null ? asked.limits : merge(old.limits, asked.limits);
  const before = old === undefined ? asked.before : old.before;
  if (old !== undefined) {
    await query(
      'UPDATE virtune_override SET ended_at = coalesce(ended_at, now()), restored = true, revision = $2 WHERE id = $1',
      [old.id, revision],
    );
    await supersede({ query }, old.id);
  }
  const [row] = await query<OverrideRow>(
    `INSERT INTO virtune_override (server, mac, limits, before, owner, project, request, reason, until, revision)
     VALUES ($1, $2, $3::text::jsonb, $4::text::jsonb, $5::text::jsonb, $6, $7, $8, $9, $10) RETURNING ${COLUMNS}`,
    [server, mac, json(limits), json(before), json(owner), project, request, reason, until, revision],
  );
  const override = toOverride(row as OverrideRow);
  const job = await insertJob({ query }, 'set', override, { owner, request, host: asked.host });
  return { override, job };
}

/** Ends an override, so that what was there before is there again. @returns null where there is none */
export async function withdrawOverride(
  { query }: Queries,
  server: string,
  mac: string,
  by: { readonly owner: Owner; readonly request: string; readonly host: string | null },
): Promise<Accepted | null> {
  const revision = await nextRevision({ query });
  const [row] = await query<OverrideRow>(
    `UPDATE virtune_override SET ended_at = now(), revision = $3
     WHERE server = $1 AND mac = $2 AND ended_at IS NULL RETURNING ${COLUMNS}`,
    [server, mac, revision],
  );
  if (row === undefined) return null;
  const override = toOverride(row);
  await supersede({ query }, override.id);
  return { override, job: await insertJob({ query }, 'withdraw', override, by) };
}

/** Ends what was let last until now. Another process that does the same gets others. */
export async function expiredOverrides({ query }: Queries, most: number): Promise<readonly Override[]> {
  const rows = await query<OverrideRow>(
    `SELECT ${COLUMNS} FROM virtune_override WHERE ended_at IS NULL AND until <= now()
     ORDER BY until LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [most],
  );
  return rows.map(toOverride);
}

/** An override is over for good: it is refused, or what was there before is there again. */
export async function closeOverride({ query }: Queries, id: number): Promise<void> {
  const revision = await nextRevision({ query });
  await query(
    'UPDATE virtune_override SET ended_at = coalesce(ended_at, now()), restored = true, revision = $2 WHERE id = $1',
    [id, revision],
  );
}

/** All that have changed since a revision, up to the one that is returned with them. */
export async function changedSince(
  { query }: Queries,
  since: number,
): Promise<{ readonly revision: number; readonly changed: readonly Override[] }> {
  const [now] = await query<{ revision: unknown }>('SELECT revision FROM virtune_revision');
  const revision = Number(now?.revision ?? 0);
  if (revision <= since) return { revision: since, changed: [] };
  // Of what ended before this process began nothing is left to do.
  const rows = await query<OverrideRow>(
    `SELECT ${COLUMNS} FROM virtune_override WHERE revision > $1 AND revision <= $2 AND ($1 > 0 OR NOT restored)`,
    [since, revision],
  );
  return { revision, changed: rows.map(toOverride) };
}

/** How many NICs of a project have limits of the API. Until the transaction ends nobody adds one. */
export async function countOf({ query }: Queries, project: string): Promise<number> {
  await query('SELECT revision FROM virtune_revision FOR UPDATE');
  const [row] = await query<{ count: unknown }>(
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

/** The one that holds, or one that has ended and is not undone yet. */
async function openOf({ query }: Queries, server: string, mac: string): Promise<readonly Override[]> {
  const rows = await query<OverrideRow>(
    `SELECT ${COLUMNS} FROM virtune_override WHERE server = $1 AND mac = $2 AND NOT restored
     ORDER BY ended_at NULLS FIRST LIMIT 1`,
    [server, mac],
  );
  return rows.map(toOverride);
}

/** Whoever has it holds all others up until its transaction ends, so that revisions become visible in their order. */
async function nextRevision({ query }: Queries): Promise<number> {
  const [row] = await query<{ revision: unknown }>(
    'UPDATE virtune_revision SET revision = revision + 1 RETURNING revision',
  );
  await query("SELECT pg_notify('virtune_news', '')");
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
