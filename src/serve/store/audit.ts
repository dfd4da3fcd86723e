import type { Queries } from './database.ts';
import type { AuditLine, StoredAudit } from './records.ts';

const COLUMNS =
  'id, at, request, remote, user_id, user_name, project, projects, action, server, mac, status, detail';

/** What a line tells at most: a caller's text is no way to fill a disk. */
const LONGEST = 500;

export async function insertAudit({ query }: Queries, line: AuditLine): Promise<void> {
  const { owner, request, remote, projects, action, server, mac, status, detail } = line;
  await query(
    `INSERT INTO virtune_audit (request, remote, user_id, user_name, project, projects, action, server, mac, status, detail)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      ...[request, remote, owner?.user.id ?? null, owner?.user.name ?? null, owner?.project.id ?? null],
      ...[[...projects], action, server, mac, status, auditDetail(detail)],
    ],
  );
}

export interface AuditQuery {
  readonly project: string | null;
  readonly server: string | null;
  readonly after: number | null;
  readonly limit: number;
}

/** Newest first. */
export async function listAudit(
  { query }: Queries,
  { project, server, after, limit }: AuditQuery,
): Promise<readonly StoredAudit[]> {
  const rows = await query<AuditRow>(
    `SELECT ${COLUMNS} FROM virtune_audit
     WHERE ($1::text IS NULL OR projects @> ARRAY[$1::text]) AND ($2::uuid IS NULL OR server = $2)
       AND ($3::bigint IS NULL OR id < $3)
     ORDER BY id DESC LIMIT $4`,
    [project, server, after, limit],
  );
  return rows.map(({ id, user_id, user_name, ...row }) => ({
    ...row,
    id: Number(id),
    user: user_id,
    userName: user_name,
  }));
}

/** What a line tells of a caller's or a host's text. */
export function auditDetail(text: string): string {
  return storable(text).slice(0, LONGEST);
}

/** PostgreSQL has no NUL in a text, and no half of a surrogate pair. */
export function storable(text: string): string {
  return Buffer.from(text.replaceAll('\0', '\\0'), 'utf8').toString('utf8');
}

interface AuditRow extends Omit<StoredAudit, 'id' | 'user' | 'userName'> {
  readonly id: unknown;
  readonly user_id: string | null;
  readonly user_name: string | null;
}
